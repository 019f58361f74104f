// Which port may a program of this laptop be told to listen on? Who can listen on port 0 does that instead.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Below the ports that a system gives to outgoing connections and to listeners on port 0; no browser blocks any. */
const first = 12_000;
const count = 20_000;
const attempts = 200;

/**
 * A port of 127.0.0.1 that nothing listens on, and that no later call in any process returns while this process lives:
 * the UDP port of the same number is the claim.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = first + Math.floor(Math.random() * count);
    if ((await claimed(port)) && (await unused(port))) return port;
  }
  throw new Error(`no free port in ${attempts} attempts from ${first} on`);
}

function claimed(port: number): Promise<boolean> {
  const claim = createSocket('udp4').unref();
  return new Promise((resolve) => {
    claim.once('error', () => {
      claim.close();
      resolve(false);
    });
    claim.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
}

function unused(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

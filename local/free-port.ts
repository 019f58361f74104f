// Which port may a program of this laptop be told to listen on? Who can listen on port 0 does that instead.

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Below the ports that a system gives to outgoing connections and to listeners on port 0; no browser blocks any. */
const first = 12_000;
const last = 32_000;
const fewest = 2_000;
const attempts = 200;

/**
 * A port of 127.0.0.1 that nothing listens on, and that no later call in any process returns while this process lives:
 * the UDP port of the same number is the claim.
 */
export async function freePort(): Promise<number> {
  const count = portsBelow(firstGiven());
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = first + Math.floor(Math.random() * count);
    if ((await claimed(port)) && (await unused(port))) return port;
  }
  throw new Error(`no free port in ${attempts} attempts from ${first} on`);
}

/** How many there are from the first on; ours all the same where the system gives nearly all that it has. */
export function portsBelow(given: number): number {
  const count = Math.min(given, last) - first;
  return count >= fewest ? count : last - first;
}

/** Linux says where its own ports begin; elsewhere they begin above ours (IANA: 49152). */
function firstGiven(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    return last;
  }
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

// How does a server of the laptop come up and go? On 127.0.0.1 only: none of them checks who asks.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** @param port 0: a free one. @returns the origin, over HTTP. Rejects when the port is taken. */
export async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Whoever waits for an answer loses the connection. */
export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

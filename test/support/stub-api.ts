// What stands behind the edge in its tests: an API that verifies the edge's MAC with the product's own rules, and tells
// what it saw.

import { createServer } from 'node:http';
import { type EdgeIdentity, type EdgeKey, verifyEdge } from '../../core/edge-identity.ts';
import { closeServer, listen, portOf } from '../../local/loopback.ts';

/** What the API saw of one request; `identity` only when the MAC held. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly trailers: readonly string[];
  readonly body: Buffer;
  readonly identity: EdgeIdentity | undefined;
  readonly problem: string | undefined;
  /** Port of the edge's side of the private leg: one per back-end connection. */
  readonly fromPort: number;
}

export async function startStubApi(key: () => EdgeKey) {
  const seen: Seen[] = [];
  let status: number | 'hang up' = 200;
  const server = createServer({ maxHeaderSize: 65_536 }, async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      // The client went away within its body.
      return;
    }
    const raw = incoming.rawHeaders;
    const headers = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]!] as const] : []));
    const url = new URL(incoming.url!, 'http://x');
    const query: Record<string, string[]> = {};
    for (const [name, value] of url.searchParams) query[name] = [...(query[name] ?? []), value];
    const grouped: Record<string, string[]> = {};
    for (const [name, value] of headers) grouped[name] = [...(grouped[name] ?? []), value];
    let identity: EdgeIdentity | undefined;
    let problem: string | undefined;
    try {
      const received = {
        method: incoming.method!,
        path: decodeURIComponent(url.pathname),
        query,
        headers: grouped,
      };
      identity = verifyEdge(received, [key()], new Date());
    } catch (error) {
      problem = (error as { code?: string }).code ?? String(error);
    }
    const body = Buffer.concat(chunks);
    const fromPort = incoming.socket.remotePort!;
    const { rawTrailers: trailers } = incoming;
    seen.push({
      method: incoming.method!,
      url: incoming.url!,
      headers,
      trailers,
      body,
      identity,
      problem,
      fromPort,
    });
    if (status === 'hang up') {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(identity ? status : 599, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ client: identity?.client, problem, bytes: body.length }));
  });
  await listen(server);
  return {
    /** For the edge's private leg. */
    address: `127.0.0.1:${portOf(server)}`,
    seen,
    answerWith: (next: number | 'hang up'): void => {
      status = next;
    },
    stop: () => closeServer(server),
  };
}

// How does a program of this laptop ask the edge something? Node's fetch takes no CA of a test PSC; https does.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { RunningEdge } from './edge.ts';

export interface EdgeAsked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** PEM; absent: without a client certificate. */
  readonly cert?: string;
  readonly key?: string;
}

/** By the network's clock as it stands now. */
export async function askEdge(
  edge: Pick<RunningEdge, 'origin' | 'caFile' | 'follow'>,
  path: string,
  { body, ...asked }: EdgeAsked = {},
): Promise<{ status: number; text: string }> {
  await edge.follow();
  const outgoing = request(`${edge.origin}${path}`, {
    ca: readFileSync(edge.caFile),
    agent: false,
    ...asked,
  });
  if (body) outgoing.setHeader('content-length', body.length);
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of incoming) text += chunk;
  return { status: incoming.statusCode, text };
}

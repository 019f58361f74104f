// A participant's own webhook: repeats the challenge of its registration, keeps what comes as it came, and answers 200.
// What it may believe of that is the client's to say (clients/typescript/webhook.ts).

import { createServer } from 'node:http';
import { challengeAnswer } from '../../clients/typescript/webhook.ts';
import { readBody } from '../endpoints/wire.ts';
import { closeServer, listen } from '../loopback.ts';

export interface Delivery {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
}

export interface Hook {
  readonly url: string;
  /** In the order of their coming. */
  readonly deliveries: Delivery[];
  stop(): Promise<void>;
}

export async function startHook(): Promise<Hook> {
  const deliveries: Delivery[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = await readBody(incoming);
    const signature = incoming.headers['shinkansen-jws-signature'];
    const challenge = signature === undefined ? challengeAnswer(body) : undefined;
    if (challenge === undefined) deliveries.push({ body, signature: signature?.toString() });
    outgoing.end(challenge ?? '');
  });
  const url = `${await listen(server)}/shinkansen/messages`;
  return { url, deliveries, stop: () => closeServer(server) };
}

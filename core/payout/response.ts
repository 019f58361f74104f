// What does a participant's webhook receive? The published message `responses[]`, compact, with every key that published
// clients require, and the same bytes at each attempt.

import type { Institution, JsonObject } from '../message/envelope.ts';
import { messageIdOf } from '../message/outgoing.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { Payout } from './payout.ts';

/** Is this the payout's last word? Each has a response id of its own. */
export const tellsOf = (said: Uint8Array, { response }: Payout): boolean =>
  response === undefined || Buffer.from(said).includes(`"${response.id}"`);

/** Only `ok` and `error` are told; the transaction's message is what published payloads say. */
export function responseBytes(
  entry: Pick<OutboxEntry, 'id' | 'createdAt'>,
  network: Institution,
  participant: Institution,
  payout: Payout,
): Uint8Array {
  const messageId = messageIdOf(entry.id);
  const ok = payout.state === 'ok';
  return messageBytes({ messageId, createdAt: entry.createdAt, network, participant }, [
    {
      transaction_type: 'payout',
      transaction_id: payout.transactionId,
      shinkansen_transaction_id: payout.networkTransactionId,
      shinkansen_transaction_status: ok ? 'ok' : 'error',
      shinkansen_transaction_message: ok ? 'ok' : 'see response status',
      response_id: payout.response?.id ?? messageId,
      response_status: payout.response?.status ?? (ok ? 'ok' : 'error'),
      response_message: payout.response?.message ?? '',
    },
  ]);
}

export interface ResponsesHeader {
  readonly messageId: string;
  readonly createdAt: Date;
  readonly network: Institution;
  readonly participant: Institution;
}

/** A message that tells nothing: published receivers answer it with 200, as every one that is signed and for them. */
export const emptyResponsesBytes = (header: ResponsesHeader): Uint8Array => messageBytes(header, []);

function messageBytes(
  { messageId, createdAt, network, participant }: ResponsesHeader,
  responses: readonly JsonObject[],
): Uint8Array {
  const institution = (one: Institution) => ({ fin_id: one.finId, fin_id_schema: one.finIdSchema });
  const header = {
    sender: institution(network),
    receiver: institution(participant),
    message_id: messageId,
    shinkansen_message_id: messageId,
    creation_date: createdAt.toISOString(),
  };
  return Buffer.from(JSON.stringify({ document: { header, responses } }));
}

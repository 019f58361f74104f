// What may a participant believe of a webhook? Only what the network signed, with a certificate that it listed, for
// this participant. Verify the raw bytes as they came; then parse. Answer 200, or 409 for a message_id seen before.

import type * as Wire from './generated/types.ts';
import { SignatureError, verifyBody } from './signature.ts';

export interface WebhookExpectation {
  /** DER of the network's certificates (GET /v1/network/certificates): at most two. */
  readonly certificates: readonly Uint8Array[];
  /** The participant's own fin_id; what is addressed to another one is a replay. */
  readonly participant: string;
  readonly network?: string;
  readonly schema?: string;
}

/** @throws SignatureError */
export function readPayoutResponses(
  body: Uint8Array,
  signature: string | undefined,
  expected: WebhookExpectation,
): Wire.PayoutResponseMessage {
  const { network = 'SHINKANSEN', schema = 'SHINKANSEN', participant } = expected;
  const message = verified(body, signature, expected) as Wire.PayoutResponseMessage;
  const { sender, receiver } = message.document?.header ?? {};
  if (sender?.fin_id !== network || sender.fin_id_schema !== schema) {
    throw new SignatureError('the message is from another sender');
  }
  if (receiver?.fin_id !== participant || receiver.fin_id_schema !== schema) {
    throw new SignatureError('the message is addressed to another receiver');
  }
  if (!Array.isArray(message.document.responses)) throw new SignatureError('the message holds no responses');
  return message;
}

/** @throws SignatureError */
export function readEvent(
  body: Uint8Array,
  signature: string | undefined,
  expected: WebhookExpectation,
): Wire.Event {
  const event = verified(body, signature, expected) as Wire.Event;
  if (event.specversion !== '1.0' || event.subject !== expected.participant) {
    throw new SignatureError('the event is about another participant');
  }
  return event;
}

/** The answer to the challenge that registering a URL brings; undefined for any other body. */
export function challengeAnswer(body: Uint8Array): string | undefined {
  try {
    const { challenge } = JSON.parse(Buffer.from(body).toString('utf8')) as { challenge?: unknown };
    return typeof challenge === 'string' ? JSON.stringify({ challenge }) : undefined;
  } catch {
    return undefined;
  }
}

function verified(
  body: Uint8Array,
  signature: string | undefined,
  { certificates }: WebhookExpectation,
): unknown {
  if (!signature) throw new SignatureError('the signature is missing');
  verifyBody(body, signature, certificates);
  return JSON.parse(Buffer.from(body).toString('utf8'));
}

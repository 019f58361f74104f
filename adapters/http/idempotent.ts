// What does a repeated request hear? The Idempotency-Key of draft-ietf-httpapi-idempotency-key-header-07: the first
// answer again; 422 for another body under the same key; 409 with Retry-After while the first is being answered.
// Refusals are not kept: they burn nothing, so the same key may be tried again.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { Idempotency, IdempotentRequest } from '../dynamodb/idempotency.ts';
import type { ApiRequest } from './request.ts';
import type { Answer } from './response.ts';

export interface ActAnswer extends Answer {
  /** It holds a secret and is never stored; the replay says ALREADY_ISSUED (S27). */
  readonly secret?: true;
}

/** @throws Refusal IDEMPOTENCY_*, ALREADY_ISSUED, and what `act` throws */
export async function idempotently(
  { store, clock }: { readonly store: Idempotency; readonly clock: Clock },
  request: ApiRequest,
  act: () => Promise<ActAnswer>,
): Promise<Answer> {
  const key = readIdempotencyKey(request.header('Idempotency-Key') ?? request.header('x-idempotency-key'));
  if (key === undefined) return act();
  const asked = { participant: request.caller().participant, key, digest: digestOf(request) };
  const begun = await store.begin(asked, clock.now());
  switch (begun.outcome) {
    case 'BEGUN':
      return first(store, asked, begun.startedAt, act);
    case 'ANSWERED':
      return { status: begun.answer.status, body: JSON.parse(begun.answer.body) };
    case 'SECRET':
      throw new Refusal('ALREADY_ISSUED');
    case 'OTHER_BODY':
      throw new Refusal('IDEMPOTENCY_OTHER_BODY', { parameter: 'Idempotency-Key' });
    case 'IN_FLIGHT':
      throw new Refusal('IDEMPOTENCY_IN_FLIGHT', { parameter: 'Idempotency-Key' });
  }
}

async function first(
  store: Idempotency,
  asked: IdempotentRequest,
  startedAt: Date,
  act: () => Promise<ActAnswer>,
): Promise<Answer> {
  let answer: ActAnswer;
  try {
    answer = await act();
  } catch (error) {
    await store.forget(asked, startedAt);
    throw error;
  }
  const { status, body, secret } = answer;
  await store.finish(asked, startedAt, secret ? 'SECRET' : { status, body: JSON.stringify(body ?? {}) });
  return answer;
}

/** A structured-field string (RFC 8941) or the bare token that many clients send. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,64})"$|^([A-Za-z0-9_.:-]{1,64})$/.exec(header.trim());
  if (!key) throw new Refusal('IDEMPOTENCY_KEY_MALFORMED', { parameter: 'Idempotency-Key' });
  return key[1] ?? key[2];
}

function digestOf(request: ApiRequest): string {
  const hash = createHash('sha256').update(`${request.method}\n${request.path}\n`);
  return hash.update(request.body).digest('base64url');
}

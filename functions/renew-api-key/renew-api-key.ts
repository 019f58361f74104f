// A participant, or another node, asks for its second API key with a message signed by an active certificate (M1,
// S12). The key is in the answer and nowhere else: the same message again hears ALREADY_ISSUED (S27).

import type { ApiKey, ApiKeyGrant } from '../../core/api-key.ts';
import { admitAnotherKey, grantApiKey, makeApiKey } from '../../core/api-key.ts';
import { Refusal } from '../../core/errors.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import type { Institution } from '../../core/message/envelope.ts';
import type { CallerMessage } from '../../core/message/sender.ts';
import {
  type ActRecord,
  receiveAct,
  type SignedAct,
  type SignedActPorts,
} from '../../core/message/signed-act.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Clock, Ids } from '../../core/ports.ts';

/** The party behind the API key, as the sealed profile knows it. */
export interface KeyHolder extends Institution {
  readonly isNode: boolean;
  /** Active officers and apoderados: they are told of every renewal. */
  readonly people: readonly string[];
}

export interface KeyRingView {
  readonly keys: readonly { readonly expiresAt: Date; readonly endedAt?: Date }[];
}

export interface IssueKey<Ring extends KeyRingView> extends ActRecord {
  readonly grant: ApiKeyGrant;
  readonly ring: Ring;
}

export interface RenewApiKeyPorts<Ring extends KeyRingView = KeyRingView> extends SignedActPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly stage: 'local' | 'dev' | 'prod';
  readonly random: (bytes: number) => Uint8Array;
  holder(finId: string): Promise<KeyHolder | undefined>;
  ringOf(finId: string): Promise<Ring>;
  /** One transaction. MOVED: the ring changed meanwhile. KNOWN: the message was received meanwhile. */
  issue(issue: IssueKey<Ring>): Promise<'ISSUED' | 'MOVED' | 'KNOWN'>;
}

export interface IssuedKey {
  readonly key: ApiKey;
  readonly grant: ApiKeyGrant;
}

/** @throws Refusal ALREADY_ISSUED, API_KEYS_BOTH_VALID and those of a signed message */
export async function renewApiKey<Ring extends KeyRingView>(
  ports: RenewApiKeyPorts<Ring>,
  received: CallerMessage,
): Promise<IssuedKey> {
  const now = ports.clock.now();
  const holder = await ports.holder(received.caller.participant);
  if (!holder) throw new Refusal('API_KEY_NOT_VALID');
  const act = await receiveAct(ports, received, {
    ...{ action: 'api_key.renew', sender: holder, from: holder.isNode ? 'node' : 'participant', now },
    ifKnown: 'ALREADY_ISSUED',
  });
  const ring = await ports.ringOf(holder.finId);
  admitAnotherKey(ring.keys, now);
  const key = makeApiKey(ports.stage, ports.random(32));
  const grant = grantApiKey({ key, keyId: ports.ids.next(), participant: holder.finId }, now);
  const outcome = await ports.issue({
    grant,
    ring,
    message: act.message,
    evidence: evidenceOf(ports.ids.next(), grant, act, now),
    outbox: holder.people.map((personId) => toldTo(personId, grant, now)),
  });
  // A race of two renewals: the one that lost would have been the third key, or is the same message.
  if (outcome === 'KNOWN') throw new Refusal('ALREADY_ISSUED');
  if (outcome === 'MOVED') throw new Refusal('API_KEYS_BOTH_VALID');
  return { key, grant };
}

function evidenceOf(
  id: string,
  grant: ApiKeyGrant,
  { actor, message }: SignedAct,
  now: Date,
): Omit<EvidenceRecord, 'states'> {
  return {
    id,
    scope: grant.participant,
    kind: 'apiKey.renewed',
    at: now,
    actor,
    subjects: { keyId: grant.keyId, messageId: message.messageId },
    facts: { expiresAt: grant.expiresAt.toISOString() },
  };
}

function toldTo(personId: string, grant: ApiKeyGrant, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `mail.access-changed.${grant.keyId}.${personId}`,
    queue: 'mail',
    kind: 'mail.access-changed',
    refs: { personId, participant: grant.participant, what: 'apiKey' },
    now,
  });
}

// A participant says, in a signed message, where it wants to hear of its payouts or events (S12). The URL answers a
// challenge first; officer and apoderado are told; one that replaces another counts after 24 hours.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import type { Institution } from '../../core/message/envelope.ts';
import type { CallerMessage } from '../../core/message/sender.ts';
import { type ActRecord, receiveAct, type SignedActPorts } from '../../core/message/signed-act.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import {
  checkWebhookUrl,
  registerUrl,
  type Webhook,
  type WebhookPurpose,
  webhookPurposes,
} from '../../core/webhook.ts';
import { type Answered, type ChallengePorts, challenge } from './challenge.ts';

export interface WebhookParticipant extends Institution {
  /** Active officers and apoderados: they are told of every change. */
  readonly people: readonly string[];
}

export interface RegisterUrl extends ActRecord {
  readonly webhook: Webhook;
}

export interface RegisterWebhookPorts extends SignedActPorts, ChallengePorts {
  readonly clock: Clock;
  readonly ids: Ids;
  /** The laptop's own run: plain http to this machine is allowed. */
  readonly local: boolean;
  participant(finId: string): Promise<WebhookParticipant | undefined>;
  find(participant: string, purpose: WebhookPurpose): Promise<Webhook | undefined>;
  /** One transaction. MOVED: another registration came first. KNOWN: the message was received meanwhile. */
  record(registration: RegisterUrl): Promise<'RECORDED' | 'MOVED' | 'KNOWN'>;
}

/** @throws Refusal WEBHOOK_*, MESSAGE_ALREADY_RECEIVED and those of a signed message */
export async function registerWebhook(
  ports: RegisterWebhookPorts,
  received: CallerMessage,
): Promise<Webhook> {
  const now = ports.clock.now();
  const participant = await ports.participant(received.caller.participant);
  if (!participant) throw new Refusal('API_KEY_NOT_VALID');
  const { parameters, message, actor } = await receiveAct(ports, received, {
    ...{ action: 'webhook.register', sender: participant, from: 'participant', now },
    ifKnown: 'MESSAGE_ALREADY_RECEIVED',
  });
  const { purpose, url } = readRegistration(parameters, ports.local);
  const answered = await challenge(ports, { url, purpose, participant, now });
  const before = await ports.find(participant.finId, purpose);
  const webhook = registerUrl(before, { participant: participant.finId, purpose, url }, now);
  const { messageId } = message;
  const outcome = await ports.record({
    webhook,
    message,
    evidence: { ...evidenceOf(ports.ids.next(), webhook, { messageId, answered }, now), actor },
    outbox: participant.people.map((personId) => toldTo(personId, webhook, messageId, now)),
  });
  if (outcome !== 'RECORDED') throw new Refusal('MESSAGE_ALREADY_RECEIVED');
  return webhook;
}

function readRegistration(
  parameters: { readonly purpose?: unknown; readonly url?: unknown },
  local: boolean,
) {
  const purpose = webhookPurposes.find((known) => known === parameters.purpose);
  if (!purpose || typeof parameters.url !== 'string') {
    throw new Refusal('BODY_SCHEMA', { parameter: 'document.parameters', expected: 'purpose and url' });
  }
  return { purpose, url: checkWebhookUrl(parameters.url, local) };
}

function evidenceOf(
  id: string,
  webhook: Webhook,
  { messageId, answered }: { readonly messageId: string; readonly answered: Answered },
  now: Date,
) {
  const newest = webhook.next ?? webhook.current;
  return {
    id,
    scope: webhook.participant,
    kind: 'webhook.registered',
    at: now,
    subjects: { purpose: webhook.purpose, messageId },
    facts: {
      urlDigest: createHash('sha256').update(newest.url).digest('base64url'),
      countsFrom: newest.countsFrom.toISOString(),
      answered,
    },
  };
}

function toldTo(personId: string, webhook: Webhook, messageId: string, now: Date): OutboxEntry {
  const of = createHash('sha256').update(messageId).digest('base64url').slice(0, 16);
  return newOutboxEntry({
    id: `mail.access-changed.${of}.${webhook.version}.${personId}`,
    queue: 'mail',
    kind: 'mail.access-changed',
    refs: { personId, participant: webhook.participant, what: `webhook.${webhook.purpose}` },
    now,
  });
}

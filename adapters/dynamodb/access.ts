// How do a new API key and a new webhook reach the table? Each in one transaction with the message that asked for
// it, the mark that keeps the officer's confirmation strict for 72 hours (S12), its evidence and its mails.

import { createHash } from 'node:crypto';
import type { ApiKeyGrant } from '../../core/api-key.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { ActMessage, ActRecord } from '../../core/message/signed-act.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { Webhook } from '../../core/webhook.ts';
import type { ApiKeys, KeyRing } from './api-keys.ts';
import { evidencePut } from './evidence.ts';
import { outboxPut } from './outbox.ts';
import {
  digestOfMessage,
  knownMessage,
  receivedMessageKey,
  receivedMessageWrite,
} from './received-messages.ts';
import { sensitiveChangeWrite } from './sensitive-changes.ts';
import { ConditionFailed, keyName, type Table, type Write } from './table.ts';
import type { Webhooks } from './webhooks.ts';

interface AccessChange extends ActRecord {
  readonly participant: string;
  readonly subject: string;
  readonly at: Date;
}

export interface AccessStore {
  isKnown(sender: string, messageId: string): Promise<boolean>;
  issueKey(
    issue: ActRecord & {
      readonly grant: ApiKeyGrant;
      readonly ring: KeyRing;
    },
  ): Promise<'ISSUED' | 'MOVED' | 'KNOWN'>;
  recordWebhook(
    registration: ActRecord & { readonly webhook: Webhook },
  ): Promise<'RECORDED' | 'MOVED' | 'KNOWN'>;
}

export interface AccessParts {
  readonly table: Table;
  readonly keys: ApiKeys;
  readonly webhooks: Webhooks;
  /** Tells the queues after commit; what it misses the sweep finds. */
  readonly announce: (entries: readonly OutboxEntry[]) => Promise<unknown>;
}

export function accessStore({ table, keys, webhooks, announce }: AccessParts): AccessStore {
  /** KNOWN where the message's own condition failed, MOVED for any other. */
  async function commit(change: AccessChange, writes: readonly Write[], mark: StateMark) {
    const { participant, subject, message, evidence, outbox, at } = change;
    const received = receivedMessageWrite({ sender: participant, subject, ...message }, at);
    const record = { ...evidence, states: [mark], sources: [sourceOf(participant, message)] };
    const effects = [sensitiveChangeWrite(participant, at), evidencePut(record), ...outbox.map(outboxPut)];
    try {
      await table.transact([received, ...writes, ...effects]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      return error.index === 0 ? 'KNOWN' : 'MOVED';
    }
    await announce(outbox);
    return undefined;
  }

  return {
    async isKnown(sender, messageId) {
      return (await knownMessage(table, sender, messageId)) !== undefined;
    },
    async issueKey({ grant, ring, ...rest }) {
      const change = { ...rest, participant: grant.participant, subject: grant.keyId, at: grant.createdAt };
      const { writes, mark } = await keys.issue(grant, ring, [proofOf(change.message)]);
      return (await commit(change, writes, mark)) ?? 'ISSUED';
    },
    async recordWebhook({ webhook, ...rest }) {
      const { participant, purpose } = webhook;
      const change = { ...rest, participant, subject: `webhook.${purpose}`, at: rest.evidence.at };
      const { write, mark } = await webhooks.write(webhook, [proofOf(change.message)]);
      return (await commit(change, [write], mark)) ?? 'RECORDED';
    },
  };
}

/** The signed message is the proof under the seal: base64url SHA-256 of its bytes. */
function proofOf(message: ActMessage): string {
  return createHash('sha256').update(message.bytes).digest('base64url');
}

function sourceOf(sender: string, message: ActMessage) {
  const sha256 = Buffer.from(digestOfMessage(message.bytes), 'hex').toString('base64url');
  return { kind: 'message', sha256, item: keyName(receivedMessageKey(sender, message.messageId)) };
}

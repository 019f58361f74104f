// Where do webhooks stand? One sealed item per participant and purpose (S22): an edited URL would carry news about
// money elsewhere.

import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import { type Seal, type SealContent, sealOver } from '../../core/seal.ts';
import { type Webhook, type WebhookPurpose, type WebhookUrl, webhookPurposes } from '../../core/webhook.ts';
import {
  absent,
  equals,
  type Item,
  type Key,
  keyName,
  number,
  type Table,
  text,
  type Write,
} from './table.ts';

export interface Webhooks {
  /** @throws Refusal SEAL_BROKEN */
  find(participant: string, purpose: WebhookPurpose): Promise<Webhook | undefined>;
  list(participant: string): Promise<readonly Webhook[]>;
  /** A write of the caller's transaction; its condition fails where somebody registered meanwhile. */
  write(
    webhook: Webhook,
    proofs: readonly string[],
  ): Promise<{ readonly write: Write; readonly mark: StateMark }>;
}

const webhookKey = (participant: string, purpose: WebhookPurpose): Key => ({
  pk: `PART#${participant}`,
  sk: `WEBHOOK#${purpose}`,
});

export function webhooks(table: Table, sealer: Sealer): Webhooks {
  const find = async (participant: string, purpose: WebhookPurpose) => {
    const item = await table.get(webhookKey(participant, purpose));
    if (!item) return undefined;
    const webhook = webhookOf(participant, purpose, item);
    const seal = item.seal as Seal | undefined;
    await sealer.check(contentOf(webhook, seal?.proofs ?? []), seal);
    return webhook;
  };
  return {
    find,
    async list(participant) {
      const found = await Promise.all(webhookPurposes.map((purpose) => find(participant, purpose)));
      return found.filter((webhook) => webhook !== undefined);
    },
    async write(webhook, proofs) {
      const over = contentOf(webhook, proofs);
      const seal = await sealer.seal(over);
      const key = webhookKey(webhook.participant, webhook.purpose);
      const when = webhook.version === 1 ? absent() : equals('version', webhook.version - 1);
      const mark = { item: over.key, version: webhook.version, seal: sealOver(over).toString('base64url') };
      return { write: { put: { ...over.content, ...key, seal: { ...seal } }, when }, mark };
    },
  };
}

const urlItem = ({ url, countsFrom, registeredAt }: WebhookUrl) => ({
  url,
  countsFrom: countsFrom.toISOString(),
  registeredAt: registeredAt.toISOString(),
});

function urlOf(item: Item): WebhookUrl {
  return {
    url: text(item, 'url'),
    countsFrom: new Date(text(item, 'countsFrom')),
    registeredAt: new Date(text(item, 'registeredAt')),
  };
}

function webhookOf(participant: string, purpose: WebhookPurpose, item: Item): Webhook {
  const next = item.next as Item | undefined;
  const current = urlOf(item.current as Item);
  return {
    participant,
    purpose,
    current,
    ...(next && { next: urlOf(next) }),
    version: number(item, 'version'),
  };
}

function contentOf(webhook: Webhook, proofs: readonly string[]): SealContent & { readonly content: Item } {
  const { participant, purpose, current, next, version } = webhook;
  const content = { current: urlItem(current), ...(next && { next: urlItem(next) }), version };
  return { key: keyName(webhookKey(participant, purpose)), content, version, proofs };
}

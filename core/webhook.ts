// Where does a participant want to hear of its payouts and events, and since when does that count? (S12) The first
// URL of a purpose counts at once; one that replaces another after 24 hours, so that a thief of keys cannot turn
// the news off before people have read theirs. Whether the URL answers its challenge is asked outside.

import { Refusal } from './errors.ts';
import { messagePolicy } from './policy.ts';

export const webhookPurposes = ['payouts', 'events'] as const;
export type WebhookPurpose = (typeof webhookPurposes)[number];

export interface WebhookUrl {
  readonly url: string;
  readonly countsFrom: Date;
  readonly registeredAt: Date;
}

/** A participant's URLs of one purpose; sealed, because it says where news about money goes. */
export interface Webhook {
  readonly participant: string;
  readonly purpose: WebhookPurpose;
  readonly current: WebhookUrl;
  /** Counts later; a later registration takes its place. */
  readonly next?: WebhookUrl;
  readonly version: number;
}

const LONGEST_URL = 500;

/**
 * Form only: where the name leads is asked when it is called (the egress guard).
 * @param local the laptop's own run: plain http to this machine is allowed there
 * @throws Refusal WEBHOOK_URL_REFUSED
 */
export function checkWebhookUrl(text: string, local: boolean): string {
  const url = text.length <= LONGEST_URL && URL.canParse(text) ? new URL(text) : undefined;
  const encrypted = url?.protocol === 'https:' || (local && url?.protocol === 'http:');
  // A URL is sent as it was written, so it must be what the parser read; an address has no certificate.
  const plain = url && !url.username && !url.password && !url.hash && !/[\s#@\\]/.test(text);
  const named =
    url && (local || (/^[a-z0-9.-]+\.[a-z][a-z0-9-]*$/i.test(url.hostname) && !url.hostname.endsWith('.')));
  if (!encrypted || !plain || !named) throw new Refusal('WEBHOOK_URL_REFUSED', { parameter: 'url' });
  return url.href;
}

export function registerUrl(
  before: Webhook | undefined,
  registration: { readonly participant: string; readonly purpose: WebhookPurpose; readonly url: string },
  now: Date,
): Webhook {
  const { participant, purpose, url } = registration;
  if (!before) {
    return { participant, purpose, current: { url, countsFrom: now, registeredAt: now }, version: 1 };
  }
  const inForce = urlInForce(before, now);
  const { version } = before;
  // Asking for what counts already takes a replacement back, which needs no waiting.
  if (inForce.url === url) return { participant, purpose, current: inForce, version: version + 1 };
  const countsFrom = new Date(now.getTime() + messagePolicy.webhookReplacement);
  const next = { url, countsFrom, registeredAt: now };
  return { participant, purpose, current: inForce, next, version: version + 1 };
}

/** Decided by the clock: no pass has to move `next` up. */
export function urlInForce({ current, next }: Webhook, now: Date): WebhookUrl {
  return next && now >= next.countsFrom ? next : current;
}

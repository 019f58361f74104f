// How does a webhook look to the participant whose it is? The mapping to openapi.yaml.

import { urlInForce, type Webhook, type WebhookUrl } from '../../core/webhook.ts';
import type { Webhook as WebhookAnswer } from './generated/types.ts';

/** The URL in force, then the one that will be. */
export function webhookAnswers(webhook: Webhook, now: Date): readonly WebhookAnswer[] {
  const inForce = urlInForce(webhook, now);
  const answer = ({ url, countsFrom }: WebhookUrl): WebhookAnswer => ({
    purpose: webhook.purpose,
    url,
    counts_from: countsFrom.toISOString(),
  });
  const later = webhook.next && webhook.next !== inForce ? [answer(webhook.next)] : [];
  return [answer(inForce), ...later];
}

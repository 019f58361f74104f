// Wires POST and GET /v1/webhooks.

import { randomBytes } from 'node:crypto';
import { accessParts } from '../../adapters/access-parts.ts';
import { readConfig } from '../../adapters/config.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { createEgress, wholeBody } from '../../adapters/http/egress.ts';
import { validate } from '../../adapters/http/generated/register-webhook-message.js';
import { idempotently } from '../../adapters/http/idempotent.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { requireShape } from '../../adapters/http/validate.ts';
import { webhookAnswers } from '../../adapters/http/webhook.ts';
import { kmsPublicKeys, kmsSigner } from '../../adapters/kms/signer.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { ownCertificate } from '../../adapters/own-certificate.ts';
import { registerWebhook } from './register-webhook.ts';

const { nodeStage, mailQueueUrl, messageKeyId } = readConfig(['nodeStage', 'mailQueueUrl', 'messageKeyId']);
const parts = nodeParts('register-webhook', { seals: true, queueUrls: { mail: mailQueueUrl } });
const access = accessParts(parts);
const local = nodeStage === 'local';
const egress = createEgress({ allowPrivate: local });
const publicKey = kmsPublicKeys(parts.kms);
const own = {
  ...parts,
  ...access.trust,
  finId: access.trust.node.finId,
  messageKey: () => publicKey(messageKeyId),
};
const ports = {
  ...parts,
  node: access.trust.node,
  local,
  random: (size: number) => randomBytes(size),
  verify: access.verify,
  rows: access.rows,
  checkShape: (message: object) => requireShape(validate, message as never),
  isKnown: access.store.isKnown,
  find: access.webhooks.find,
  record: access.store.recordWebhook,
  participant: access.partyAndPeople,
  signer: kmsSigner(parts.kms, messageKeyId, 'RSASSA_PSS_SHA_256'),
  certificate: () => ownCertificate(own),
  async post(url: string, body: Uint8Array, signature?: string) {
    const headers = {
      'content-type': 'application/json',
      ...(signature && { [SIGNATURE_HEADER]: signature }),
    };
    const limits = { maxBytes: 4_096, httpsOnly: !local, totalTimeout: 10_000 };
    const answer = await egress({ url, method: 'POST', headers, body, ...limits });
    return { status: answer.status, body: await wholeBody(answer) };
  },
};

export const handler = apiDoor(parts, async (request) => {
  const caller = request.caller();
  if (request.method === 'GET') {
    const found = await access.webhooks.list(caller.participant);
    return {
      status: 200,
      body: { webhooks: found.flatMap((webhook) => webhookAnswers(webhook, parts.clock.now())) },
    };
  }
  return idempotently(access.idempotent, request, async () => {
    const signature = request.header(SIGNATURE_HEADER);
    const webhook = await registerWebhook(ports, { body: request.body, signature, caller });
    return { status: 200, body: webhookAnswers(webhook, parts.clock.now()).at(-1)! };
  });
});

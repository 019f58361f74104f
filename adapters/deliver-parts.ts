// What does deliver-message stand on to reach others: this node's signer and certificate, its peers with the keys
// they gave it, participants' URLs, and the one guarded way out.

import { urlInForce } from '../core/webhook.ts';
import { readConfig } from './config.ts';
import { statusStore } from './dynamodb/certificate.ts';
import { enrolmentStore } from './dynamodb/enrolment.ts';
import { dynamoDbEvidenceChains } from './dynamodb/evidence-chain.ts';
import { parties } from './dynamodb/parties.ts';
import { webhooks } from './dynamodb/webhooks.ts';
import { createEgress, wholeBody } from './http/egress.ts';
import { kmsPublicKeys, kmsSigner } from './kms/signer.ts';
import type { NodeParts } from './node-parts.ts';
import { ownCertificate } from './own-certificate.ts';
import { peerKeySecretId, type SecretReader } from './secrets-manager/secrets.ts';

/** A receipt or a problem; more is not for us. */
const MOST_ANSWER_BYTES = 65_536;

export function deliverParts(parts: NodeParts, secret: SecretReader) {
  const config = readConfig(['nodeFinId', 'nodeFinIdSchema', 'nodeStage', 'messageKeyId']);
  const local = config.nodeStage === 'local';
  const node = { finId: config.nodeFinId, finIdSchema: config.nodeFinIdSchema };
  const enrolments = enrolmentStore(parts);
  const statuses = statusStore(parts.table, parts.sealer);
  const known = parties(parts.table, parts.sealer);
  const hooks = webhooks(parts.table, parts.sealer);
  const publicKey = kmsPublicKeys(parts.kms);
  const messageKey = () => publicKey(config.messageKeyId);
  const egress = createEgress({ allowPrivate: local });

  return {
    node,
    enrolments,
    statuses,
    signer: kmsSigner(parts.kms, config.messageKeyId, 'RSASSA_PSS_SHA_256'),
    messageKey,
    certificate: (receiver?: string) =>
      ownCertificate(
        { ...parts, finId: node.finId, enrolments, statuses, parties: known, messageKey },
        receiver,
      ),
    evidenceHead: () => dynamoDbEvidenceChains(parts.table).lastHead(),
    async peer(finId: string) {
      const party = await known.party(finId);
      const apiKey = await secret(peerKeySecretId(node.finId, finId));
      if (!party?.apiUrl || party.kind === 'participant' || !apiKey) return undefined;
      const institution = { finId: party.finId, finIdSchema: party.finIdSchema };
      return { institution, apiUrl: party.apiUrl, apiKey: apiKey.text };
    },
    async eventsUrl(participant: string, now: Date) {
      const webhook = await hooks.find(participant, 'events');
      return webhook && urlInForce(webhook, now).url;
    },
    async post(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array) {
      const answer = await egress({
        url,
        method: 'POST',
        headers,
        body,
        maxBytes: MOST_ANSWER_BYTES,
        httpsOnly: !local,
      });
      const retryAfter = answer.headers['retry-after'];
      return { status: answer.status, retryAfter, body: await wholeBody(answer) };
    },
  };
}

// What does deliver-message stand on to reach others: this node's signer and certificate, its peers with the keys
// they gave it, participants' URLs, and the one guarded way out.

import { parseCertificate } from '../core/certificate/parse.ts';
import type { CertificateStatus } from '../core/enrolment/enrolment.ts';
import { onKey, signingNow } from '../core/message/own-certificate.ts';
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
  const egress = createEgress({ allowPrivate: local });

  async function ownCertificates() {
    const active = (await statuses.activeOf(node.finId)).filter(({ use }) => use === 'signing');
    const chains = await Promise.all(active.map(({ thumbprint }) => enrolments.chainOf(thumbprint)));
    return active.flatMap((status, at) => {
      const der = chains[at]?.[0];
      const inTime = der && parts.clock.now() <= parseCertificate(der).notAfter;
      return inTime ? [{ ...status, der }] : [];
    });
  }

  /** Which successors of ours that node's people have confirmed; each has a row for it. */
  async function confirmedBy(receiver: string, own: readonly CertificateStatus[]): Promise<Set<string>> {
    const successors = own.filter(({ signsFrom }) => signsFrom !== undefined);
    const accepted = successors.map(async ({ enrolmentId, thumbprint }) => {
      const rows = await enrolments.rows(enrolmentId);
      const isTheirs = rows.some((row) => row.operator === receiver && row.status === 'accepted');
      return isTheirs ? [thumbprint] : [];
    });
    return new Set((await Promise.all(accepted)).flat());
  }

  return {
    node,
    enrolments,
    statuses,
    signer: kmsSigner(parts.kms, config.messageKeyId, 'RSASSA_PSS_SHA_256'),
    messageKey: () => publicKey(config.messageKeyId),
    async certificate(receiver?: string): Promise<Uint8Array> {
      const pinned = (await known.party(node.finId))?.pinnedCertificate ?? null;
      const own = onKey(await ownCertificates(), await publicKey(config.messageKeyId));
      const confirmed = receiver === undefined ? undefined : await confirmedBy(receiver, own);
      const now = parts.clock.now();
      const signing = signingNow(own, { now, pinned, ...(confirmed && { confirmed }) });
      if (!signing) throw new Error('this node has no active certificate on its message key');
      return signing.der;
    },
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

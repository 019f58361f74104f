// Wires request-certificate: invoked by serve-admin for a signed-in node operator.

import { readConfig } from '../../adapters/config.ts';
import { commit } from '../../adapters/dynamodb/effects.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { kmsPublicKeys, kmsSigner } from '../../adapters/kms/signer.ts';
import { answered } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import { type RequestCertificateInput, requestCertificate } from './request-certificate.ts';

const { messageKeyId } = readConfig(['messageKeyId']);
const parts = nodeParts('request-certificate', { seals: false, queueUrls: {} });
const publicKey = kmsPublicKeys(parts.kms);
const ports = {
  ...parts,
  people: people(parts.table, parts.sealer),
  signer: kmsSigner(parts.kms, messageKeyId, 'RSASSA_PKCS1_V1_5_SHA_256'),
  publicKey: async () => (await publicKey(messageKeyId)).export({ type: 'spki', format: 'der' }),
  async record(evidence: EvidenceRecord) {
    await commit(parts.table, [], { evidence: [evidence], outbox: [] }, parts.announce);
  },
};

export async function handler(event: RequestCertificateInput) {
  await parts.clock.tune();
  return answered(() => requestCertificate(ports, event));
}

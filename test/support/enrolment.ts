// One participant, one apoderado, one anchor, one node in memory: what a test of enrolment stands on.

import { constants, createHash, sign } from 'node:crypto';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import type { StoredItem, Table } from '../../adapters/dynamodb/table.ts';
import { validate } from '../../adapters/http/generated/enrol-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { ProvedPaths } from '../../core/certificate/usable.ts';
import type { KnownApoderado } from '../../core/enrolment/admission.ts';
import { signDetached } from '../../core/message/jws.ts';
import { parametersDigest, possessionStatement } from '../../core/message/possession.ts';
import { chainProver, type TrustInForce } from '../../core/trust.ts';
import { type Authority, type Issued, type LeafOptions, makeAuthority, someHolder } from './certificates.ts';
import { someProfile } from './manifest.ts';
import { testQueues } from './queue.ts';

export const network = { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' };
export const fintech = {
  finId: 'FINTECH_CL',
  finIdSchema: 'SHINKANSEN',
  taxId: '76111111-6',
  hosts: ['pagos.fintech.example'],
  payoutOperators: ['BANCO_CL'],
  suspended: false,
};
export const now = new Date('2026-06-01T12:00:00Z');

export interface EnrolOptions {
  readonly leaf?: Issued;
  readonly chain?: readonly Uint8Array[];
  readonly messageId?: string;
  readonly creationDate?: Date;
  readonly parameters?: Record<string, unknown>;
  readonly possessionOver?: Partial<Parameters<typeof possessionStatement>[0]>;
  readonly possessionBy?: Issued;
}

/** The bytes of `certificate.enrol`, possession proved by the leaf's own key unless told otherwise. */
export function enrolMessage(options: EnrolOptions & { leaf: Issued }): Uint8Array {
  const { leaf, messageId = 'm-1' } = options;
  const creationDate = (options.creationDate ?? now).toISOString();
  const asked = {
    chain: (options.chain ?? leaf.chain).map((der) => Buffer.from(der).toString('base64')),
    use: 'signing',
    reason: 'primer certificado',
    ...options.parameters,
  };
  const statement = possessionStatement({
    thumbprint: leaf.thumbprint,
    sender: fintech.finId,
    receiver: network.finId,
    messageId,
    creationDate,
    parametersSha256: parametersDigest(asked),
    ...options.possessionOver,
  });
  const { key } = options.possessionBy ?? leaf;
  const isRsa = key.asymmetricKeyType === 'rsa';
  const signature = isRsa
    ? sign('sha256', statement, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    : sign('sha256', statement, { key, dsaEncoding: 'ieee-p1363' });
  const header = {
    sender: { fin_id: fintech.finId, fin_id_schema: fintech.finIdSchema },
    receiver: { fin_id: network.finId, fin_id_schema: network.finIdSchema },
    message_id: messageId,
    creation_date: creationDate,
  };
  const parameters = {
    proof_of_possession: { alg: isRsa ? 'PS256' : 'ES256', signature: signature.toString('base64') },
    ...asked,
  };
  return Buffer.from(JSON.stringify({ document: { header, action: 'certificate.enrol', parameters } }));
}

export function signedBy(leaf: Issued, body: Uint8Array): Promise<string> {
  return signDetached(body, leaf.der, { sign: async (digest) => signPssDigest(leaf.key, digest) });
}

/** The ports of admit-enrolment over a memory table, with the queues that were told and the items that were written. */
export function enrolmentNode(root: Authority = makeAuthority({ name: 'Raiz de prueba' }), over?: Table) {
  const items = new Map<string, StoredItem>();
  const table = over ?? memoryTable(items);
  const queues = testQueues();
  const sealer = memorySealer(memoryLog());
  const clock = memoryClock(now.toISOString());
  const profile = someProfile(root);
  const anchor = { certificate: parseCertificate(root.der), pscProfile: profile.id };
  const trust: TrustInForce = { version: 1, anchors: [anchor], profiles: new Map([[profile.id, profile]]) };
  const trustSource = { inForce: async () => trust };
  const enrolments = enrolmentStore({ table, announcer: queues, sealer });
  const apoderado: KnownApoderado = {
    personId: 'P-APODERADO',
    isHolder: (type, taxId) => type === 'CLID' && taxId === '12345678-5',
    powerFrom: new Date('2026-01-01T00:00:00Z'),
    powerUntil: null,
  };
  let unsignedToday = 0;
  const ports = {
    clock,
    ids: memoryIds('ENR'),
    node: network,
    checkShape: (message: object) => requireShape(validate, message as never),
    checkEnrolShape: async (message: object) => requireShape(validate, message as never),
    enrolments,
    statuses: statusStore(table, sealer),
    trust: trustSource,
    chains: chainProver(trustSource, enrolments),
    proved: new ProvedPaths(),
    participant: async (finId: string) => (finId === fintech.finId ? { ...fintech } : undefined),
    apoderados: async (): Promise<readonly KnownApoderado[]> => [apoderado],
    sourcesOf: () => [createHash('sha256').update('http://psc.example/crl').digest('hex')],
    countUnsigned: async (_participant: string, _now: Date, limit: number) => ++unsignedToday <= limit,
  };
  const leaf = (options: Partial<LeafOptions> = {}) => root.issue({ holder: someHolder, ...options });
  return { ports, root, leaf, items, table, sealer, queues, clock, trust };
}

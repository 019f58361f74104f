// What does a function that verifies signed messages or certificates stand on? Statuses, chains and trust anchors
// over the parts of the node; built once per process, so that proofs and the opened manifest live as long as it does.
// What opens the manifest and validates paths is loaded by the first request that needs it.

import type { KeyObject } from 'node:crypto';
import { ProvedPaths } from '../core/certificate/usable.ts';
import type { EnrolmentStore, StatusStore } from '../core/enrolment/ports.ts';
import type { Institution } from '../core/message/envelope.ts';
import type { SenderPorts } from '../core/message/sender.ts';
import type { Parties, People } from '../core/people/ports.ts';
import type { TrustSource } from '../core/trust.ts';
import { alarmedProver } from './alarmed-prover.ts';
import { readConfig } from './config.ts';
import { statusStore } from './dynamodb/certificate.ts';
import { enrolmentStore } from './dynamodb/enrolment.ts';
import { parties } from './dynamodb/parties.ts';
import { people } from './dynamodb/people.ts';
import { kmsPublicKeys } from './kms/signer.ts';
import type { NodeParts } from './node-parts.ts';
import { once } from './on-demand.ts';
import { s3Client } from './s3/s3.ts';

export interface NodeTrust extends SenderPorts {
  /** This node as its messages name it. */
  readonly node: Institution;
  readonly enrolments: EnrolmentStore;
  readonly statuses: StatusStore;
  readonly trust: TrustSource;
  readonly parties: Parties;
  readonly people: People;
  factorPublicKey(): Promise<KeyObject>;
}

/** @param options.seals only for settle-enrolment: the one function whose enrolment store may seal */
export function nodeTrust(parts: NodeParts, options: { readonly seals?: boolean } = {}): NodeTrust {
  const config = readConfig([
    'nodeFinId',
    'nodeFinIdSchema',
    'nodeStage',
    'trustBucket',
    'factorKeyId',
    'sealKeyId',
    'pastSealKeyIds',
  ]);
  const publicKey = kmsPublicKeys(parts.kms);
  const factorPublicKey = () => publicKey(config.factorKeyId);
  const enrolments = enrolmentStore({
    table: parts.table,
    announcer: parts.announcer,
    ...(options.seals && { sealer: parts.sealer }),
  });
  const statuses = statusStore(parts.table, parts.sealer);
  const persons = people(parts.table, parts.sealer);
  const proving = once(async () => {
    const [{ trustSource }, { chainProver }] = await Promise.all([
      import('./s3/trust.ts'),
      import('../core/trust.ts'),
    ]);
    const trust = trustSource({
      client: s3Client(),
      bucket: config.trustBucket,
      table: parts.table,
      sealer: parts.sealer,
      people: persons,
      stage: config.nodeStage,
      factorPublicKey,
      async manifestKeys() {
        const ids = [config.sealKeyId, ...config.pastSealKeyIds];
        return new Map(await Promise.all(ids.map(async (id) => [id, await publicKey(id)] as const)));
      },
    });
    return { trust, chains: alarmedProver(chainProver(trust, enrolments), parts.log) };
  });
  return {
    node: { finId: config.nodeFinId, finIdSchema: config.nodeFinIdSchema },
    enrolments,
    statuses,
    trust: { inForce: async () => (await proving()).trust.inForce() },
    chains: {
      anchorVersion: async () => (await proving()).chains.anchorVersion(),
      prove: async (status, now) => (await proving()).chains.prove(status, now),
    },
    proved: new ProvedPaths(),
    parties: parties(parts.table, parts.sealer),
    people: persons,
    factorPublicKey,
  };
}

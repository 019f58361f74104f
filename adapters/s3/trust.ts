// Where does the anchor manifest lie, and which one is in force? One object in the trust bucket; the least
// acceptable version is a sealed item of the table, read with each request, so that an older file counts no more
// the moment a newer one was signed off (S24).

import type { KeyObject } from 'node:crypto';
import { type AnchorsInForce, openManifest, type Stage } from '../../core/certificate/anchors.ts';
import { Refusal } from '../../core/errors.ts';
import { checkAnchorProof, claimedSigners } from '../../core/people/anchor-proof.ts';
import type { People } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { openSealed, type Seal } from '../../core/seal.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';
import { keyName } from '../dynamodb/schema.ts';
import { number, type Table } from '../dynamodb/table.ts';
import { getObject, isMissing, type S3 } from './s3.ts';

export const manifestObject = 'anchors/manifest.json';
export const leastVersionKey = { pk: 'NODE', sk: 'ANCHORS' };

export interface TrustParts {
  readonly client: S3;
  readonly bucket: string;
  readonly table: Table;
  readonly sealer: Pick<Sealer, 'check'>;
  readonly people: Pick<People, 'person'>;
  readonly stage: Stage;
  /** Keys that may sign a manifest, by key id. */
  manifestKeys(): Promise<ReadonlyMap<string, KeyObject>>;
  factorPublicKey(): Promise<KeyObject>;
}

export function trustSource(parts: TrustParts): TrustSource {
  let opened: { readonly file: Uint8Array; readonly manifest: AnchorsInForce } | undefined;
  return {
    async inForce() {
      const least = await leastVersion(parts);
      // What this process opened stays opened until the sealed item asks for more.
      if (opened && opened.manifest.version >= least) return inForce(opened.manifest);
      const file = await fetchManifest(parts);
      opened = { file, manifest: await open(parts, file, least) };
      return inForce(opened.manifest);
    },
  };
}

async function open(parts: TrustParts, file: Uint8Array, least: number): Promise<AnchorsInForce> {
  const signers = await Promise.all(claimedSigners(file).map((id) => parts.people.person(id)));
  const nodeOperators = new Map(
    signers.flatMap((person) =>
      person?.office === 'nodeOperator' ? [[person.personId, person] as const] : [],
    ),
  );
  const factorPublicKey = await parts.factorPublicKey();
  return openManifest(
    file,
    {
      stage: parts.stage,
      keys: await parts.manifestKeys(),
      checkProof: (proof, hash) => checkAnchorProof(proof, hash, { factorPublicKey, nodeOperators }),
    },
    least,
  );
}

function inForce(manifest: AnchorsInForce): TrustInForce {
  return {
    version: manifest.version,
    anchors: manifest.trustAnchors,
    profiles: new Map(manifest.profiles.map((profile) => [profile.id, profile])),
  };
}

/** @throws Refusal SEAL_BROKEN, ANCHORS_MISSING */
async function leastVersion(parts: TrustParts): Promise<number> {
  const item = await parts.table.get(leastVersionKey);
  if (!item) throw new Refusal('ANCHORS_MISSING');
  const content = { version: number(item, 'version') };
  await openSealed(parts.sealer, keyName(leastVersionKey), content, item.seal as unknown as Seal);
  return content.version;
}

async function fetchManifest(parts: TrustParts): Promise<Uint8Array> {
  try {
    const object = await getObject(parts.client, { Bucket: parts.bucket, Key: manifestObject });
    return await object.Body!.transformToByteArray();
  } catch (error) {
    if (isMissing(error)) throw new Refusal('ANCHORS_MISSING');
    throw error;
  }
}

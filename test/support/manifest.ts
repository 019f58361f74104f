// Trust-anchor manifests for tests: a profile of every country, a key that signs, two node operators whose
// proofs are their names over the manifest's hash.

import { createPublicKey } from 'node:crypto';
import {
  type AnchorManifest,
  type ManifestVerifier,
  manifestHash,
  type Stage,
  sealManifest,
  writeManifest,
} from '../../core/certificate/anchors.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { Refusal } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import { signDigestEcdsa } from '../../local/endpoints/kms-signatures.ts';
import { type Authority, testKey } from './certificates.ts';

type Signer = Parameters<typeof sealManifest>[2];

export function someProfile(anchor: Authority, change: Partial<PscProfile> = {}): PscProfile {
  return {
    id: 'cl-test',
    name: 'PSC de prueba',
    country: 'CL',
    enabled: true,
    holder: 'cl.san',
    anchors: [anchor.thumbprint],
    acceptedPolicies: [],
    transportPolicies: [],
    selfSignedLeafs: [],
    revocation: {
      crlMaxBytes: revocationPolicy.crlMaxBytes,
      frozenAfterStale: revocationPolicy.frozenAfterStale,
      frozenAfterLastGoodFetch: revocationPolicy.frozenAfterLastGoodFetch,
    },
    ...change,
  };
}

export function someManifest(anchor: Authority, change: Partial<AnchorManifest> = {}): AnchorManifest {
  return {
    version: 1,
    stage: 'local',
    issuedAt: new Date('2026-02-01T00:00:00Z'),
    anchors: [{ certificate: anchor.der, thumbprint: anchor.thumbprint, kind: 'test' }],
    profiles: [someProfile(anchor)],
    ...change,
  };
}

export interface TestProof {
  readonly personId: string;
  readonly over: string;
}

export const proofBy = (personId: string, body: Uint8Array): TestProof => ({
  personId,
  over: Buffer.from(manifestHash(body)).toString('hex'),
});

/** A P-256 signer of digests, as KMS is. */
export function manifestSigner(label = 'manifest'): Signer {
  const key = testKey('ec-p256', label);
  return { keyId: label, sign: async (digest) => signDigestEcdsa(key, Buffer.from(digest)) };
}

/** A sealed manifest, proved by `people` (ana and beto by default). */
export async function sealedManifest(
  manifest: AnchorManifest,
  { people = ['ana', 'beto'], signer = manifestSigner() } = {},
): Promise<Uint8Array> {
  const body = writeManifest(manifest);
  return sealManifest(
    body,
    people.map((person) => proofBy(person, body)),
    signer,
  );
}

export function testVerifier(stage: Stage = 'local', label = 'manifest'): ManifestVerifier {
  return {
    stage,
    keys: new Map([[label, createPublicKey(testKey('ec-p256', label))]]),
    checkProof(proof, hash) {
      const { personId, over } = proof as TestProof;
      if (over !== Buffer.from(hash).toString('hex')) throw new Refusal('ANCHORS_PROOF_MISSING');
      return { personId };
    },
  };
}

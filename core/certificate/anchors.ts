// Which trust anchors and PSC profiles are in force at this node? Those of a manifest that two node operators
// signed off, that the node's own key signed, of this node's stage, and no older than what was in force (S24, S26).
// Where it is kept is an adapter's business; what a path below an anchor is worth, path.ts's.

import { createHash, type KeyObject, verify } from 'node:crypto';
import { Refusal } from '../errors.ts';
import type { TrustAnchor } from './anchor.ts';
import { knownProductionRoots } from './known-roots.ts';
import { JsonReader, malformedManifest } from './manifest-json.ts';
import { parseCertificate } from './parse.ts';
import { type PscProfile, readProfile } from './psc-profile.ts';
import { type Thumbprint, thumbprintOf } from './thumbprint.ts';

export type Stage = 'local' | 'dev' | 'prod';
const stages: readonly Stage[] = ['local', 'dev', 'prod'];

export interface ManifestAnchor {
  readonly certificate: Uint8Array;
  readonly thumbprint: Thumbprint;
  /** Of a PSC that serves the public, or of one that issues for tests only. */
  readonly kind: 'production' | 'test';
}

export interface AnchorManifest {
  /** Grows with every change. */
  readonly version: number;
  readonly stage: Stage;
  readonly issuedAt: Date;
  readonly anchors: readonly ManifestAnchor[];
  readonly profiles: readonly PscProfile[];
}

declare const opened: unique symbol;
/** A manifest that was checked in this process. Only `openManifest` makes it. */
export type AnchorsInForce = OpenedManifest & { readonly [opened]: true };

interface OpenedManifest extends AnchorManifest {
  /** SHA-256 of the manifest's bytes: what the two proofs are over. */
  readonly hash: Uint8Array;
  /** personId of the node operators who signed it off. */
  readonly signedOffBy: readonly string[];
  /** For path validation: anchors of enabled profiles, and leafs that they pin. */
  readonly trustAnchors: readonly TrustAnchor[];
  profileOf(anchor: Thumbprint): PscProfile | undefined;
}

export interface ManifestVerifier {
  readonly stage: Stage;
  /** P-256 public keys that may sign a manifest of this node, by key id. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /**
   * Checks one node operator's second-factor proof over the act that carries this manifest's hash.
   * @returns who proved it. @throws Refusal
   */
  checkProof(proof: unknown, manifestHash: Uint8Array): { readonly personId: string };
}

/** Two people, two proofs (docs/threat-model.md, who may do what). */
const proofsNeeded = 2;

/**
 * @param bytes the file: JSON with `manifest` and `proofs` (base64url of JSON) and `signature`
 * @param leastVersion the least acceptable version, from the node's sealed item
 * @throws Refusal ANCHORS_MALFORMED, ANCHORS_SIGNATURE_INVALID, ANCHORS_VERSION_REGRESSED, ANCHORS_OTHER_STAGE,
 * ANCHOR_STAGE_MIXED, ANCHORS_PROOF_MISSING, or what `checkProof` throws
 */
export function openManifest(
  bytes: Uint8Array,
  verifier: ManifestVerifier,
  leastVersion: number,
): AnchorsInForce {
  const file = readFile(bytes);
  const key = verifier.keys.get(file.keyId);
  if (!key || !verify('sha256', signedBytes(file.manifest, file.proofs), key, file.signature)) {
    throw new Refusal('ANCHORS_SIGNATURE_INVALID', { parameter: 'signature', found: file.keyId });
  }
  const body = Buffer.from(file.manifest, 'base64url');
  const manifest = readManifest(parseJson(body, 'manifest'));
  if (manifest.version < leastVersion) {
    throw new Refusal('ANCHORS_VERSION_REGRESSED', {
      expected: `at least ${leastVersion}`,
      found: `${manifest.version}`,
    });
  }
  requireStage(manifest, verifier.stage);
  const hash = manifestHash(body);
  const signedOffBy = requireProofs(file.proofs, hash, verifier);
  const profileByAnchor = profilesByAnchor(manifest);
  const inForce: OpenedManifest = {
    ...manifest,
    hash,
    signedOffBy,
    trustAnchors: trustAnchorsOf(manifest),
    profileOf: (anchor: Thumbprint) => profileByAnchor.get(anchor),
  };
  return inForce as AnchorsInForce;
}

/** SHA-256 of a manifest's bytes as they stand in the file. */
export function manifestHash(body: Uint8Array): Uint8Array {
  return createHash('sha256').update(body).digest();
}

/** The manifest's own signature covers the proofs too: none can be taken out or exchanged afterwards. */
function signedBytes(manifest: string, proofs: string): Uint8Array {
  return Buffer.from(`apodera/anchors/v1\n${manifest}\n${proofs}`, 'latin1');
}

interface ManifestFile {
  /** base64url, as it stands. */
  readonly manifest: string;
  readonly proofs: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

function readFile(bytes: Uint8Array): ManifestFile {
  const json = new JsonReader(parseJson(bytes, 'file'), 'file');
  const base64url = /^[A-Za-z0-9_-]+$/;
  const manifest = json.matching('manifest', base64url);
  const proofs = json.matching('proofs', base64url);
  const signature = json.member('signature');
  const keyId = signature.text('keyId');
  const value = Buffer.from(signature.matching('value', base64url), 'base64url');
  signature.done();
  json.done();
  return { manifest, proofs, keyId, signature: value };
}

/** The bytes that get signed off: UTF-8 JSON. `issuedAt` in RFC 3339. */
export function writeManifest(manifest: AnchorManifest): Uint8Array {
  const { version, stage, issuedAt, profiles } = manifest;
  return new TextEncoder().encode(
    JSON.stringify({
      type: 'apodera/anchors/v1',
      version,
      stage,
      issuedAt,
      profiles,
      anchors: manifest.anchors.map(({ certificate, kind }) => ({
        certificate: Buffer.from(certificate).toString('base64'),
        kind,
      })),
    }),
  );
}

/** Puts body, proofs and the node's signature together. `sign` gets a SHA-256 digest, gives ECDSA P-256 as DER. */
export async function sealManifest(
  body: Uint8Array,
  proofs: readonly unknown[],
  signer: { readonly keyId: string; sign(digest: Uint8Array): Promise<Uint8Array> },
): Promise<Uint8Array> {
  const manifest = Buffer.from(body).toString('base64url');
  const proofText = Buffer.from(JSON.stringify(proofs)).toString('base64url');
  const digest = createHash('sha256').update(signedBytes(manifest, proofText)).digest();
  const value = Buffer.from(await signer.sign(digest)).toString('base64url');
  return Buffer.from(
    JSON.stringify({ manifest, proofs: proofText, signature: { keyId: signer.keyId, value } }),
  );
}

function parseJson(bytes: Uint8Array, parameter: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw malformedManifest(parameter, 'JSON');
  }
}

/** @throws Refusal ANCHORS_MALFORMED */
export function readManifest(value: unknown): AnchorManifest {
  const json = new JsonReader(value);
  json.oneOf('type', ['apodera/anchors/v1']);
  const manifest = {
    version: json.number('version', undefined, Number.MAX_SAFE_INTEGER),
    stage: json.oneOf('stage', stages),
    issuedAt: json.time('issuedAt'),
    anchors: json.each('anchors', readAnchor),
    profiles: json.each('profiles', readProfile),
  };
  json.done();
  profilesByAnchor(manifest);
  return manifest;
}

function readAnchor(json: JsonReader): ManifestAnchor {
  const certificate = json.bytes('certificate');
  const kind = json.oneOf('kind', ['production', 'test']);
  return { certificate, thumbprint: thumbprintOf(certificate), kind };
}

/** Each anchor serves exactly one profile, and each profile's anchors are there. */
function profilesByAnchor(manifest: AnchorManifest): Map<Thumbprint, PscProfile> {
  const present = new Set(manifest.anchors.map(({ thumbprint }) => thumbprint));
  const owner = new Map<Thumbprint, PscProfile>();
  if (new Set(manifest.profiles.map(({ id }) => id)).size !== manifest.profiles.length) {
    throw malformedManifest('profiles', 'no id twice');
  }
  for (const profile of manifest.profiles) {
    for (const thumbprint of [...profile.anchors, ...profile.selfSignedLeafs]) {
      if (!present.has(thumbprint)) throw malformedManifest('anchors', `the certificate ${thumbprint}`);
      if (owner.has(thumbprint)) throw malformedManifest('profiles', `${thumbprint} in one profile only`);
      owner.set(thumbprint, profile);
    }
  }
  if (owner.size !== manifest.anchors.length) throw malformedManifest('anchors', 'a profile for each anchor');
  return owner;
}

/**
 * S26: stages do not mix, whatever the manifest calls a known root.
 * @throws Refusal ANCHORS_OTHER_STAGE, ANCHOR_STAGE_MIXED
 */
export function requireStage(manifest: AnchorManifest, stage: Stage): void {
  if (manifest.stage !== stage) {
    throw new Refusal('ANCHORS_OTHER_STAGE', { expected: stage, found: manifest.stage });
  }
  const wanted = stage === 'prod' ? 'production' : 'test';
  for (const { thumbprint, kind } of manifest.anchors) {
    const known = knownProductionRoots.get(thumbprint);
    if (kind !== wanted || (known && wanted === 'test')) {
      throw new Refusal('ANCHOR_STAGE_MIXED', {
        parameter: known ?? thumbprint,
        expected: `${wanted} anchors only`,
        found: known ? 'production' : kind,
      });
    }
  }
}

function requireProofs(text: string, hash: Uint8Array, verifier: ManifestVerifier): string[] {
  const proofs = parseJson(Buffer.from(text, 'base64url'), 'proofs');
  if (!Array.isArray(proofs)) throw malformedManifest('proofs', 'a list');
  const people = new Set(proofs.map((proof: unknown) => verifier.checkProof(proof, hash).personId));
  if (people.size < proofsNeeded) {
    throw new Refusal('ANCHORS_PROOF_MISSING', {
      expected: `${proofsNeeded} different node operators`,
      found: `${people.size}`,
    });
  }
  return [...people];
}

function trustAnchorsOf(manifest: AnchorManifest): TrustAnchor[] {
  const certificates = new Map(
    manifest.anchors.map(({ thumbprint, certificate }) => [thumbprint, certificate]),
  );
  return manifest.profiles
    .filter(({ enabled }) => enabled)
    .flatMap((profile) => [
      ...profile.anchors.map((thumbprint) => ({ thumbprint, profile, pinnedLeaf: false })),
      ...profile.selfSignedLeafs.map((thumbprint) => ({ thumbprint, profile, pinnedLeaf: true })),
    ])
    .map(({ thumbprint, profile, pinnedLeaf }) => ({
      certificate: parseCertificate(certificates.get(thumbprint)!),
      pscProfile: profile.id,
      ...(pinnedLeaf ? { pinnedLeaf } : {}),
    }));
}

/**
 * Anchors (and pinned leafs) that paths could end at under `current` and no longer can under `next`: taken out, or
 * their profile disabled. The act that puts `next` in force disables what hangs from them, `ANCHOR_REMOVED` (S24).
 */
export function removedAnchors(current: AnchorManifest, next: AnchorManifest): readonly Thumbprint[] {
  const kept = new Set(enabledAnchors(next));
  return enabledAnchors(current).filter((thumbprint) => !kept.has(thumbprint));
}

function enabledAnchors({ profiles }: AnchorManifest): Thumbprint[] {
  return profiles
    .filter(({ enabled }) => enabled)
    .flatMap(({ anchors, selfSignedLeafs }) => [...anchors, ...selfSignedLeafs]);
}

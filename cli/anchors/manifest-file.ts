// A manifest of trust anchors on a node operator's machine: put together from profiles and certificates, and read
// back, sealed or not. What makes it count (two proofs, the node's signature) happens at the node, not here.

import { readFileSync } from 'node:fs';
import {
  type AnchorManifest,
  manifestHash,
  readManifest,
  requireStage,
  type Stage,
  writeManifest,
} from '../../core/certificate/anchors.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { UsageError } from '../exit-codes.ts';

export interface ManifestInHand {
  readonly manifest: AnchorManifest;
  /** What the act `anchors.change` names: SHA-256 of the body, base64url. */
  readonly hash: string;
  /** Key id of the node's signature, where the file is sealed; not verified here. */
  readonly sealedBy?: string;
}

/** The body that operators sign off, or the file that a node has sealed. @throws Refusal ANCHORS_MALFORMED */
export function readManifestFile(file: string): ManifestInHand {
  const json = parse(readFileSync(file), file);
  if (typeof json.manifest !== 'string') return inHand(readFileSync(file));
  const { keyId } = (json.signature ?? {}) as { keyId?: unknown };
  const sealed = inHand(Buffer.from(json.manifest, 'base64url'));
  return typeof keyId === 'string' ? { ...sealed, sealedBy: keyId } : sealed;
}

function inHand(body: Uint8Array): ManifestInHand {
  return {
    manifest: readManifest(parse(body, 'manifest')),
    hash: Buffer.from(manifestHash(body)).toString('base64url'),
  };
}

function parse(bytes: Uint8Array, name: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch {
    // Said below, for both.
  }
  throw new UsageError(`"${name}" is no JSON object`);
}

export interface ManifestDraft {
  readonly profiles: readonly PscProfile[];
  /** DER, more than needed is fine: those that a profile names are taken. */
  readonly certificates: readonly Uint8Array[];
  readonly stage: Stage;
  readonly version: number;
  readonly issuedAt: Date;
}

/** The body's bytes. @throws Refusal as a node would, UsageError when a certificate is missing */
export function draftManifest(draft: ManifestDraft): Uint8Array {
  const byThumbprint = new Map(draft.certificates.map((der) => [thumbprintOf(der), der]));
  const certificateOf = (thumbprint: Thumbprint) => {
    const certificate = byThumbprint.get(thumbprint);
    if (!certificate) throw new UsageError(`"--certificates": none has the thumbprint ${thumbprint}`);
    return certificate;
  };
  const kind = draft.stage === 'prod' ? 'production' : 'test';
  const named = draft.profiles.flatMap(({ anchors, selfSignedLeafs }) => [...anchors, ...selfSignedLeafs]);
  const body = writeManifest({
    version: draft.version,
    stage: draft.stage,
    issuedAt: draft.issuedAt,
    profiles: draft.profiles,
    anchors: named.map((thumbprint) => ({ certificate: certificateOf(thumbprint), thumbprint, kind })),
  });
  const { manifest } = inHand(body);
  requireStage(manifest, draft.stage);
  return body;
}

// A root, an intermediate and a leaf, and validatePath over them with what a test changes.

import { expect } from 'vitest';
import type { TrustAnchor } from '../../core/certificate/anchor.ts';
import { contextPrimitive, integer, sequence } from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { type CertificationPath, type PathPolicy, validatePath } from '../../core/certificate/path.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { ExtensionInput } from '../../local/psc/extensions.ts';
import { type Authority, makeAuthority } from './certificates.ts';

const now = new Date('2026-06-01T00:00:00Z');
export const root = makeAuthority();
export const intermediate = root.issueCa();
export const leaf = intermediate.issue({});

export const anchor = (authority: Authority, more: Partial<TrustAnchor> = {}): TrustAnchor => ({
  certificate: parseCertificate(authority.der),
  ...more,
});

export interface Given {
  readonly anchors?: readonly TrustAnchor[];
  readonly now?: Date;
  readonly policy?: PathPolicy;
  readonly leaf?: Uint8Array | Thumbprint;
}

export const validate = (chain: readonly Uint8Array[], given: Given = {}): CertificationPath =>
  validatePath({ chain, anchors: [anchor(root)], now, policy: {}, ...given });

export const refusal = (code: string) => expect.objectContaining({ name: 'Refusal', code });

export const policyConstraints = (explicit: number): ExtensionInput => ({
  oid: '2.5.29.36',
  critical: true,
  value: sequence(contextPrimitive(0, integer(explicit).subarray(2))),
});

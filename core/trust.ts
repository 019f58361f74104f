// What does a node trust, and how is a stored chain proved again? The ports through which functions reach the
// signed anchor manifest; opening and checking it is in core/certificate/anchors.ts.

import type { KeyObject } from 'node:crypto';
import type { TrustAnchor } from './certificate/anchor.ts';
import { type CertificationPath, validatePath } from './certificate/path.ts';
import type { PscProfile } from './certificate/psc-profile.ts';
import { keyObjectOf, readPublicKey } from './certificate/public-key.ts';
import type { CertificateStatus } from './enrolment/enrolment.ts';
import type { EnrolmentStore } from './enrolment/ports.ts';
import { Refusal } from './errors.ts';

export interface TrustInForce {
  readonly version: number;
  readonly anchors: readonly TrustAnchor[];
  readonly profiles: ReadonlyMap<string, PscProfile>;
}

export interface TrustSource {
  /** The newest manifest whose signature and version hold (S24). */
  inForce(): Promise<TrustInForce>;
}

export interface ChainProver {
  anchorVersion(): Promise<number>;
  /** @throws Refusal */
  prove(status: CertificateStatus, now: Date): Promise<{ path: CertificationPath; publicKey: KeyObject }>;
}

/** Proves what enrolment stored: the same chain, against the anchors of today. */
export function chainProver(trust: TrustSource, chains: Pick<EnrolmentStore, 'chainOf'>): ChainProver {
  return {
    async anchorVersion() {
      return (await trust.inForce()).version;
    },
    async prove(status, now) {
      const chain = await chains.chainOf(status.thumbprint);
      if (!chain) throw new Refusal('CERTIFICATE_UNKNOWN');
      const { anchors } = await trust.inForce();
      const path = validatePath({ chain, leaf: status.thumbprint, anchors, now, policy: {} });
      return { path, publicKey: keyObjectOf(readPublicKey(path.leaf.spki)) };
    },
  };
}

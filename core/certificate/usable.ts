// May this enrolled certificate be used now, for this? What a table says about validity is never believed
// the first time a process meets a certificate it loads the stored chain and proves the
// path again; the proof lives in this process only. Whether a message is signed by it is asked in message/jws.ts.

import type { KeyObject } from 'node:crypto';
import type { CertificateStatus, CertificateUse } from '../enrolment/enrolment.ts';
import { Refusal } from '../errors.ts';
import { provedCertificates } from '../policy.ts';
import type { CertificationPath } from './path.ts';
import type { Thumbprint } from './thumbprint.ts';

declare const usable: unique symbol;

/** A certificate that may be used at the time it was asked for; only useCertificate makes one. */
export interface UsableCertificate {
  readonly thumbprint: Thumbprint;
  readonly participant: string;
  readonly publicKey: KeyObject;
  readonly status: CertificateStatus;
  readonly [usable]: true;
}

interface Proof {
  readonly path: CertificationPath;
  readonly publicKey: KeyObject;
  readonly anchorVersion: number;
}

/** What is proved in one process: bounded, least recently used goes first. */
export class ProvedPaths {
  readonly #proofs = new Map<Thumbprint, Proof>();
  /** Already the most recently used. */
  #last: Proof | undefined;

  /** The proof made under this version of the anchors, still inside every certificate's validity. */
  find(thumbprint: Thumbprint, anchorVersion: number, now: Date): Proof | undefined {
    const proof = this.#proofs.get(thumbprint);
    if (!proof) return undefined;
    // A newer manifest voids every proof at once: the anchor it hangs from may be gone.
    const holds = proof.anchorVersion === anchorVersion && now <= proof.path.notAfter;
    if (holds && proof === this.#last) return proof;
    this.#proofs.delete(thumbprint);
    if (!holds) return undefined;
    this.#proofs.set(thumbprint, proof);
    this.#last = proof;
    return proof;
  }

  keep(thumbprint: Thumbprint, proof: Proof): void {
    this.#proofs.set(thumbprint, proof);
    this.#last = proof;
    if (this.#proofs.size > provedCertificates) {
      const oldest = this.#proofs.keys().next().value;
      if (oldest !== undefined) this.#proofs.delete(oldest);
    }
  }
}

export interface UseOfCertificate {
  readonly now: Date;
  readonly use: CertificateUse;
  /** Whose it must be; absent where the certificate says who is calling. */
  readonly participant?: string;
  /** Read for this very request, its seal checked by the adapter. */
  readonly status: CertificateStatus | undefined;
  readonly anchorVersion: number;
  /** Loads the stored chain and validates it against the anchors in force. @throws Refusal */
  readonly prove: (status: CertificateStatus) => Promise<{ path: CertificationPath; publicKey: KeyObject }>;
}

/**
 * The certificate, proved.
 * @throws Refusal CERTIFICATE_UNKNOWN, CERTIFICATE_OF_ANOTHER, CERTIFICATE_WRONG_USE, CERTIFICATE_REVOKED,
 * CERTIFICATE_EXPIRED, CERTIFICATE_NOT_ACTIVE, POWER_ENDED, PROOF_BROKEN
 */
export async function useCertificate(
  proved: ProvedPaths,
  asked: UseOfCertificate,
): Promise<UsableCertificate> {
  const status = checkStatus(asked);
  let proof = proved.find(status.thumbprint, asked.anchorVersion, asked.now);
  if (!proof) {
    proof = { ...(await proveAgain(asked, status)), anchorVersion: asked.anchorVersion };
    proved.keep(status.thumbprint, proof);
  }
  return {
    thumbprint: status.thumbprint,
    participant: status.participant,
    publicKey: proof.publicKey,
    status,
  } as UsableCertificate;
}

/**
 * What the status item says, by the clock and not by its last writer: expiry and the end of a power need no sweep.
 * @throws Refusal CERTIFICATE_UNKNOWN, CERTIFICATE_OF_ANOTHER, CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED,
 * CERTIFICATE_NOT_ACTIVE, CERTIFICATE_WRONG_USE, POWER_ENDED
 */
export function checkStatus(
  asked: Pick<UseOfCertificate, 'status' | 'now' | 'use' | 'participant'>,
): CertificateStatus {
  const { status, now } = asked;
  if (!status) throw new Refusal('CERTIFICATE_UNKNOWN');
  if (asked.participant !== undefined && status.participant !== asked.participant)
    throw new Refusal('CERTIFICATE_OF_ANOTHER');
  if (status.validity === 'revoked') throw new Refusal('CERTIFICATE_REVOKED');
  if (status.validity === 'expired' || now > status.notAfter) throw new Refusal('CERTIFICATE_EXPIRED');
  if (status.networkStatus !== 'active' || status.validity !== 'valid')
    throw new Refusal('CERTIFICATE_NOT_ACTIVE', { found: `${status.validity}, ${status.networkStatus}` });
  if (status.use !== asked.use)
    throw new Refusal('CERTIFICATE_WRONG_USE', { expected: asked.use, found: status.use });
  if (status.powerUntil && now > status.powerUntil) throw new Refusal('POWER_ENDED');
  return status;
}

async function proveAgain(
  asked: UseOfCertificate,
  status: CertificateStatus,
): Promise<{ path: CertificationPath; publicKey: KeyObject }> {
  try {
    return await asked.prove(status);
  } catch (error) {
    // The stored chain was proved when it was enrolled: that it is not any more is an alarm, not the caller's fault.
    if (error instanceof Refusal) throw new Refusal('PROOF_BROKEN', { found: error.code });
    throw error;
  }
}

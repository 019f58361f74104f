// Is this message really from the party that the API key belongs to? The certificate is looked up by thumbprint
// and proved before the signature is verified, and the body is parsed only after (the cheapest "no" first). Nothing here
// asks whether the sender may do the act.

import { type ProvedPaths, type UsableCertificate, useCertificate } from '../certificate/usable.ts';
import type { CertificateUse } from '../enrolment/enrolment.ts';
import type { StatusStore } from '../enrolment/ports.ts';
import type { ChainProver } from '../trust.ts';
import { type AddressedEnvelope, checkAddress, type Institution, readEnvelope } from './envelope.ts';
import { type DetachedJws, readDetachedJws, type VerifiedMessage, verifyDetached } from './jws.ts';

export interface SenderPorts {
  readonly statuses: Pick<StatusStore, 'status'>;
  readonly chains: ChainProver;
  /** Proofs of this process; one for all requests. */
  readonly proved: ProvedPaths;
}

/** As a door took it. */
export interface CallerMessage {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
  /** Of the API key. */
  readonly caller: { readonly participant: string; readonly keyId: string };
}

export interface SignedMessage {
  readonly message: VerifiedMessage;
  readonly certificate: UsableCertificate;
}

interface Expected {
  readonly participant?: string;
  readonly now: Date;
  readonly use?: CertificateUse;
}

/** @throws Refusal SIGNATURE_*, CERTIFICATE_*, POWER_ENDED, PROOF_BROKEN, SEAL_BROKEN */
export async function verifySender(
  ports: SenderPorts,
  received: Pick<CallerMessage, 'body' | 'signature'>,
  expected: Expected,
): Promise<SignedMessage> {
  return verifySigner(ports, readDetachedJws(received.signature), received.body, expected);
}

/** The same where the signature header was read before. @throws as verifySender */
export async function verifySigner(
  ports: SenderPorts,
  jws: DetachedJws,
  body: Uint8Array,
  expected: Expected,
): Promise<SignedMessage> {
  const certificate = await useCertificate(ports.proved, {
    now: expected.now,
    use: expected.use ?? 'signing',
    status: await ports.statuses.status(jws.thumbprint),
    anchorVersion: await ports.chains.anchorVersion(),
    prove: (status) => ports.chains.prove(status, expected.now),
    ...(expected.participant === undefined ? {} : { participant: expected.participant }),
  });
  return { message: verifyDetached(jws, body, certificate), certificate };
}

/**
 * The envelope of a body whose sender and receiver must be these.
 * @throws Refusal BODY_*, ENVELOPE_*, SENDER_*, RECEIVER_*
 */
export function addressedEnvelope(
  body: Uint8Array,
  sender: Institution,
  receiver: Institution,
): AddressedEnvelope {
  return checkAddress(readEnvelope(body), { sender, receiver });
}

// What did the participant ask for? Reads the parameters of `certificate.enrol` out of a message whose envelope
// holds. It checks form only: a Submission is a claim.

import { readChain } from '../certificate/chain-file.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import { type PossessionProof, parametersDigest } from '../message/possession.ts';
import { isPlainText, saysSomething } from '../plain-text.ts';
import { enrolmentLimits } from '../policy.ts';
import type { CertificateUse } from './enrolment.ts';

export interface Submission {
  /** DER, any order, duplicates dropped. */
  readonly chain: readonly Uint8Array[];
  readonly use: CertificateUse;
  readonly reason: string;
  readonly replaces?: Thumbprint;
  readonly possession: PossessionProof;
  /** Of the parameters as they were sent: what the proof of possession has to cover. */
  readonly parametersSha256: string;
}

/** The parameters as they stand in the signed bytes (openapi.yaml, EnrolParameters). */
export interface EnrolParameters {
  readonly chain: readonly string[];
  readonly use: string;
  readonly reason?: string;
  readonly replaces?: string;
  readonly proof_of_possession?: PossessionProof;
}

/**
 * Reads a submission.
 * @throws Refusal REASON_MISSING, REASON_TOO_LONG, REASON_UNREADABLE, USE_UNKNOWN, POSSESSION_MISSING,
 * REPLACES_MALFORMED and what reading the chain throws (PRIVATE_KEY_PRESENT, CHAIN_*, DER_MALFORMED): nothing is
 * stored of any of these
 */
export function readSubmission(parameters: EnrolParameters): Submission {
  const reason = readReason(parameters.reason);
  const use = parameters.use;
  if (use !== 'signing' && use !== 'transport')
    throw new Refusal('USE_UNKNOWN', { parameter: 'use', expected: 'signing or transport' });
  if (!parameters.proof_of_possession)
    throw new Refusal('POSSESSION_MISSING', { parameter: 'proof_of_possession' });
  const chain = readChain(Buffer.concat(parameters.chain.map(chainElement)));
  const replaces = parameters.replaces;
  if (replaces !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(replaces))
    throw new Refusal('REPLACES_MALFORMED', { parameter: 'replaces', expected: 'x5t#S256, 43 characters' });
  return {
    chain,
    use,
    reason,
    possession: parameters.proof_of_possession,
    parametersSha256: parametersDigest(parameters),
    ...(replaces === undefined ? {} : { replaces: replaces as Thumbprint }),
  };
}

/**
 * A reason is shown to people who decide: one line of plain text, so that it cannot look like our own words.
 * @throws Refusal REASON_MISSING, REASON_TOO_LONG, REASON_UNREADABLE
 */
export function readReason(text: string | undefined): string {
  const reason = (text ?? '').trim();
  if (!saysSomething(reason)) throw new Refusal('REASON_MISSING', { parameter: 'reason' });
  if ([...reason].length > enrolmentLimits.reasonCharacters)
    throw new Refusal('REASON_TOO_LONG', {
      parameter: 'reason',
      expected: `at most ${enrolmentLimits.reasonCharacters} characters`,
    });
  if (!isPlainText(reason)) throw new Refusal('REASON_UNREADABLE', { parameter: 'reason' });
  return reason;
}

/** One element is base64 of one certificate's DER. Whoever pastes a PEM file instead may have pasted a key. */
function chainElement(text: string): Uint8Array {
  if (text.includes('-----BEGIN')) return Buffer.concat(readChain(text));
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text)
    throw new Refusal('CHAIN_NOT_BASE64', { parameter: 'chain' });
  return bytes;
}

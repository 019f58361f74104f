// May this certificate enter the network for this participant? Path, leaf, holder and possession, in
// milliseconds and without asking anybody. Revocation is checked after admission (check-revocation), people
// confirm after that. Malformed submissions throw and leave no trace; a well-formed certificate that may not
// enter is recorded with its code, so that its participant can look it up.

import type { TrustAnchor } from '../certificate/anchor.ts';
import { findLeaf } from '../certificate/bundle.ts';
import type { ParsedCertificate } from '../certificate/certificate.ts';
import { type Holder, identifyHolder, identifyTransportOwner } from '../certificate/holder/holder.ts';
import type { TaxIdType } from '../certificate/holder/tax-id.ts';
import { checkLeafFor, checkPathFor } from '../certificate/leaf.ts';
import type { CertificateState } from '../certificate/lifecycle.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { type CertificationPath, validatePath } from '../certificate/path.ts';
import { type PscProfile, requireAcceptedPolicy } from '../certificate/psc-profile.ts';
import { keyObjectOf, readPublicKey } from '../certificate/public-key.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import type { MessageHeader } from '../message/envelope.ts';
import { verifyPossession } from '../message/possession.ts';
import { type CertificateStatus, type EndingCode, endings } from './enrolment.ts';
import type { Submission } from './submission.ts';

/** An apoderado of the participant as this node knows them, and a way to ask whether a tax id is theirs. */
export interface KnownApoderado {
  readonly personId: string;
  isHolder(taxIdType: TaxIdType, taxId: string): boolean;
  readonly powerFrom: Date;
  readonly powerUntil: Date | null;
}

export interface AdmissionGround {
  readonly now: Date;
  readonly anchors: readonly TrustAnchor[];
  readonly profiles: ReadonlyMap<string, PscProfile>;
  readonly apoderados: readonly KnownApoderado[];
  /** The company's tax id and pinned host names, for `transport`. */
  readonly participant: { readonly taxId: string; readonly hosts: readonly string[] };
}

export interface AdmittedCertificate {
  readonly outcome: 'ADMITTED';
  readonly leaf: ParsedCertificate;
  readonly thumbprint: Thumbprint;
  readonly path: CertificationPath;
  readonly anchor: Thumbprint;
  readonly pscProfile: string;
  /** The profile's name for the PSC. */
  readonly pscName: string;
  /** Absent for `transport`. */
  readonly holder?: { readonly personId: string; readonly person: Holder; readonly powerUntil: Date | null };
}

export interface RecordedRefusal {
  readonly outcome: 'REFUSED';
  readonly leaf: ParsedCertificate;
  readonly thumbprint: Thumbprint;
  readonly state: CertificateState;
  readonly code: EndingCode;
}

/** @throws Refusal for what is malformed or not proved to be the sender's: nothing is recorded of it */
export function admitCertificate(
  submission: Submission,
  header: MessageHeader,
  ground: AdmissionGround,
): AdmittedCertificate | RecordedRefusal {
  const parsed = submission.chain.map(parseCertificate);
  const leaf = findLeaf(parsed);
  const thumbprint = thumbprintOf(leaf.der);
  // Refuses a key whose size or exponent would make the check itself an attack.
  const key = readPublicKey(leaf.spki);
  // No proof of possession is made with one: what is wrong is the key, not the proof.
  if (key.kind === 'EdDSA') throw new Refusal('LEAF_KEY_KIND', { expected: 'RSA or EC', found: key.kind });
  verifyPossession(
    {
      thumbprint,
      sender: header.sender.finId,
      receiver: header.receiver.finId,
      messageId: header.messageId,
      creationDate: header.creationDateText,
      parametersSha256: submission.parametersSha256,
    },
    submission.possession,
    keyObjectOf(key),
  );
  try {
    return { outcome: 'ADMITTED', leaf, thumbprint, ...identifyCertificate(submission, leaf, ground) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { outcome: 'REFUSED', leaf, thumbprint, state: stateAfter(error), code: error.code };
  }
}

/**
 * a certificate that this node once found revoked comes back as revoked, whoever sends it and whatever
 * its PSC's list says by now (a hold that was lifted); nobody is asked about it.
 * @param known its status item, of whatever enrolment
 */
export function unlessRevoked(
  verdict: AdmittedCertificate | RecordedRefusal,
  known: CertificateStatus | undefined,
): AdmittedCertificate | RecordedRefusal {
  if (known?.validity !== 'revoked') return verdict;
  const { leaf, thumbprint } = verdict;
  const state = { validity: 'revoked', networkStatus: 'rejected' } as const;
  return { outcome: 'REFUSED', leaf, thumbprint, state, code: 'CERTIFICATE_REVOKED' };
}

/** Steps 2 and 8: path, leaf, holder. Asked again by who activates. @throws Refusal */
export function identifyCertificate(
  submission: Pick<Submission, 'use' | 'chain'>,
  leaf: ParsedCertificate,
  ground: AdmissionGround,
): Pick<AdmittedCertificate, 'path' | 'anchor' | 'pscProfile' | 'pscName' | 'holder'> {
  checkLeafFor(submission.use, leaf);
  const path = validatePath({
    chain: submission.chain,
    leaf: thumbprintOf(leaf.der),
    anchors: ground.anchors,
    now: ground.now,
    policy: {},
  });
  checkPathFor(submission.use, path);
  const profile = ground.profiles.get(path.anchor.pscProfile ?? '');
  if (!profile) throw new Refusal('PSC_PROFILE_MISSING');
  requireAcceptedPolicy(leaf, profile, submission.use);
  const proved = {
    path,
    anchor: thumbprintOf(path.anchor.certificate.der),
    pscProfile: profile.id,
    pscName: profile.name,
  };
  if (submission.use === 'transport') {
    const owner = identifyTransportOwner(leaf, profile);
    const named =
      owner.company?.taxId === ground.participant.taxId ||
      owner.hosts.some((host) => ground.participant.hosts.includes(host));
    if (!named) throw new Refusal('HOLDER_NOT_PARTICIPANT');
    return proved;
  }
  const person = identifyHolder(leaf, profile);
  const apoderado = ground.apoderados.find(
    (known) =>
      known.isHolder(person.taxIdType, person.taxId) &&
      known.powerFrom <= ground.now &&
      (known.powerUntil === null || ground.now <= known.powerUntil),
  );
  if (!apoderado) throw new Refusal('HOLDER_NOT_APODERADO');
  return {
    ...proved,
    holder: { personId: apoderado.personId, person, powerUntil: apoderado.powerUntil },
  };
}

/** what is wrong decides the state in which the refusal is recorded. */
export function stateAfter(refusal: Refusal): CertificateState {
  const expired = refusal.code === 'CERTIFICATE_EXPIRED';
  return { validity: expired ? 'expired' : 'invalid', networkStatus: 'rejected' };
}

/** The sentence of an ending, for answers and pages of machines; people read the texts of pages/. */
export function endingSentence(code: EndingCode): string | undefined {
  return (endings as Record<string, string>)[code];
}

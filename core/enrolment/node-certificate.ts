// May this certificate follow the one that a node signs its messages with (A-011, A-163, S20)? The message
// `node.certificate`, signed with the current one, and what of it a receiver proves by itself. People compare the
// thumbprint afterwards; whether the PSC revoked it is check-revocation's question.

import type { TrustAnchor } from '../certificate/anchor.ts';
import { findLeaf } from '../certificate/bundle.ts';
import type { ParsedCertificate } from '../certificate/certificate.ts';
import { readChain } from '../certificate/chain-file.ts';
import { identifyHolder, identifyTransportOwner } from '../certificate/holder/holder.ts';
import { normaliseTaxId } from '../certificate/holder/tax-id.ts';
import { checkLeafFor, checkPathFor } from '../certificate/leaf.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { type CertificationPath, validatePath } from '../certificate/path.ts';
import { type PscProfile, requireAcceptedPolicy } from '../certificate/psc-profile.ts';
import { keyThumbprintOf, type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import { type JsonObject, readTime } from '../message/envelope.ts';
import { newOutboxEntry, type OutboxEntry } from '../outbox.ts';
import { type AdmittedCertificate, type RecordedRefusal, stateAfter } from './admission.ts';
import { readReason } from './submission.ts';

export interface NodeCertificate {
  /** The announcing node's id of this hand-over; its answers name it. */
  readonly enrolmentId: string;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly reason: string;
  /** From then on the sender signs with it, to whoever has confirmed it. */
  readonly signsFrom: Date;
}

export function nodeCertificateParameters(announced: NodeCertificate): JsonObject {
  return {
    enrolment_id: announced.enrolmentId,
    chain: announced.chain.map((der) => Buffer.from(der).toString('base64')),
    reason: announced.reason,
    signs_from: announced.signsFrom.toISOString(),
  };
}

/** @throws Refusal FORWARD_MALFORMED, ENVELOPE_MALFORMED, REASON_* and what reading the chain throws */
export function readNodeCertificate(parameters: JsonObject): NodeCertificate {
  const { enrolment_id: id, chain, reason, signs_from: signsFrom } = parameters;
  if (typeof id !== 'string' || !/^[A-Za-z0-9-]{1,48}$/.test(id))
    throw new Refusal('FORWARD_MALFORMED', { parameter: 'enrolment_id' });
  if (!Array.isArray(chain) || chain.length === 0 || chain.some((one) => typeof one !== 'string'))
    throw new Refusal('FORWARD_MALFORMED', { parameter: 'chain', expected: 'base64 of certificates' });
  if (typeof signsFrom !== 'string') throw new Refusal('FORWARD_MALFORMED', { parameter: 'signs_from' });
  return {
    enrolmentId: id,
    chain: readChain(Buffer.concat(chain.map((one) => Buffer.from(one as string, 'base64')))),
    reason: readReason(typeof reason === 'string' ? reason : undefined),
    signsFrom: readTime(signsFrom, 'signs_from'),
  };
}

export interface NodeCertificateGround {
  readonly now: Date;
  readonly anchors: readonly TrustAnchor[];
  readonly profiles: ReadonlyMap<string, PscProfile>;
  /** As the sealed record of the node has it. */
  readonly peer: { readonly taxId: string };
  /** What signed the announcement, proved for this node, and the PSC profile that it was proved under. */
  readonly current: { readonly leaf: ParsedCertificate; readonly pscProfile?: string | undefined };
}

/** @throws Refusal for what is malformed or on a key that the sender has not shown to hold: nothing is recorded */
export function admitNodeCertificate(
  chain: readonly Uint8Array[],
  ground: NodeCertificateGround,
): AdmittedCertificate | RecordedRefusal {
  const leaf = findLeaf(chain.map(parseCertificate));
  const thumbprint = thumbprintOf(leaf.der);
  // The signature over the announcement is the proof of possession (S11): it was made by this very key.
  if (keyThumbprintOf(leaf.spki) !== keyThumbprintOf(ground.current.leaf.spki))
    throw new Refusal('NODE_KEY_OTHER');
  try {
    return { outcome: 'ADMITTED', leaf, thumbprint, ...identify(chain, leaf, thumbprint, ground) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { outcome: 'REFUSED', leaf, thumbprint, state: stateAfter(error), code: error.code };
  }
}

function identify(
  chain: readonly Uint8Array[],
  leaf: ParsedCertificate,
  thumbprint: Thumbprint,
  ground: NodeCertificateGround,
): Pick<AdmittedCertificate, 'path' | 'anchor' | 'pscProfile' | 'pscName'> {
  const { anchors, now, profiles } = ground;
  checkLeafFor('signing', leaf);
  const path: CertificationPath = validatePath({ chain, leaf: thumbprint, anchors, now, policy: {} });
  checkPathFor('signing', path);
  const profile = profiles.get(path.anchor.pscProfile ?? '');
  if (!profile) throw new Refusal('PSC_PROFILE_MISSING');
  requireAcceptedPolicy(leaf, profile, 'signing');
  requireSameHolder(leaf, profile, ground);
  const anchor = thumbprintOf(path.anchor.certificate.der);
  return { path, anchor, pscProfile: profile.id, pscName: profile.name };
}

/** The company of the node's record, or the person whom the current certificate names: nobody else signs for it. */
function requireSameHolder(
  leaf: ParsedCertificate,
  profile: PscProfile,
  ground: NodeCertificateGround,
): void {
  const { company } = identifyTransportOwner(leaf, profile);
  if (company && sameNumber(company.taxIdType, company.taxId, ground.peer.taxId)) return;
  const { leaf: current, pscProfile } = ground.current;
  const before = ground.profiles.get(pscProfile ?? '');
  if (!before) throw new Refusal('NODE_HOLDER_OTHER');
  const [then, next] = [identifyHolder(current, before), identifyHolder(leaf, profile)];
  if (then.taxIdType !== next.taxIdType || then.taxId !== next.taxId) throw new Refusal('NODE_HOLDER_OTHER');
}

function sameNumber(type: Parameters<typeof normaliseTaxId>[0], taxId: string, recorded: string): boolean {
  try {
    return normaliseTaxId(type, recorded).taxId === taxId;
  } catch {
    // A record of another country's number is not this company's.
    return false;
  }
}

/** One entry for all of them: deliver-message makes an event of it for each participant that meets the node. */
export function announceToParticipants(node: string, thumbprint: Thumbprint, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `node.certificate_published.${thumbprint}`,
    queue: 'deliver',
    kind: 'node.certificate_published',
    refs: { node, thumbprint },
    now,
  });
}

// How is a verdict written down? Builds the enrolment record, its evidence and what has to happen next.

import { createHash } from 'node:crypto';
import type { ParsedCertificate } from '../certificate/certificate.ts';
import type { CertificationPath } from '../certificate/path.ts';
import type { PscProfile } from '../certificate/psc-profile.ts';
import { keyThumbprintOf, type Thumbprint } from '../certificate/thumbprint.ts';
import type { Actor, EvidenceRecord, SourceBytes } from '../evidence/record.ts';
import type { MessageHeader } from '../message/envelope.ts';
import { newOutboxEntry, type OutboxEntry } from '../outbox.ts';
import { isPlainText } from '../plain-text.ts';
import { certificateLimits } from '../policy.ts';
import { watchOf } from '../sweep/watch.ts';
import type { AdmittedCertificate, RecordedRefusal } from './admission.ts';
import type { Enrolment, NodeRole, Step } from './enrolment.ts';
import type { Submission } from './submission.ts';

export interface Recording {
  readonly id: string;
  readonly evidenceId: string;
  readonly role: NodeRole;
  readonly now: Date;
  readonly submission: Pick<Submission, 'use' | 'reason' | 'replaces'>;
  readonly verdict: AdmittedCertificate | RecordedRefusal;
  /** Of the participant's own message, also at a payout operator. */
  readonly header: MessageHeader;
  readonly participant: string;
  readonly receivedFrom: string;
  /** Who brought it, where that is not what the role says: a node its own certificate. */
  readonly broughtBy?: 'network' | 'payoutOperator';
  readonly apiKeyId: string;
  /** This node's fin_id: it did steps 2 and 6, or 8 and 10. */
  readonly node: string;
  readonly signedBy?: Enrolment['signedBy'];
  readonly body: Uint8Array;
  /** What the network signed around the body, and with which certificate. */
  readonly envelope?: { readonly bytes: Uint8Array; readonly signedBy: Thumbprint };
  /** SHA-256 hex of each URL that the sweep will ask about this path. */
  readonly sources: readonly string[];
  /** In force: the sweep goes by the PSC's own. */
  readonly profiles: ReadonlyMap<string, PscProfile>;
}

export function newEnrolment(recording: Recording) {
  const enrolment = recordOf(recording);
  const { verdict, now } = recording;
  const actor: Actor = {
    kind: recording.broughtBy ?? (recording.role === 'network' ? 'participant' : 'network'),
    finId: recording.receivedFrom,
    apiKeyId: recording.apiKeyId,
    ...(recording.signedBy ? { thumbprint: recording.signedBy } : {}),
  };
  const messageSource = (kind: 'message' | 'envelope', bytes: Uint8Array): SourceBytes => ({
    kind,
    sha256: createHash('sha256').update(bytes).digest('base64url'),
    item: `MSG#${enrolment.participant}#${enrolment.messageId}|MESSAGE`,
  });
  const evidence: EvidenceRecord = {
    id: recording.evidenceId,
    scope: enrolment.participant,
    kind: 'enrolment.received',
    at: now,
    actor,
    subjects: { enrolmentId: enrolment.id, thumbprint: enrolment.thumbprint },
    facts: {
      use: enrolment.use,
      reason: enrolment.reason,
      replaces: enrolment.replaces,
      networkStatus: enrolment.networkStatus,
      validity: enrolment.validity,
      code: enrolment.code,
      ...(recording.envelope && { forwardSignedBy: recording.envelope.signedBy }),
    },
    sources: [
      messageSource('message', recording.body),
      ...(recording.envelope ? [messageSource('envelope', recording.envelope.bytes)] : []),
      ...(verdict.outcome === 'ADMITTED' ? chainSources(enrolment.thumbprint, verdict.path.path) : []),
    ],
  };
  const outbox: OutboxEntry[] = [
    verdict.outcome === 'ADMITTED' ? startEnrolment(enrolment.id, now) : tellOutcome(enrolment.id, now),
  ];
  return {
    enrolment,
    evidence: [evidence],
    outbox,
    ...(verdict.outcome === 'ADMITTED' ? watched(verdict.path, recording.profiles) : {}),
  };
}

function watched(path: CertificationPath, profiles: Recording['profiles']) {
  const watch = watchOf(path, profiles.get(path.anchor.pscProfile ?? ''));
  return { path: path.path.map(({ der }) => der), watch };
}

/** Each certificate of a stored chain, for the locked copy. */
export function chainSources(
  thumbprint: string,
  path: readonly Pick<ParsedCertificate, 'der'>[],
): readonly SourceBytes[] {
  return path.map(({ der }) => ({
    kind: 'chain',
    sha256: createHash('sha256').update(der).digest('base64url'),
    copiedFrom: `CHAIN#${thumbprint}|CHAIN`,
  }));
}

function recordOf(recording: Recording): Enrolment {
  const { verdict, header, submission, now, role } = recording;
  const { leaf } = verdict;
  const admitted = verdict.outcome === 'ADMITTED' ? verdict : undefined;
  const [received, validated, stored] = role === 'network' ? ([1, 2, 6] as const) : ([7, 8, 10] as const);
  const steps: Step[] = [
    { number: received, outcome: 'DONE', at: now, by: recording.apiKeyId },
    {
      number: validated,
      outcome: verdict.outcome === 'ADMITTED' ? 'ADMITTED' : verdict.code,
      at: now,
      by: recording.node,
    },
    { number: stored, outcome: 'DONE', at: now, by: recording.node },
  ];
  return {
    id: recording.id,
    role,
    participant: recording.participant,
    receivedFrom: recording.receivedFrom,
    thumbprint: verdict.thumbprint,
    keyThumbprint: keyThumbprintOf(leaf.spki),
    use: submission.use,
    reason: submission.reason,
    ...(submission.replaces ? { replaces: submission.replaces } : {}),
    messageId: header.messageId,
    creationDate: header.creationDate,
    apiKeyId: recording.apiKeyId,
    ...(recording.signedBy ? { signedBy: recording.signedBy } : {}),
    ...(admitted?.holder ? { holder: admitted.holder.personId } : {}),
    ...(admitted
      ? { pscProfile: admitted.pscProfile, anchor: admitted.anchor, pscName: admitted.pscName }
      : { pscName: organisationOf(leaf) }),
    serialNumber: Buffer.from(leaf.serialNumber).toString('hex').toUpperCase(),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    ...(verdict.outcome === 'ADMITTED'
      ? { validity: 'valid' as const, networkStatus: 'pending' as const }
      : { ...verdict.state, code: verdict.code }),
    sources: recording.sources,
    steps,
    createdAt: now,
    version: 1,
  };
}

/** The issuer's own name for itself, as far as it can be shown: O, else CN. A quotation, never a statement of ours. */
function organisationOf(leaf: ParsedCertificate): string {
  const attributes = leaf.issuer.rdns.flat();
  const named =
    attributes.find((one) => one.oid === '2.5.4.10') ?? attributes.find((one) => one.oid === '2.5.4.3');
  const text = named?.text ?? '';
  return isPlainText(text) ? text.slice(0, certificateLimits.holderCharacters) : '';
}

function startEnrolment(enrolmentId: string, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `enrolment.start.${enrolmentId}`,
    queue: 'execution',
    kind: 'enrolment.start',
    refs: { enrolmentId },
    now,
  });
}

/** Step 16: the participant hears the outcome (and, at a payout operator, the network: step 15). */
function tellOutcome(enrolmentId: string, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `enrolment.tell.${enrolmentId}`,
    queue: 'execution',
    kind: 'enrolment.tell',
    refs: { enrolmentId },
    now,
  });
}

/** A payout operator has answered: settle-enrolment weighs the answers again. */
export function settleEnrolment(enrolmentId: string, cause: string, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `enrolment.settle.${enrolmentId}.${cause}`,
    queue: 'execution',
    kind: 'enrolment.settle',
    refs: { enrolmentId },
    now,
  });
}

/**
 * It is over at this network: a payout operator that was asked must not go on with it.
 * @param cause message_id of what brought it; absent for the end itself, which comes once
 */
export function endAtOperator(enrolmentId: string, operator: string, now: Date, cause?: string): OutboxEntry {
  return newOutboxEntry({
    // Each cause its own entry: one that was given up on, or still waits, must not keep the next from being written.
    id: ['enrolment.end', enrolmentId, operator, ...(cause === undefined ? [] : [cause])].join('.'),
    queue: 'deliver',
    kind: 'enrolment.end',
    refs: { enrolmentId, receiver: operator },
    receiver: operator,
    now,
  });
}

// Step 14: makes an enrolment `active` or `rejected`. It believes no state that a table holds: the persons' proofs
// and the payout operators' signed answers are verified again here (S22), and only here a status item is sealed.

import { createHash, type KeyObject } from 'node:crypto';
import { transitionFor } from '../../core/certificate/lifecycle.ts';
import { readAnswer } from '../../core/enrolment/answer.ts';
import type { CertificateStatus, Enrolment, Step } from '../../core/enrolment/enrolment.ts';
import { officerMustConfirm } from '../../core/enrolment/officer.ts';
import type { Activation, EnrolmentStore, OperatorRow, StatusStore } from '../../core/enrolment/ports.ts';
import {
  type ConfirmationFinding,
  needsOperators,
  type Settlement,
  settle,
} from '../../core/enrolment/settlement.ts';
import { Refusal } from '../../core/errors.ts';
import type { Actor, EvidenceRecord } from '../../core/evidence/record.ts';
import { type SenderPorts, verifySender } from '../../core/message/sender.ts';
import { type Confirmation, confirmationOf } from '../../core/people/confirmation.ts';
import { decisionIdOf, endingOf } from '../../core/people/decision.ts';
import type { Party } from '../../core/people/party.ts';
import type { Decisions, Parties, People } from '../../core/people/ports.ts';
import { proofBytes } from '../../core/people/proof.ts';
import { subjectOf } from '../../core/people/statement.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface SettleEnrolmentPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: EnrolmentStore;
  readonly statuses: StatusStore;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'person' | 'holders'>;
  readonly decisions: Pick<Decisions, 'find'>;
  suspended(participant: string): Promise<boolean>;
  lastSensitiveChange(participant: string): Promise<Date | undefined>;
  factorPublicKey(): Promise<KeyObject>;
  warn(code: 'OPERATOR_ANSWER_UNPROVED' | 'CONFIRMATION_UNPROVED', subject: string, because: string): void;
}

export interface SettleEnrolmentInput {
  readonly enrolmentId: string;
  /** The workflow's hint; absent when an operator's answer brought us here. */
  readonly finding?: string;
  readonly final: boolean;
}

export type SettleEnrolmentOutcome = { readonly outcome: 'ACTIVE' | 'REJECTED' | 'PENDING' };

/** @throws Refusal ENROLMENT_UNKNOWN */
export async function settleEnrolment(
  ports: SettleEnrolmentPorts,
  input: SettleEnrolmentInput,
): Promise<SettleEnrolmentOutcome> {
  // Somebody else may write between our reading and our writing: read again, at most a few times.
  for (let attempt = 0; attempt < 5; attempt++) {
    const enrolment = await ports.enrolments.find(input.enrolmentId);
    if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
    const ground = await weigh(ports, enrolment);
    const settlement = settle(enrolment, {
      now: ports.clock.now(),
      finding: input.finding ?? 'GOOD',
      suspended: await ports.suspended(enrolment.participant),
      confirmation: ground.confirmation,
      answers: ground.rows,
      final: input.final,
    });
    const written = await write(ports, enrolment, settlement, ground);
    if (written) return written;
  }
  throw new Error(`enrolment ${input.enrolmentId} changes faster than it can be settled`);
}

interface Ground {
  readonly party: Party;
  readonly confirmation: ConfirmationFinding;
  readonly confirmed?: Confirmation;
  readonly rows: readonly OperatorRow[];
}

async function weigh(ports: SettleEnrolmentPorts, enrolment: Enrolment): Promise<Ground> {
  const party = await ports.parties.party(enrolment.participant);
  if (!party) throw new Refusal('PARTICIPANT_UNKNOWN');
  const rows = needsOperators(enrolment) ? await provedRows(ports, enrolment) : [];
  const signer = enrolment.signedBy && (await ports.statuses.status(enrolment.signedBy));
  const now = ports.clock.now();
  const lastSensitiveChange = await ports.lastSensitiveChange(enrolment.participant);
  const officer = officerMustConfirm(enrolment, {
    party,
    now,
    signer: signer || undefined,
    lastSensitiveChange,
  });
  const office =
    enrolment.role === 'payoutOperator' && enrolment.use === 'signing' ? 'apoderado' : 'securityOfficer';
  if (office === 'securityOfficer' && !officer) return { party, rows, confirmation: { status: 'notAsked' } };
  return { party, rows, ...(await confirmationFound(ports, enrolment, office, party)) };
}

async function confirmationFound(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  office: 'apoderado' | 'securityOfficer',
  party: Party,
): Promise<{ confirmation: ConfirmationFinding; confirmed?: Confirmation }> {
  const decision = await ports.decisions.find(decisionIdOf(enrolment.id, office));
  if (!decision || decision.state === 'waiting') return { confirmation: { status: 'waiting' } };
  if (decision.state === 'expired') return { confirmation: { status: 'expired' } };
  if (decision.state === 'rejected')
    return { confirmation: { status: 'rejected', code: endingOf(decision) ?? 'NO_ANSWER' } };
  try {
    const confirmed = confirmationOf({
      decision,
      subject: subjectOf(enrolment),
      rule: party.rule,
      people: await ports.people.holders(enrolment.participant),
      factorPublicKey: await ports.factorPublicKey(),
    });
    const by = confirmed.proofs.map((proof) => proof.personId);
    return { confirmation: { status: 'confirmed', by }, confirmed };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A state without its proof is somebody's raw edit: it counts as no answer, and the alarm rings.
    ports.warn('CONFIRMATION_UNPROVED', decision.decisionId, error.code);
    return { confirmation: { status: 'waiting' } };
  }
}

/** Rows whose signed message still says so, by a certificate that its operator may still use. */
async function provedRows(ports: SettleEnrolmentPorts, enrolment: Enrolment): Promise<OperatorRow[]> {
  const proved: OperatorRow[] = [];
  for (const row of await ports.enrolments.rows(enrolment.id)) {
    if (row.status !== 'accepted' && row.status !== 'rejected') {
      proved.push(row);
      continue;
    }
    try {
      const signed = await verifySender(
        ports,
        { body: row.message?.bytes ?? new Uint8Array(), signature: row.message?.signature },
        { participant: row.operator, now: ports.clock.now() },
      );
      const answer = readAnswer(signed.message.body);
      if (
        answer.enrolmentId !== enrolment.id ||
        answer.thumbprint !== enrolment.thumbprint ||
        answer.status !== row.status
      )
        throw new Refusal('ANSWER_OF_ANOTHER');
      proved.push(row);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      ports.warn('OPERATOR_ANSWER_UNPROVED', `${enrolment.id} ${row.operator}`, error.code);
      proved.push({ ...row, status: 'waiting' });
    }
  }
  return proved;
}

async function write(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  settlement: Settlement,
  ground: Ground,
): Promise<SettleEnrolmentOutcome | undefined> {
  if (settlement.outcome === 'NOTHING') return { outcome: stateOutcome(enrolment) };
  if (settlement.outcome === 'END') return end(ports, enrolment, settlement);
  if (settlement.outcome === 'ADD_OPERATORS') return widen(ports, enrolment, settlement.acceptedBy, ground);
  return activate(ports, enrolment, settlement.acceptedBy, ground);
}

function stateOutcome(enrolment: Enrolment): SettleEnrolmentOutcome['outcome'] {
  if (enrolment.networkStatus === 'active') return 'ACTIVE';
  return enrolment.networkStatus === 'pending' ? 'PENDING' : 'REJECTED';
}

async function end(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  settlement: Extract<Settlement, { outcome: 'END' }>,
): Promise<SettleEnrolmentOutcome | undefined> {
  const now = ports.clock.now();
  const to = transitionFor(settlement.event, enrolment)!.to;
  const moved = await ports.enrolments.move({
    from: enrolment,
    to,
    code: settlement.code,
    retryable: settlement.code === 'REVOCATION_UNAVAILABLE',
    steps: [finalStep(enrolment, settlement.code, now)],
    evidence: [evidenceOf(ports, enrolment, 'enrolment.rejected', { code: settlement.code, ...to })],
    outbox: [],
  });
  return moved && { outcome: 'REJECTED' };
}

function finalStep(enrolment: Enrolment, outcome: string, at: Date): Step {
  return { number: enrolment.role === 'network' ? 16 : 14, outcome, at, by: 'settle-enrolment' };
}

async function activate(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  acceptedBy: readonly string[],
  ground: Ground,
): Promise<SettleEnrolmentOutcome | undefined> {
  const now = ports.clock.now();
  const activation = await activationOf(ports, enrolment, acceptedBy, ground, now);
  const outcome = await ports.enrolments.activate(activation);
  if (outcome === 'ACTIVATED') return { outcome: 'ACTIVE' };
  if (outcome === 'STALE') return undefined;
  // Somebody else's certificate of the same thumbprint or key became active meanwhile.
  return end(ports, enrolment, { outcome: 'END', event: 'REJECTED', code: outcome });
}

async function widen(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  acceptedBy: readonly string[],
  ground: Ground,
): Promise<SettleEnrolmentOutcome | undefined> {
  const status = await ports.statuses.status(enrolment.thumbprint);
  if (!status || status.enrolmentId !== enrolment.id || status.networkStatus !== 'active')
    return { outcome: 'ACTIVE' };
  const known = new Set(status.acceptingOperators);
  if (acceptedBy.every((operator) => known.has(operator))) return { outcome: 'ACTIVE' };
  const now = ports.clock.now();
  const activation = await activationOf(ports, enrolment, acceptedBy, ground, now);
  const widened = await ports.enrolments.widen({
    ...activation,
    status: { ...status, acceptingOperators: acceptedBy },
  });
  return widened ? { outcome: 'ACTIVE' } : undefined;
}

async function activationOf(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  acceptedBy: readonly string[],
  ground: Ground,
  now: Date,
): Promise<Activation> {
  const holder = enrolment.holder === undefined ? undefined : await ports.people.person(enrolment.holder);
  const confirmedBy = ground.confirmed?.proofs.map((proof) => proof.personId) ?? [];
  const evidence = evidenceOf(ports, enrolment, 'enrolment.activated', {
    acceptedBy: [...acceptedBy],
    confirmedBy,
  });
  const status: CertificateStatus = {
    thumbprint: enrolment.thumbprint,
    keyThumbprint: enrolment.keyThumbprint,
    participant: enrolment.participant,
    enrolmentId: enrolment.id,
    use: enrolment.use,
    networkStatus: 'active',
    validity: 'valid',
    notAfter: enrolment.notAfter,
    acceptingOperators: acceptedBy,
    sources: enrolment.sources,
    anchor: enrolment.anchor!,
    activatedAt: now,
    ...(enrolment.holder === undefined ? {} : { holder: enrolment.holder }),
    ...(holder?.power?.until ? { powerUntil: holder.power.until } : {}),
    ...(enrolment.pscProfile === undefined ? {} : { pscProfile: enrolment.pscProfile }),
  };
  return {
    from: enrolment,
    status,
    steps: [finalStep(enrolment, 'ACTIVE', now)],
    proofs: [
      ...(ground.confirmed?.proofs.map((proof) => sha256(proofBytes(proof))) ?? []),
      ...ground.rows.flatMap((row) => (row.message ? [sha256(row.message.bytes)] : [])),
    ],
    evidence: [evidence],
    outbox: [],
  };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');

function evidenceOf(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  kind: string,
  facts: EvidenceRecord['facts'],
): EvidenceRecord {
  const actor: Actor = { kind: 'node', function: 'settle-enrolment' };
  return {
    id: ports.ids.next(),
    scope: enrolment.participant,
    kind,
    at: ports.clock.now(),
    actor,
    subjects: { enrolmentId: enrolment.id, thumbprint: enrolment.thumbprint },
    ...(facts ? { facts } : {}),
  };
}

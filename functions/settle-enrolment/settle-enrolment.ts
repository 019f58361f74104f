// Step 14: makes an enrolment `active` or `rejected`. It believes no state that a table holds: the persons' proofs
// and the payout operators' signed answers are verified again here (S22), and only here a status item is sealed.

import { createHash, type KeyObject } from 'node:crypto';
import type { LogFields } from '../../adapters/log-codes.ts';
import { transitionFor } from '../../core/certificate/lifecycle.ts';
import type { CertificateStatus, EndingCode, Enrolment, Step } from '../../core/enrolment/enrolment.ts';
import { officerMustConfirm } from '../../core/enrolment/officer.ts';
import type { Activation, EnrolmentStore, OperatorRow, StatusStore } from '../../core/enrolment/ports.ts';
import { endAtOperator } from '../../core/enrolment/recording.ts';
import {
  type ConfirmationFinding,
  needsOperators,
  type Settlement,
  settle,
} from '../../core/enrolment/settlement.ts';
import { Refusal } from '../../core/errors.ts';
import type { Actor, EvidenceRecord } from '../../core/evidence/record.ts';
import { confirmationActId, confirmationByAct } from '../../core/people/certificate-act.ts';
import { type Confirmation, confirmationOf } from '../../core/people/confirmation.ts';
import { askedOffices, decisionIdOf, endDecision, endingOf } from '../../core/people/decision.ts';
import { isNode, type Party } from '../../core/people/party.ts';
import type { Acts, Decisions, Parties, People } from '../../core/people/ports.ts';
import { proofBytes } from '../../core/people/proof.ts';
import { subjectOf } from '../../core/people/statement.ts';
import { enrolmentLimits } from '../../core/policy.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import { type ProveAgainPorts, provedCertificate, provedRows, provedSigner } from './prove-again.ts';

export interface SettleEnrolmentPorts extends ProveAgainPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: EnrolmentStore;
  readonly statuses: StatusStore;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'holders'>;
  readonly decisions: Pick<Decisions, 'find' | 'record'>;
  readonly acts: Pick<Acts, 'act'>;
  suspended(participant: string): Promise<boolean>;
  lastSensitiveChange(participant: string): Promise<Date | undefined>;
  factorPublicKey(): Promise<KeyObject>;
  warn(
    code: 'OPERATOR_ANSWER_UNPROVED' | 'CONFIRMATION_UNPROVED',
    about: Pick<LogFields, 'enrolmentId' | 'payoutOperator' | 'decisionId'>,
    because: string,
  ): void;
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
    if (!written) continue;
    if (written.outcome === 'REJECTED') await endWaiting(ports, enrolment);
    return written;
  }
  throw new Error(`enrolment ${input.enrolmentId} changes faster than it can be settled`);
}

/** Withdrawn, disabled or refused while somebody was asked: nobody is asked any longer. */
async function endWaiting(ports: SettleEnrolmentPorts, enrolment: Enrolment): Promise<void> {
  for (const office of askedOffices) {
    const decision = await ports.decisions.find(decisionIdOf(enrolment.id, office));
    if (decision?.state !== 'waiting') continue;
    const ended = endDecision(decision, 'WITHDRAWN', ports.clock.now());
    const record = evidenceOf(ports, enrolment, 'confirmation.ended', { office, state: ended.state });
    // A vote that came meanwhile decides about an enrolment that has ended: it changes nothing.
    await ports.decisions.record([ended], { evidence: [record], outbox: [] });
  }
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
  // A node's certificate becomes active with the act that two of our node operators signed; here it can only end.
  if (isNode(party)) {
    const act = await ports.acts.act(confirmationActId(enrolment.id));
    return { party, rows: [], confirmation: confirmationByAct(act, ports.clock.now()) };
  }
  const rows = needsOperators(enrolment) ? await provedRows(ports, enrolment, party) : [];
  const signer = await provedSigner(ports, enrolment, party);
  const now = ports.clock.now();
  const lastSensitiveChange = await ports.lastSensitiveChange(enrolment.participant);
  const officer = officerMustConfirm(enrolment, {
    party,
    now,
    signer,
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
    requireRecent(confirmed, ports.clock.now());
    const by = confirmed.proofs.map((proof) => proof.personId);
    return { confirmation: { status: 'confirmed', by }, confirmed };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A state without its proof is somebody's raw edit: it counts as no answer, and the alarm rings.
    ports.warn('CONFIRMATION_UNPROVED', { decisionId: decision.decisionId }, error.code);
    return { confirmation: { status: 'waiting' } };
  }
}

/** A workflow ends in days: a vote that is older was brought back, to make active again what had ended (S22). */
function requireRecent({ proofs }: Confirmation, now: Date): void {
  const oldest = now.getTime() - enrolmentLimits.confirmationDays * 24 * 3_600_000;
  if (proofs.some(({ at }) => Date.parse(at) < oldest)) throw new Refusal('PROOF_TOO_OLD');
}

async function write(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  settlement: Settlement,
  ground: Ground,
): Promise<SettleEnrolmentOutcome | undefined> {
  if (settlement.outcome === 'NOTHING') return { outcome: stateOutcome(enrolment) };
  if (settlement.outcome === 'END') return end(ports, enrolment, settlement, ground);
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
  { rows }: Ground,
): Promise<SettleEnrolmentOutcome | undefined> {
  const now = ports.clock.now();
  const to = transitionFor(settlement.event, enrolment)!.to;
  const moved = await ports.enrolments.move({
    from: enrolment,
    to,
    code: settlement.code,
    retryable: settlement.code === 'REVOCATION_UNAVAILABLE',
    steps: [finalStep(enrolment, settlement.code, now)],
    evidence: [
      evidenceOf(ports, enrolment, 'enrolment.rejected', {
        code: settlement.code,
        ...to,
        ...unheardIn(enrolment),
      }),
    ],
    // Also one that accepted already: it would go on with what the network does not carry.
    outbox: rows.flatMap(({ operator, status }) =>
      status === 'rejected' ? [] : [endAtOperator(enrolment.id, operator, now)],
    ),
  });
  return moved && { outcome: 'REJECTED' };
}

/** Empty once a word was heard. */
const unheardIn = ({ unheard = [] }: Enrolment) =>
  unheard.length > 0 ? { unheard: unheard.map((one) => ({ ...one })) } : {};

function finalStep(enrolment: Enrolment, outcome: string, at: Date): Step {
  return { number: enrolment.role === 'network' ? 16 : 14, outcome, at, by: 'settle-enrolment' };
}

async function activate(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  acceptedBy: readonly string[],
  ground: Ground,
): Promise<SettleEnrolmentOutcome | undefined> {
  const activation = await provedActivation(ports, enrolment, acceptedBy, ground);
  if ('refused' in activation)
    return end(ports, enrolment, { outcome: 'END', event: 'REJECTED', code: activation.refused }, ground);
  await awaitTheOthers(ports, enrolment, ground);
  const outcome = await ports.enrolments.activate(activation);
  if (outcome === 'ACTIVATED') return { outcome: 'ACTIVE' };
  if (outcome === 'STALE') return undefined;
  // Somebody else's certificate of the same thumbprint or key became active meanwhile.
  return end(ports, enrolment, { outcome: 'END', event: 'REJECTED', code: outcome }, ground);
}

/** Whom the workflow has not come to yet has its say all the same (S19): its row says so before anybody may sign. */
async function awaitTheOthers(
  { enrolments, clock }: SettleEnrolmentPorts,
  enrolment: Enrolment,
  { party }: Ground,
): Promise<void> {
  if (!needsOperators(enrolment)) return;
  const asked = new Set((await enrolments.rows(enrolment.id)).map(({ operator }) => operator));
  const row = { enrolmentId: enrolment.id, status: 'waiting', at: clock.now() } as const;
  for (const operator of party.payoutOperators.filter((one) => !asked.has(one)))
    await enrolments.putRow({ ...row, operator }, { evidence: [], outbox: [] });
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
  // Who accepted before goes on accepting, though the certificate that said so may have been changed since.
  const acceptingOperators = [...new Set([...known, ...acceptedBy])].sort();
  const widened = await ports.enrolments.widen({
    ...traceOf(ports, enrolment, acceptedBy, ground),
    status: { ...status, acceptingOperators },
  });
  return widened ? { outcome: 'ACTIVE' } : undefined;
}

/** What is sealed says the certificate and the people's records, never the enrolment's own (S22). */
async function provedActivation(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  acceptedBy: readonly string[],
  ground: Ground,
): Promise<Activation | { readonly refused: EndingCode }> {
  try {
    const proved = await provedCertificate(ports, enrolment);
    const status: CertificateStatus = {
      thumbprint: enrolment.thumbprint,
      participant: enrolment.participant,
      enrolmentId: enrolment.id,
      use: enrolment.use,
      networkStatus: 'active',
      validity: 'valid',
      acceptingOperators: acceptedBy,
      activatedAt: ports.clock.now(),
      ...proved,
    };
    return { ...traceOf(ports, enrolment, acceptedBy, ground), status };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.code };
    throw error;
  }
}

function traceOf(
  ports: SettleEnrolmentPorts,
  enrolment: Enrolment,
  acceptedBy: readonly string[],
  ground: Ground,
): Omit<Activation, 'status'> {
  const confirmedBy = ground.confirmed?.proofs.map((proof) => proof.personId) ?? [];
  return {
    from: enrolment,
    steps: [finalStep(enrolment, 'ACTIVE', ports.clock.now())],
    proofs: [
      ...(ground.confirmed?.proofs.map((proof) => sha256(proofBytes(proof))) ?? []),
      ...ground.rows.flatMap((row) => (row.message ? [sha256(row.message.bytes)] : [])),
    ],
    evidence: [
      evidenceOf(ports, enrolment, 'enrolment.activated', { acceptedBy: [...acceptedBy], confirmedBy }),
    ],
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

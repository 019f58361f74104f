// How is a disable written down, and who has to hear of it? Ends, evidence and outbox of one transaction; officer,
// apoderado, the participant's systems and its payout operators are told, and who waits for a pending one is woken.

import { type LifecycleEvent, transitionFor } from '../certificate/lifecycle.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { EndingCode, NodeRole } from '../enrolment/enrolment.ts';
import type { Actor, EvidenceRecord, SourceBytes } from '../evidence/record.ts';
import { newOutboxEntry, type OutboxEntry } from '../outbox.ts';
import { decisionIdOf } from '../people/decision.ts';
import { wakeEntry } from '../people/wake.ts';
import { followUp } from '../suspension/recording.ts';
import type { Suspension } from '../suspension/suspension.ts';
import { type Holding, isPending } from './plan.ts';
import type { DisableChange, DisableRecord, HoldingEnd } from './ports.ts';

/** Who is told, as this node's own records know them. */
export interface Audience {
  /** Active officers and apoderados of the participant. */
  readonly people: readonly string[];
  /** fin_ids of other nodes that must do the same: payout operators; of a suspension, at one of them, the network. */
  readonly operators: readonly string[];
  /** Who hear of a suspension beside the participant's own people. */
  readonly nodeOperators?: readonly string[];
}

export interface DisableAct {
  readonly record: DisableRecord;
  readonly role: NodeRole;
  readonly actor: Actor;
  readonly evidenceId: string;
  /** Codes that the ended enrolments carry. */
  readonly codes: { readonly active: EndingCode; readonly pending: EndingCode };
  /** Who did it, for the enrolment's steps. */
  readonly by: string;
  readonly holdings: readonly Holding[];
  readonly audience: Audience;
  readonly suspension?: Suspension;
  /** Of the holdings, those that their PSC revoked; the others end because of their key. */
  readonly revoked?: ReadonlySet<Thumbprint>;
  /** Those whose time is over. */
  readonly expired?: ReadonlySet<Thumbprint>;
  /** Recorded, and nobody is told. */
  readonly quiet?: boolean;
  readonly sources?: readonly SourceBytes[];
  /** Of the person's own proof, where a person decided. */
  readonly proofDigest?: string;
}

export function disableChange(act: DisableAct): Omit<DisableChange, 'message' | 'mustStayActive'> {
  const { record, audience } = act;
  const tells = !act.quiet && (record.suspended || record.enrolmentIds.length + record.disabled.length > 0);
  return {
    record,
    ends: act.holdings.map((holding) => endOf(act, holding)),
    evidence: [evidenceOf(act)],
    outbox: [
      ...(tells ? [...mails(record, audience), eventEntry(record)] : []),
      ...operatorEntries(record, audience.operators),
      ...act.holdings.flatMap((holding) => wakes(act, holding)),
      ...(act.suspension ? [followUp(act.suspension, 'overdue', act.suspension.confirmBy)] : []),
    ],
    ...(act.suspension && { suspension: act.suspension }),
  };
}

/** Actions of a transaction that ends and wakes may take: it has 100, and the rest tell people and nodes. */
const mostActions = 60;
/** The next node ends what a message names in one transaction too. */
const mostAtOnce = 8;

/** Of these, from the first on, what ends in one transaction with everybody who has to be woken for it: one at least. */
export function endedAtOnce(
  holdings: readonly Holding[],
  role: NodeRole,
  operators: readonly string[],
): readonly Holding[] {
  let actions = 0;
  const beyond = holdings.findIndex((holding, at) => {
    actions += 3 + whoWaits(holding, role, operators).length;
    return at > 0 && (at >= mostAtOnce || actions > mostActions);
  });
  return beyond < 0 ? holdings : holdings.slice(0, beyond);
}

export function recordOf(
  facts: Omit<DisableRecord, 'disabled' | 'withdrawn' | 'enrolmentIds'>,
  holdings: readonly Holding[],
): DisableRecord {
  const enrolments = (of: readonly Holding[]) =>
    of.flatMap(({ enrolment }) => (enrolment ? [enrolment.id] : []));
  const pending = holdings.filter(isPending);
  const active = holdings.filter((holding) => !isPending(holding));
  return {
    ...facts,
    disabled: active.map(({ thumbprint }): Thumbprint => thumbprint),
    withdrawn: enrolments(pending),
    enrolmentIds: enrolments(holdings),
  };
}

function endOf(act: DisableAct, holding: Holding): HoldingEnd {
  const pending = isPending(holding);
  const from = pending ? holding.enrolment! : holding.status!;
  const event = eventOf(act, holding);
  const row = transitionFor(event, from);
  if (!row)
    throw new TypeError(`a certificate that is ${from.validity}, ${from.networkStatus} cannot end again`);
  const code = pending ? act.codes.pending : act.codes.active;
  return {
    holding,
    to: row.to,
    code,
    step: { number: act.role === 'network' ? 16 : 14, outcome: code, at: act.record.at, by: act.by },
  };
}

function eventOf({ revoked, expired }: DisableAct, holding: Holding): LifecycleEvent {
  if (revoked?.has(holding.thumbprint)) return 'REVOKED';
  if (expired?.has(holding.thumbprint)) return 'EXPIRED';
  return isPending(holding) ? 'REJECTED' : 'DISABLED';
}

function evidenceOf(act: DisableAct): EvidenceRecord {
  const { id, participant, at, cause, reason, origin, disabled, enrolmentIds, warnings, messageId } =
    act.record;
  return {
    id: act.evidenceId,
    scope: participant,
    kind: kindOf(act.record),
    at,
    actor: act.actor,
    subjects: { disableId: id, ...(messageId && { messageId }) },
    facts: {
      cause,
      reason,
      origin,
      thumbprints: [...disabled],
      enrolmentIds: [...enrolmentIds],
      warnings: [...warnings],
      ...(act.suspension && { suspensionId: act.suspension.id }),
      ...(act.proofDigest && { proof: act.proofDigest }),
    },
    ...(act.sources && { sources: act.sources }),
  };
}

function kindOf({ suspended, origin, disabled, withdrawn }: DisableRecord): string {
  if (suspended) return 'participant.suspended';
  if (origin === 'psc') return 'certificate.revoked';
  if (origin === 'clock') return 'certificate.expired';
  if (origin === 'rotation') return 'certificate.rotated';
  // Of pending ones only the participant's own word is a withdrawal.
  if (origin === 'network' && disabled.length === 0 && withdrawn.length > 0)
    return 'enrolment.endedByNetwork';
  if (disabled.length > 0) return 'certificate.disabled';
  return withdrawn.length > 0 ? 'enrolment.withdrawn' : 'certificate.disableRepeated';
}

function mails(record: DisableRecord, audience: Audience): OutboxEntry[] {
  const kind = record.suspended ? 'mail.suspended' : 'mail.disabled';
  const people = record.suspended ? [...audience.people, ...(audience.nodeOperators ?? [])] : audience.people;
  return people.map((personId) =>
    newOutboxEntry({
      id: `${kind}.${record.id}.${personId}`,
      queue: 'mail',
      kind,
      refs: { disableId: record.id, personId, participant: record.participant },
      now: record.at,
    }),
  );
}

function eventEntry({ id, participant, at }: DisableRecord): OutboxEntry {
  return newOutboxEntry({
    id: `event.disable.${id}`,
    queue: 'deliver',
    kind: 'event.disable',
    refs: { disableId: id, receiver: participant },
    receiver: participant,
    now: at,
  });
}

/** Each operator is tried until it has answered, whatever the others do: of a disable by a workflow, started once. */
function operatorEntries(record: DisableRecord, operators: readonly string[]): OutboxEntry[] {
  const forwards = record.enrolmentIds.length > 0 && operators.length > 0;
  const suspended = record.suspended ? operators : [];
  return [
    ...(forwards ? [startEntry(record, operators)] : []),
    ...suspended.map((operator) =>
      newOutboxEntry({
        id: `participant.suspend.${record.id}.${operator}`,
        queue: 'deliver',
        kind: 'participant.suspend',
        refs: { disableId: record.id, receiver: operator },
        receiver: operator,
        now: record.at,
      }),
    ),
  ];
}

/** @param again a later telling: the workflow's execution is another one */
export function startEntry(
  { id, at }: Pick<DisableRecord, 'id' | 'at'>,
  operators: readonly string[],
  again?: 'again',
): OutboxEntry {
  const name = again ? `${id}-${at.getTime()}` : id;
  return newOutboxEntry({
    id: `disable.start.${name}`,
    queue: 'execution',
    kind: 'disable.start',
    refs: { disableId: id, operators: JSON.stringify(operators), ...(again && { name }) },
    now: at,
  });
}

/** Executions that wait for somebody's word on a pending one: they read the enrolment again and find it ended. */
function wakes(
  { role, audience, record }: Pick<DisableAct, 'role' | 'audience' | 'record'>,
  holding: Holding,
): OutboxEntry[] {
  const { enrolment } = holding;
  return whoWaits(holding, role, audience.operators).map((who) =>
    wakeEntry(decisionIdOf(enrolment!.id, who), 'REJECTED', `disabled.${record.id}`, record.at),
  );
}

function whoWaits(holding: Holding, role: NodeRole, operators: readonly string[]) {
  const { enrolment } = holding;
  if (!enrolment || !isPending(holding)) return [];
  if (role === 'payoutOperator' && enrolment.use === 'signing') return ['apoderado'] as const;
  const asked = operators.map((operator) => `operator.${operator}` as const);
  return ['securityOfficer', ...asked] as const;
}

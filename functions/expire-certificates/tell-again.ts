// Who was given up over a disable or a suspension and has not heard of it since? The daily pass starts the telling of
// each again, until it answers: what it was not told to end may be active there. One that has no active certificate here
// any more is left alone until it has; whom a disable concerns was decided with the disable itself.

import { isActive } from '../../core/disable/plan.ts';
import type { DisableStore, UndeliveredDisables } from '../../core/disable/ports.ts';
import { startEntry } from '../../core/disable/recording.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { DeadEntries } from '../../core/people/ports.ts';
import { disablePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';

export interface TellAgainPorts {
  readonly clock: Clock;
  readonly disables: Pick<DisableStore, 'holdings'>;
  readonly undelivered: Pick<UndeliveredDisables, 'due' | 'tellAgain'>;
  /** Each time that it had been given up. */
  unanswered(disableId: string, payoutOperator: string): void;
}

export async function tellAgain(ports: TellAgainPorts): Promise<{ readonly toldAgain: number }> {
  const at = ports.clock.now();
  const all = await ports.undelivered.due(at);
  const asked = await withCertificate(ports, new Set(all.map(({ operator }) => operator)));
  const open = all.filter(({ operator }) => asked.has(operator));
  for (const { disableId, operator } of open) ports.unanswered(disableId, operator);
  const lostAt = new Date(at.getTime() + disablePolicy.lostAfterDays * 24 * 3_600_000);
  const byDisable = [...Map.groupBy(open, ({ disableId }) => disableId)];
  let toldAgain = 0;
  for (const [id, those] of byDisable.slice(0, disablePolicy.toldAgainAtOnce)) {
    const operators = those.map(({ operator }) => operator);
    // One that moved has answered, or was given up, this very moment.
    if (await ports.undelivered.tellAgain(those, startEntry({ id, at }, operators, 'again'), lostAt))
      toldAgain++;
  }
  return { toldAgain };
}

export interface ReviveEndsPorts extends Pick<TellAgainPorts, 'clock'> {
  readonly disables: Pick<DisableStore, 'find' | 'holdings'>;
  readonly suspensions: Pick<Suspensions, 'find'>;
  readonly deadEntries: Pick<DeadEntries, 'list'>;
  /** @returns false where somebody else was first */
  revive(entry: OutboxEntry, now: Date): Promise<boolean>;
}

/** What ends or freezes, by its queue: given up, it rang; that a day or four have passed makes none of it needless. */
const ends = [
  ['deliver', 'participant.suspend'],
  ['deliver', 'suspension.confirm'],
  ['deliver', 'enrolment.end'],
  ['execution', 'disable.start'],
  ['execution', 'suspension.carryOut'],
  ['execution', 'suspension.overdue'],
] as const;

export async function reviveEnds(ports: ReviveEndsPorts): Promise<{ readonly revived: number }> {
  const found: OutboxEntry[] = [];
  for (const [queue, kind] of ends)
    for await (const entry of ports.deadEntries.list(queue, kind))
      if (await stillToDo(ports, entry)) found.push(entry);
  const receivers = found.flatMap(({ receiver }) => (receiver === undefined ? [] : [receiver]));
  const asked = await withCertificate(ports, new Set(receivers));
  let revived = 0;
  const open = found.filter(({ receiver }) => receiver === undefined || asked.has(receiver));
  for (const entry of open.slice(0, disablePolicy.toldAgainAtOnce)) {
    if (await ports.revive(entry, ports.clock.now())) revived++;
  }
  return { revived };
}

/** What ended stays ended, a suspension stands until it is lifted: nobody need freeze what is free here again. */
async function stillToDo({ disables, suspensions }: ReviveEndsPorts, { kind, refs }: OutboxEntry) {
  if (kind === 'disable.start' || kind === 'enrolment.end') return true;
  const participant = refs.participant ?? (await disables.find(refs.disableId ?? ''))?.participant;
  const standing = participant === undefined ? undefined : await suspensions.find(participant);
  return standing !== undefined && (refs.suspensionId ?? standing.id) === standing.id;
}

/** Of these nodes, those that still take part: node operators end a node by ending its certificates. */
async function withCertificate(
  { disables }: { readonly disables: Pick<DisableStore, 'holdings'> },
  operators: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  for (const operator of operators) {
    const held = await disables.holdings(operator);
    if (held.some((one) => isActive(one) && one.use === 'signing')) asked.add(operator);
  }
  return asked;
}

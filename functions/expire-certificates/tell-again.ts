// Which payout operators were given up over a disable and have not answered since? The daily pass starts the telling of
// each again, until it answers: what it was not told to end may be active there. One that has no active certificate here
// any more is left alone until it has; whom a disable concerns was decided with the disable itself.

import { isActive } from '../../core/disable/plan.ts';
import type { DisableStore, UndeliveredDisables } from '../../core/disable/ports.ts';
import { startEntry } from '../../core/disable/recording.ts';
import { disablePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';

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

/** Of these nodes, those that still take part: node operators end a node by ending its certificates. */
async function withCertificate(
  { disables }: TellAgainPorts,
  operators: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  for (const operator of operators) {
    const held = await disables.holdings(operator);
    if (held.some((one) => isActive(one) && one.use === 'signing')) asked.add(operator);
  }
  return asked;
}

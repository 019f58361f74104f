// What does sending again change? Entries of the outbox that were given up wait anew, from now; what they send is read
// again at each attempt, so that reviving one grants nothing and repeats nothing that was done.

import { Refusal } from '../../core/errors.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { type ActContext, type Applied, type ApplyActPorts, nothing } from './applying.ts';

export async function revive(
  ports: ApplyActPorts,
  { entry_ids: ids }: ActParameters['outbox.revive'],
  { now }: ActContext,
): Promise<Applied> {
  const entries = await Promise.all([...new Set(ids)].map((id) => ports.deadEntries.find(id)));
  const found = entries.filter((entry) => entry !== undefined);
  if (found.length === 0 || found.length < entries.length)
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'entry_ids',
      expected: 'entries that were given up',
    });
  return {
    ...nothing,
    grants: found.map((entry) => ({ noun: 'revival' as const, entry, at: now })),
    subjects: { outbox: found.map(({ id }) => id).join(' ') },
  };
}

// Which suspensions stand here, for those who see the node? What needs the node operators first.

import type { Sight } from '../../core/people/sight.ts';
import type { Suspension } from '../../core/suspension/suspension.ts';
import type { SuspensionLine } from '../../pages/console/suspensions.tsx';
import type { ConsoleDeps } from './console-deps.ts';

const order: readonly SuspensionLine['state'][] = ['OVERDUE', 'DISPUTED', 'WAITING', 'CONFIRMED', 'ENDED'];

export async function suspensionsInSight(
  deps: ConsoleDeps,
  sight: Sight,
): Promise<readonly SuspensionLine[] | undefined> {
  if (sight.of !== 'node') return undefined;
  const now = deps.clock.now();
  const lines = (await deps.suspensions.standing()).map(async (standing): Promise<SuspensionLine> => {
    const { participant, by, since, confirmBy } = standing;
    const party = await deps.parties.party(participant);
    const state = stateOf(standing, now);
    return {
      participantName: party?.name ?? participant,
      finId: participant,
      state,
      by: by.kind,
      since,
      confirmBy,
    };
  });
  return (await Promise.all(lines)).sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function stateOf(
  { state, carriedOutAt, disputedAt, confirmBy }: Suspension,
  now: Date,
): SuspensionLine['state'] {
  if (state === 'confirmed') return carriedOutAt ? 'ENDED' : 'CONFIRMED';
  if (now >= confirmBy) return 'OVERDUE';
  return disputedAt ? 'DISPUTED' : 'WAITING';
}

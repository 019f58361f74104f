// Which suspensions stand here, for those who see the node, and for the people of the one participant? What needs the
// node operators first.

import type { Person } from '../../core/people/person.ts';
import type { Sight } from '../../core/people/sight.ts';
import type { Suspension } from '../../core/suspension/suspension.ts';
import type { SuspensionLine } from '../../pages/console/suspended.tsx';
import type { ConsolePorts } from './console-ports.ts';

const order: readonly SuspensionLine['state'][] = ['OVERDUE', 'DISPUTED', 'WAITING', 'CONFIRMED', 'ENDED'];

export async function suspensionsInSight(
  ports: ConsolePorts,
  sight: Sight,
  reader: Pick<Person, 'personId'>,
): Promise<readonly SuspensionLine[]> {
  const standing =
    sight.of === 'node'
      ? await ports.suspensions.standing()
      : [await ports.suspensions.find(sight.participant)].filter((one) => one !== undefined);
  const lines = await Promise.all(standing.map((one) => lineOf(ports, one, reader)));
  return lines.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

async function lineOf(
  ports: ConsolePorts,
  standing: Suspension,
  { personId }: Pick<Person, 'personId'>,
): Promise<SuspensionLine> {
  const { participant, by, since, confirmBy, confirmedAt, disputedAt, disputedBy, asked } = standing;
  const party = await ports.parties.party(participant);
  const state = stateOf(standing, ports.clock.now());
  const open = standing.state === 'unconfirmed' && asked.includes(personId);
  const byName = await nameOf(ports, by);
  return {
    participantName: party?.name ?? participant,
    finId: participant,
    state,
    by: by.kind,
    ...(byName && { byName }),
    ...('office' in by && by.office && { office: by.office }),
    since,
    confirmBy,
    ...(confirmedAt && { confirmedAt }),
    ...(disputedAt && { disputedAt }),
    someoneIsAsked: asked.length > 0,
    ...(open && { reader: disputedBy === personId ? ('disputed' as const) : ('asked' as const) }),
  };
}

async function nameOf(ports: ConsolePorts, by: Suspension['by']): Promise<string | undefined> {
  if (by.kind === 'node') return (await ports.parties.party(by.finId))?.name ?? by.finId;
  if (by.kind !== 'person') return undefined;
  const person = await ports.people.person(by.personId);
  return (person && (await ports.people.contact(person))?.name) ?? by.personId;
}

function stateOf(
  { state, carriedOutAt, disputedAt, confirmBy }: Suspension,
  now: Date,
): SuspensionLine['state'] {
  if (state === 'confirmed') return carriedOutAt ? 'ENDED' : 'CONFIRMED';
  if (now >= confirmBy) return 'OVERDUE';
  return disputedAt ? 'DISPUTED' : 'WAITING';
}

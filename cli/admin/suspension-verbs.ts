// Emergency suspension as node operators see and end it, from the command line.

import type { Call, Outcome, Verb } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { adminApi } from './admin-api.ts';
import { listed, participant, proposes } from './propose.ts';

export const suspensionVerbs: Readonly<Record<string, Verb>> = {
  suspensions: { summary: 'participants that are suspended at this node', run: suspensions },
  suspend: proposes(
    'suspend a participant at once; one operator suffices',
    'participant.suspend',
    { participant },
    (call) => ({ participant: call.required('participant') }),
  ),
  'confirm-suspension': proposes(
    'confirm a suspension that nobody else confirmed: certificates and API keys end',
    'suspension.confirm',
    { participant },
    standingOf,
  ),
  'lift-suspension': proposes(
    'lift a suspension at this node',
    'suspension.lift',
    { participant },
    standingOf,
  ),
};

interface SuspensionJson {
  readonly participant: string;
  readonly suspension_id: string;
  readonly state: string;
  readonly since: string;
  readonly confirm_by: string;
  readonly disputed_at: string | null;
}

async function suspensions(call: Call): Promise<Outcome> {
  const body = await adminApi(call.terminal).get<{ suspensions: readonly SuspensionJson[] }>('suspensions');
  const rows = body.suspensions.map(({ participant: who, state, since, confirm_by: until, disputed_at }) => {
    const waits = disputed_at ? 'called a mistake' : `waits until ${until}`;
    return [who, `${state}  since ${since}  ${state === 'confirmed' ? '' : waits}`.trimEnd()] as const;
  });
  return listed(body, rows, 'nobody is suspended');
}

/** An act names the very suspension that its signers look at. */
async function standingOf(call: Call) {
  const who = call.required('participant');
  const body = await adminApi(call.terminal).get<{ suspensions: readonly SuspensionJson[] }>('suspensions');
  const standing = body.suspensions.find(({ participant: each }) => each === who);
  if (!standing) throw new UsageError(`"${who}" is not suspended at this node`);
  return { participant: who, suspension_id: standing.suspension_id };
}

// Participants, their people and their API keys, from the command line: looked at, and what is proposed about them.

import type { Call, Option, Outcome, Verb } from '../command.ts';
import { adminApi } from './admin-api.ts';
import { listed, participant, proposes, proposesFile, type Row } from './propose.ts';

const person: Option = { type: 'string', value: '<person_id>', required: true, help: 'see "admin people"' };
const oneParticipant = (call: Call) => ({ participant: call.required('participant') });
const onePerson = (call: Call) => ({ person_id: call.required('person') });

export const partyVerbs: Readonly<Record<string, Verb>> = {
  participants: { summary: 'participants and other nodes that this node knows', run: participants },
  onboard: proposesFile('onboard a participant: profile, people, first API key', 'participant.onboard'),
  change: proposesFile('change a participant’s profile', 'participant.change'),
  people: {
    summary: 'people of a participant, or of the node itself',
    options: {
      participant: { ...participant, required: false, help: 'whose; without it, the node’s own operators' },
    },
    run: people,
  },
  invite: proposesFile('invite a person', 'person.invite'),
  release: proposes(
    'release people who have set their factors',
    'person.release',
    { person: { ...person, multiple: true, help: 'up to 20 of them; see "admin people"' } },
    (call) => ({ person_ids: call.list('person') }),
  ),
  reset: proposes('reset a person’s factors', 'person.reset', { person }, onePerson),
  'end-person': proposes('end a person’s access', 'person.end', { person }, onePerson),
  'api-keys': {
    summary: 'API keys of a participant or node, without the keys',
    options: { participant },
    run: apiKeys,
  },
  'issue-key': proposes('issue an API key', 'apiKey.issue', { participant }, oneParticipant),
  'end-key': proposes(
    'end an API key',
    'apiKey.end',
    {
      participant,
      key: { type: 'string', value: '<key_id>', required: true, help: 'see "admin api-keys"' },
    },
    (call) => ({ participant: call.required('participant'), key_id: call.required('key') }),
  ),
};

async function participants(call: Call): Promise<Outcome> {
  const body = await adminApi(call.terminal).get<{ participants: readonly Row[] }>('participants');
  const rows = body.participants.map(
    (each) => [`${each.fin_id}`, `${each.kind?.padEnd(14)}  ${each.name}`] as const,
  );
  return listed(body, rows, 'none yet; "apodera admin onboard" proposes one');
}

async function people(call: Call): Promise<Outcome> {
  const of = call.text('participant');
  const query = of ? `?participant=${encodeURIComponent(of)}` : '';
  const body = await adminApi(call.terminal).get<{ people: readonly Row[] }>(`people${query}`);
  const rows = body.people.map(
    (each) =>
      [
        `${each.person_id}`,
        `${each.office?.padEnd(15)}  ${each.state?.padEnd(10)}  ${each.name ?? '(erased)'}`,
      ] as const,
  );
  return listed(body, rows, 'nobody yet; "apodera admin invite" proposes somebody');
}

async function apiKeys(call: Call): Promise<Outcome> {
  const path = `api-keys/${encodeURIComponent(call.required('participant'))}`;
  const body = await adminApi(call.terminal).get<{ api_keys: readonly Row[] }>(path);
  const rows = body.api_keys.map(
    (key) => [`${key.key_id}`, key.ended_at ? `ended ${key.ended_at}` : `until ${key.expires_at}`] as const,
  );
  return listed(body, rows, 'no API key; "apodera admin issue-key" proposes one');
}

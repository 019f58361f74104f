// How does an operator sign an act from the command line? In the browser of this machine, with the factor that they
// have: the command shows the act, opens nothing by itself and waits until the signature is there. Whoever has no passkey
// may type password and authenticator here instead.

import type { Call, Outcome, Verb } from '../command.ts';
import { readSecret, secretOptions } from '../password.ts';
import { columns, printable } from '../style.ts';
import { type ActJson, type AdminApi, adminApi, type Once } from './admin-api.ts';
import { readSession } from './session.ts';

/** As long as a question to a passkey counts, and twice that to read. */
const [waitMs, everyMs] = [15 * 60_000, 1_500];

export function signs(vote: 'confirm' | 'reject', summary: string): Verb {
  return {
    summary,
    positionals: [{ name: 'act', help: 'its id' }],
    options: {
      here: {
        type: 'boolean',
        help: 'type password and authenticator code here, not in the browser; not for who has a passkey',
      },
      ...secretOptions('password'),
      ...secretOptions('code'),
    },
    notes: `It shows the act first; what you sign is the hash of what was shown, and the page in the browser shows the
same one.${vote === 'confirm' ? ' Codes and keys that the act gives are shown once, where its last signature is given.' : ''}`,
    async run(call) {
      const api = adminApi(call.terminal);
      const shown = await api.get<ActJson>(pathOf(call.argument(0)));
      call.terminal.err(`${described(shown)}\n\n`);
      return call.flag('here') ? signHere(call, api, shown, vote) : signInBrowser(call, api, shown);
    },
  };
}

const pathOf = (actId: string) => `acts/${encodeURIComponent(actId)}`;

async function signHere(call: Call, api: AdminApi, shown: ActJson, vote: string): Promise<Outcome> {
  const password = await readSecret(call, 'password');
  const totp = await readSecret(call, 'code');
  const body = { vote, act_hash: shown.hash, password, totp };
  const path = `${pathOf(shown.act_id)}/votes`;
  const voted = await api.post<{ state: string; votes: number; once: readonly Once[] }>(path, body);
  return { json: voted, text: afterVote(voted) };
}

async function signInBrowser(call: Call, api: AdminApi, shown: ActJson): Promise<Outcome> {
  const { origin } = readSession(call.terminal);
  call.terminal.err(
    `Open this address in the browser of this machine:\n\n  ${origin}/acts/${shown.act_id}\n\n`,
  );
  const { person } = await api.get<{ person: { person_id: string } }>('session');
  const act = await signatureOf(api, shown.act_id, person.person_id);
  const own = act.signed_by.find(({ person_id: id }) => id === person.person_id);
  if (!own) return { json: act, text: `nobody signed it here; it is ${act.state}` };
  return { json: act, text: afterVote({ state: act.state, once: [] }) };
}

/** Looks again until this person has signed, the act is closed, or nobody came. */
async function signatureOf(
  api: Pick<AdminApi, 'get'>,
  actId: string,
  personId: string,
  { wait = waitMs, every = everyMs } = {},
): Promise<ActJson> {
  for (let waited = 0; ; waited += every) {
    const act = await api.get<ActJson>(pathOf(actId));
    const signed = act.signed_by.some(({ person_id: id }) => id === personId);
    if (signed || act.state !== 'open' || waited >= wait) return act;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

function afterVote({ state, once }: { state: string; once: readonly Once[] }): string {
  const says: Record<string, string> = {
    open: 'signed; another operator’s signature is needed',
    applied: 'signed and applied',
    rejected: 'rejected; nothing changed',
  };
  if (once.length === 0) return says[state] ?? state;
  const rows = once.map(
    ({ what, of, secret }) =>
      [`${what === 'apiKey' ? 'API key' : 'invitation code'} of ${printable(of)}`, secret] as const,
  );
  return `${says[state]}\n\nShown once; hand it over by telephone or in person, never by mail:\n${columns(rows)}`;
}

export function described(body: ActJson): string {
  const rows: (readonly [string, string])[] = [
    ['act', body.act_id],
    ['kind', body.kind],
    ['reason', printable(body.reason)],
    ['state', `${body.state}, ${body.signed_by.length} of ${body.operators_needed} signed`],
    ['until', body.expires_at],
    ['hash', body.hash],
  ];
  const parameters = JSON.stringify(body.parameters, null, 2).split('\n').map(printable).join('\n  ');
  return `${columns(rows)}\n  ${parameters}`;
}

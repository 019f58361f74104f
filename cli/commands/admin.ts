// The node's administration for its operators: sign in, look, propose acts, sign them. Everything goes through the
// same signed-in API as the pages; a session proposes, only a person's own factor signs (S15).

import { peoplePolicy } from '../../core/policy.ts';
import { type ActJson, adminApi } from '../admin/admin-api.ts';
import { partyVerbs } from '../admin/party-verbs.ts';
import { payoutVerbs } from '../admin/payout-verbs.ts';
import { listed, proposed, type Row, reason } from '../admin/propose.ts';
import { forgetSession, readSession, signIn, writeSession } from '../admin/session.ts';
import { described, signs } from '../admin/sign-act.ts';
import { suspensionVerbs } from '../admin/suspension-verbs.ts';
import { trustVerbs } from '../admin/trust-verbs.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { UsageError } from '../exit-codes.ts';

const noun: Noun = {
  summary: 'Administration of a node: participants, people, API keys, other nodes, trust anchors.',
  verbs: {
    'sign-in': {
      summary: 'sign in by the browser of this machine',
      options: {
        node: { type: 'string', value: '<address>', required: true, help: 'of the node’s pages, https://…' },
      },
      run: startSession,
    },
    'sign-out': { summary: 'end the session, at the node and on this machine', run: endSession },
    acts: { summary: 'acts that wait for a signature', run: acts },
    act: {
      summary: 'everything that one act says',
      positionals: [{ name: 'act', help: 'its id' }],
      run: act,
    },
    confirm: signs(
      'confirm',
      'sign an act in the browser, with your passkey or your password and authenticator',
    ),
    reject: signs('reject', 'reject an act, in the browser too; that closes it'),
    ...partyVerbs,
    ...payoutVerbs,
    ...suspensionVerbs,
    ...trustVerbs,
    outbox: {
      summary: 'messages that were given up; with --revive, send some of them again',
      options: {
        revive: {
          type: 'string',
          value: '<entry>',
          multiple: true,
          help: 'an id of the list; up to 20 of them',
        },
        reason: { ...reason, required: false, help: 'why; needed with --revive' },
      },
      notes: 'Sending again is an act of one node operator: it proposes one, and you sign it.',
      run: outbox,
    },
  },
};
export default noun;

/** @throws UsageError unless it is an http(s) address */
function originOf(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new UsageError(`"--node": expected an address such as https://pages.example, found "${text}"`);
}

async function startSession(call: Call): Promise<Outcome> {
  const origin = originOf(call.required('node'));
  const session = await signIn(call.terminal, origin);
  writeSession(call.terminal, session);
  const { expiresAt } = session;
  const minutes = peoplePolicy.sessionIdleMs / 60_000;
  const text = `signed in at ${origin} until ${expiresAt}, or until ${minutes} minutes have passed without a command`;
  return { json: { node: origin, expires_at: expiresAt }, text };
}

async function endSession(call: Call): Promise<Outcome> {
  const { origin } = readSession(call.terminal);
  // The node ends it where it still can; this machine forgets it in any case.
  await adminApi(call.terminal)
    .post('session/end', {})
    .catch(() => undefined);
  forgetSession(call.terminal);
  return { json: { node: origin }, text: `signed out of ${origin}` };
}

async function outbox(call: Call): Promise<Outcome> {
  const ids = call.list('revive');
  if (ids.length > 0) {
    const body = { kind: 'outbox.revive', parameters: { entry_ids: ids }, reason: call.required('reason') };
    return proposed(await adminApi(call.terminal).post<ActJson>('acts', body));
  }
  const body = await adminApi(call.terminal).get<{ entries: readonly Row[] }>('outbox');
  const rows = body.entries.map(
    (each) =>
      [
        `${each.entry_id}`,
        `${each.kind}  since ${each.created_at}  ${each.attempts} attempts${each.receiver ? `  to ${each.receiver}` : ''}`,
      ] as const,
  );
  return listed(body, rows, 'nothing was given up');
}

async function acts(call: Call): Promise<Outcome> {
  const body = await adminApi(call.terminal).get<{ acts: readonly ActJson[] }>('acts');
  const rows = body.acts.map(
    (each) =>
      [
        each.act_id,
        `${each.kind}  ${each.signed_by.length}/${each.operators_needed} signed  ${each.reason}`,
      ] as const,
  );
  return listed(body, rows, 'no act waits for a signature');
}

async function act(call: Call): Promise<Outcome> {
  const body = await adminApi(call.terminal).get<ActJson>(`acts/${encodeURIComponent(call.argument(0))}`);
  return { json: body, text: described(body) };
}

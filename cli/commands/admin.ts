// The node's administration for its operators: sign in, look, propose acts, sign them. Everything goes through the
// same signed-in API as the pages; a session proposes, only a person's own factor signs (S15).

import { readFileSync } from 'node:fs';
import { type ActJson, adminApi } from '../admin/admin-api.ts';
import { announcement, nodeCertificates, nodeRequest } from '../admin/node-certificates.ts';
import { forgetSession, readSession, signIn, writeSession } from '../admin/session.ts';
import { described, signs } from '../admin/sign-act.ts';
import type { Call, Noun, Option, Outcome, Verb } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { readSecret, secretOptions } from '../password.ts';
import { columns, printable } from '../style.ts';

const reason: Option = {
  type: 'string',
  value: '<text>',
  required: true,
  help: 'why; whoever signs it reads it',
};
const file: Option = { type: 'string', value: '<file>', required: true, help: 'JSON with the parameters' };
const participant: Option = {
  type: 'string',
  value: '<fin_id>',
  required: true,
  help: 'which one; "admin participants" lists them',
};
const person: Option = { type: 'string', value: '<person_id>', required: true, help: 'see "admin people"' };

/** A verb that proposes one kind of act. */
function proposes(
  summary: string,
  kind: string,
  options: Record<string, Option>,
  parameters: (call: Call) => unknown,
): Verb {
  return {
    summary,
    options: { ...options, reason },
    notes: 'It proposes an act; "admin acts" shows who has to sign it.',
    async run(call) {
      const body = { kind, parameters: await parameters(call), reason: call.required('reason') };
      return proposed(await adminApi(call.terminal).post<ActJson>('acts', body));
    },
  };
}

const jsonFile = (call: Call): unknown => {
  try {
    return JSON.parse(readFileSync(call.required('file'), 'utf8'));
  } catch (error) {
    throw new UsageError(`"${call.required('file')}": ${(error as Error).message}`);
  }
};

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
    'sign-out': { summary: 'forget the session of this machine', run: endSession },
    participants: { summary: 'participants and other nodes that this node knows', run: participants },
    people: {
      summary: 'people of a participant, or of the node itself',
      options: {
        participant: { ...participant, required: false, help: 'whose; without it, the node’s own operators' },
      },
      run: people,
    },
    'api-keys': {
      summary: 'API keys of a participant or node, without the keys',
      options: { participant },
      run: apiKeys,
    },
    limits: {
      summary: 'what a participant may pay a day and to one creditor: show, or propose to raise or lower it',
      positionals: [{ name: 'action', help: 'show, raise or lower' }],
      options: {
        participant,
        currency: { type: 'string', value: '<code>', help: 'CLP, COP, MXN, PEN, USD' },
        day: { type: 'string', value: '<amount>', help: 'of the participant and day' },
        creditor: { type: 'string', value: '<amount>', help: 'to one creditor and day' },
        reason: { ...reason, required: false, help: 'why; needed to raise and to lower' },
      },
      notes:
        'Raising takes two node operators, lowering one. Each node has its own limits: change them at both.',
      run: limits,
    },
    'change-policy': proposes(
      'let a participant’s messages name several payout operators, or not any longer',
      'policy.change',
      {
        participant,
        'several-operators': {
          type: 'string',
          value: 'yes|no',
          required: true,
          help: 'each sees the whole message',
        },
      },
      (call) => ({
        participant: call.required('participant'),
        several_operators: call.oneOf('several-operators', ['yes', 'no']) === 'yes',
      }),
    ),
    'settle-payout': proposes(
      'decide what became of a payout that nobody can tell any more',
      'payout.settle',
      {
        participant,
        transaction: {
          type: 'string',
          value: '<id>',
          required: true,
          help: 'the participant’s transaction_id',
        },
        outcome: { type: 'string', value: 'ok|error', required: true, help: 'whether the money moved' },
      },
      (call) => ({
        participant: call.required('participant'),
        transaction_id: call.required('transaction'),
        outcome: call.oneOf('outcome', ['ok', 'error']),
      }),
    ),
    outbox: {
      summary: 'messages that were given up; with --revive, send some of them again',
      options: {
        revive: {
          type: 'string',
          value: '<entry>',
          multiple: true,
          help: 'an id of the list; may be given 20 times',
        },
        reason: { ...reason, required: false, help: 'why; needed with --revive' },
      },
      notes: 'Sending again is an act of one node operator: it proposes one, and you sign it.',
      run: outbox,
    },
    acts: { summary: 'acts that wait for a signature', run: acts },
    act: {
      summary: 'everything that one act says',
      positionals: [{ name: 'act', help: 'its id' }],
      run: act,
    },
    confirm: signs('confirm', 'sign an act in the browser, with your passkey'),
    reject: signs('reject', 'reject an act in the browser, with your passkey; that closes it'),
    onboard: proposes(
      'onboard a participant: profile, people, first API key',
      'participant.onboard',
      { file },
      jsonFile,
    ),
    change: proposes('change a participant’s profile', 'participant.change', { file }, jsonFile),
    invite: proposes('invite a person', 'person.invite', { file }, jsonFile),
    release: proposes(
      'release people who have set their factors',
      'person.release',
      { person: { ...person, multiple: true, required: false } },
      (call) => ({ person_ids: call.list('person') }),
    ),
    reset: proposes('reset a person’s factors', 'person.reset', { person }, (call) => ({
      person_id: call.required('person'),
    })),
    'end-person': proposes('end a person’s access', 'person.end', { person }, (call) => ({
      person_id: call.required('person'),
    })),
    'issue-key': proposes('issue an API key', 'apiKey.issue', { participant }, (call) => ({
      participant: call.required('participant'),
    })),
    'end-key': proposes(
      'end an API key',
      'apiKey.end',
      {
        participant,
        key: { type: 'string', value: '<key_id>', required: true, help: 'see "admin api-keys"' },
      },
      (call) => ({ participant: call.required('participant'), key_id: call.required('key') }),
    ),
    'pin-peer': proposes('pin another node’s certificate', 'peer.pin', { file }, jsonFile),
    'node-certificates': {
      summary: 'what this node and its peers sign messages with, and who has confirmed the next one',
      run: nodeCertificates,
    },
    'node-csr': nodeRequest,
    'announce-certificate': proposes(
      'announce the next certificate of this node to its peers and participants',
      'node.announceCertificate',
      {
        chain: { type: 'string', value: '<file>', required: true, help: 'leaf and intermediates in PEM' },
        'signs-from': {
          type: 'string',
          value: '<time>',
          help: 'RFC 3339, UTC; by default in 30 days, or a day before the current one ends',
        },
      },
      (call) => announcement(call),
    ),
    'end-certificate': proposes(
      'end a certificate of this node or of a peer, at once',
      'peer.endCertificate',
      {
        node: { type: 'string', value: '<fin_id>', required: true, help: 'whose' },
        certificate: {
          type: 'string',
          value: '<x5t#S256>',
          required: true,
          help: 'which; "admin node-certificates" lists them',
        },
        incident: { type: 'boolean', help: 'somebody else may hold its key: all certificates on it end' },
      },
      (call) => ({
        fin_id: call.required('node'),
        certificate_thumbprint: call.required('certificate'),
        incident: call.flag('incident'),
      }),
    ),
    'set-peer-key': proposes(
      'store the API key that another node gave us',
      'peer.setApiKey',
      { participant, ...secretOptions('api-key') },
      async (call) => ({ fin_id: call.required('participant'), api_key: await readSecret(call, 'api-key') }),
    ),
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
    anchors: proposes('put a trust anchor manifest in force', 'anchors.change', { file }, (call) => ({
      manifest: readFileSync(call.required('file')).toString('base64'),
    })),
  },
};
export default noun;

async function startSession(call: Call): Promise<Outcome> {
  const origin = new URL(call.required('node')).origin;
  const session = await signIn(call.terminal, origin);
  writeSession(call.terminal, session);
  const { expiresAt } = session;
  return { json: { node: origin, expires_at: expiresAt }, text: `signed in at ${origin} until ${expiresAt}` };
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

interface Row {
  readonly [name: string]: string | null;
}

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

interface LimitsJson {
  readonly limits: readonly { readonly currency: string; readonly day: string; readonly creditor: string }[];
  readonly own: boolean;
}

async function limits(call: Call): Promise<Outcome> {
  const action = ['show', 'raise', 'lower'].find((one) => one === call.argument(0));
  if (!action) throw new UsageError(`expected show, raise or lower, found "${call.argument(0)}"`);
  const of = call.required('participant');
  const api = adminApi(call.terminal);
  if (action !== 'show') {
    const [currency, day, creditor] = ['currency', 'day', 'creditor'].map((name) => call.required(name));
    const parameters = { participant: of, currency, day, creditor };
    const body = { kind: `limits.${action}`, parameters, reason: call.required('reason') };
    return proposed(await api.post<ActJson>('acts', body));
  }
  const body = await api.get<LimitsJson>(`limits/${encodeURIComponent(of)}`);
  const rows = body.limits.map(
    ({ currency, day, creditor }) => [currency, `${day} a day, ${creditor} to one creditor`] as const,
  );
  return listed(body, [...rows, ['set', body.own ? 'for this participant' : 'by policy'] as const], '');
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

function proposed(body: ActJson): Outcome {
  const text = `proposed\n${described(body)}\n\nTo sign it: apodera admin confirm ${body.act_id}`;
  return { json: body, text };
}

function listed(body: unknown, rows: readonly (readonly [string, string])[], empty: string): Outcome {
  const text =
    rows.length === 0
      ? empty
      : columns(
          rows.map(([left, right]) => [left, printable(right)] as const),
          '',
        );
  return { json: body, text };
}

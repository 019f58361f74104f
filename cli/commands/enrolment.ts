// Certificates enter the network here: submit one with its proof of possession, follow what people and payout
// operators decide, withdraw it again. The private key signs and stays where it is.

import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findLeaf } from '../../core/certificate/bundle.ts';
import type { ParsedCertificate } from '../../core/certificate/certificate.ts';
import { readChain } from '../../core/certificate/chain-file.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { confirmationCode } from '../../core/message/code.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import { signDetached } from '../../core/message/jws.ts';
import { parametersDigest, possessionStatement } from '../../core/message/possession.ts';
import type { Call, Noun, Option, Outcome } from '../command.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { readKeyFile } from '../keys/key-file.ts';
import { privateKeyOptions, withPrivateKey } from '../keys/private-key.ts';
import { signDigestPss } from '../keys/pss.ts';
import { apiOptions, type NodeApi, nodeApi } from '../node-api.ts';
import { readSecret, secretOptions } from '../password.ts';
import { columns } from '../style.ts';

const signerOptions: Record<string, Option> = {
  'sign-with': {
    type: 'string',
    value: '<file>',
    help: 'private key of an active certificate, to sign the message',
  },
  'sign-certificate': { type: 'string', value: '<file>', help: 'that certificate in PEM' },
  ...secretOptions('sign-password'),
};
const watchOptions: Record<string, Option> = {
  seconds: { type: 'string', value: '<n>', help: 'how long to wait for a decision; 600 by default' },
};

const noun: Noun = {
  summary: 'Enrol a certificate, follow its enrolment, withdraw it.',
  verbs: {
    submit: {
      summary: 'send a certificate chain with a reason and a proof that you hold its key',
      options: {
        chain: {
          type: 'string',
          value: '<file>',
          required: true,
          help: 'leaf, intermediates and root in PEM, any order',
        },
        use: { type: 'string', value: '<use>', help: 'signing (the default) or transport' },
        reason: {
          type: 'string',
          value: '<text>',
          required: true,
          help: 'why; shown to the people who confirm',
        },
        replaces: {
          type: 'string',
          value: '<x5t#S256>',
          help: 'the active certificate that this one replaces',
        },
        watch: { type: 'boolean', help: 'wait until it is decided' },
        ...watchOptions,
        ...privateKeyOptions,
        ...signerOptions,
        ...apiOptions,
      },
      notes: 'The six-character code in the answer is what the people who confirm will ask you for.',
      run: submit,
    },
    show: {
      summary: 'show how far an enrolment has come',
      positionals: [{ name: 'enrolment', help: 'its id' }],
      options: apiOptions,
      run: async (call) => outcomeOf(await nodeApi(call).get(pathOf(call.argument(0)))),
    },
    watch: {
      summary: 'wait until an enrolment is decided',
      positionals: [{ name: 'enrolment', help: 'its id' }],
      options: { ...watchOptions, ...apiOptions },
      run: async (call) => watch(call, nodeApi(call), call.argument(0)),
    },
    withdraw: {
      summary: 'withdraw an enrolment that is still pending',
      positionals: [{ name: 'enrolment', help: 'its id' }],
      options: {
        reason: { type: 'string', value: '<text>', required: true, help: 'why' },
        ...signerOptions,
        ...apiOptions,
      },
      run: withdraw,
    },
  },
};
export default noun;

const pathOf = (id: string) => `/v1/enrolments/${encodeURIComponent(id)}`;

async function submit(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const chain = readChain(readFileSync(call.required('chain')));
  const leaf = findLeaf(chain.map(parseCertificate));
  const header = headerFor(api);
  const replaces = call.text('replaces');
  const asked = {
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    use: call.oneOf('use', ['signing', 'transport'], 'signing'),
    reason: call.required('reason'),
    ...(replaces === undefined ? {} : { replaces }),
  };
  const proof = await withPrivateKey(call, async (key) => {
    if (!sameKey(key.spki, leaf))
      throw new UsageError('the private key does not belong to the leaf of this chain');
    const statement = possessionStatement({
      thumbprint: thumbprintOf(leaf.der),
      sender: api.participant,
      receiver: api.network,
      messageId: header.messageId,
      creationDate: header.creationDate.toISOString(),
      parametersSha256: parametersDigest(asked),
    });
    return { alg: key.possessionAlgorithm, signature: await key.signPossession(statement) };
  });
  const parameters = { ...asked, proof_of_possession: proof };
  const body = writeEnvelope(header, { action: 'certificate.enrol', parameters });
  const answer = await api.post('/v1/certificates', body, await signatureOver(call, body));
  requireOwnCode(answer, thumbprintOf(leaf.der), header.messageId);
  if (call.flag('watch')) return watch(call, api, String(answer.enrolment_id));
  // Sent and recorded is what was asked for; who wants to know the decision watches.
  const outcome = outcomeOf(answer);
  return answer.network_status === 'pending' ? { ...outcome, exitCode: exitCodes.DONE } : outcome;
}

/**
 * S18: the code comes from what was sent and the id that the network chose. A network that shows another one may be
 * leading people to confirm somebody else's certificate.
 */
function requireOwnCode(answer: Record<string, unknown>, thumbprint: Thumbprint, messageId: string): void {
  const told = answer.confirmation_code;
  if (told === undefined) return;
  const own = confirmationCode({ thumbprint, messageId, enrolmentId: String(answer.enrolment_id) });
  if (told !== own)
    throw new Error(
      `the network shows another confirmation code (${told}) than this certificate has (${own}): give people none, and ask the network why`,
    );
}

async function withdraw(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const id = call.argument(0);
  const parameters: JsonObject = { enrolment_id: id, reason: call.required('reason') };
  const body = writeEnvelope(headerFor(api), { action: 'enrolment.withdraw', parameters });
  const signature = await signatureOver(call, body);
  if (!signature)
    throw new UsageError(
      'a withdrawal is signed with an active certificate: name "--sign-with" and "--sign-certificate"; without one, the people who were asked reject it',
    );
  return outcomeOf(await api.post(`${pathOf(id)}/withdraw`, body, signature));
}

function headerFor(api: NodeApi) {
  const schema = 'SHINKANSEN';
  return {
    sender: { finId: api.participant, finIdSchema: schema },
    receiver: { finId: api.network, finIdSchema: schema },
    messageId: randomUUID(),
    creationDate: new Date(),
  };
}

function sameKey(spki: Uint8Array, leaf: ParsedCertificate): boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return digest(spki) === digest(leaf.spki);
}

/** By another active certificate: for rotation, and for what only a signature may do. */
async function signatureOver(call: Call, body: Uint8Array): Promise<string | undefined> {
  const keyFile = call.text('sign-with');
  if (keyFile === undefined) return undefined;
  const [certificate] = readChain(readFileSync(call.required('sign-certificate')));
  const key = await readKeyFile(keyFile, () => readSecret(call, 'sign-password'));
  return signDetached(body, certificate!, { sign: async (digest) => signDigestPss(key, digest) });
}

const pollMs = 1_000;
const waiting =
  'Waiting for the people who confirm: give them the confirmation code. Ctrl-C ends the waiting, not the enrolment.';

async function watch(call: Call, api: NodeApi, id: string): Promise<Outcome> {
  const seconds = Number(call.text('seconds') ?? '600');
  if (!Number.isInteger(seconds) || seconds < 1) throw new UsageError('"--seconds": expected a whole number');
  const end = performance.now() + seconds * 1000;
  for (let told = false; ; told = true) {
    const answer = await api.get(pathOf(id));
    // Whoever waits has to hand the confirmation code to the people who decide.
    if (answer.network_status === 'pending' && !told)
      call.terminal.err(`${outcomeOf(answer).text}\n${waiting}\n`);
    if (answer.network_status !== 'pending' || performance.now() >= end) return outcomeOf(answer);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function outcomeOf(answer: Record<string, unknown>): Outcome {
  const rows: [string, string][] = [
    ['enrolment', String(answer.enrolment_id)],
    ['state', `${answer.network_status}, ${answer.validity}`],
    ['certificate', String(answer.thumbprint)],
    ['issued by', String(answer.psc)],
  ];
  if (answer.code) rows.push(['because', `${answer.code}: ${answer.message}`]);
  if (answer.confirmation_code) rows.push(['confirmation code', String(answer.confirmation_code)]);
  for (const warning of (answer.warnings as string[] | undefined) ?? []) rows.push(['warning', warning]);
  for (const { number, outcome, at } of inOrder(answer.steps as readonly StepJson[]))
    rows.push([
      `${String(number).padStart(2)} ${stepNames[number - 1] ?? ''}`.trimEnd(),
      `${outcome}  ${at}`,
    ]);
  for (const one of answer.operators as { fin_id: string; status: string; code?: string }[])
    rows.push([one.fin_id, one.code ? `${one.status} (${one.code})` : one.status]);
  return { json: answer, text: columns(rows), exitCode: exitCodeOf(String(answer.network_status)) };
}

interface StepJson {
  readonly number: number;
  readonly outcome: string;
  readonly at: string;
}

/** Of the sixteen steps of docs/enrolment.md. */
const stepNames = [
  'received',
  'validated',
  'revocation checked',
  'security officer told',
  'security officer asked',
  'chain stored',
  'sent to payout operator',
  'validated there',
  'revocation checked there',
  'chain stored there',
  'payout operator answered',
  'apoderado told',
  'apoderado asked',
  'active there',
  'final answer',
  'settled, participant told',
];

/** By number; what happened twice to one step stays in its own order. */
function inOrder(steps: readonly StepJson[]): readonly StepJson[] {
  return steps.toSorted((a, b) => a.number - b.number);
}

function exitCodeOf(state: string): ExitCode {
  if (state === 'active') return exitCodes.DONE;
  return state === 'pending' ? exitCodes.PENDING : exitCodes.REFUSED;
}

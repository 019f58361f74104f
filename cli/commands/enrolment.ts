// Certificates enter the network here: submit one with its proof of possession, follow what people and payout
// operators decide, withdraw it again. The private key signs and stays where it is.

import { readFileSync } from 'node:fs';
import { readChain } from '../../core/certificate/chain-file.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import { signDetached } from '../../core/message/jws.ts';
import type { Call, Noun, Option, Outcome } from '../command.ts';
import {
  enrolRequest,
  headerFor,
  outcomeOf,
  pathOf,
  sendEnrolment,
  watchEnrolment,
  watchOptions,
} from '../enrolling.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { readKeyFile, spkiOf } from '../keys/key-file.ts';
import { privateKeyOptions, requireKeyOf, withPrivateKey } from '../keys/private-key.ts';
import { signDigestPss } from '../keys/pss.ts';
import { apiOptions, nodeApi } from '../node-api.ts';
import { readSecret, secretOptions } from '../password.ts';

const signerOptions: Record<string, Option> = {
  'sign-with': {
    type: 'string',
    value: '<file>',
    help: 'private key of an active certificate, to sign the message',
  },
  'sign-certificate': {
    type: 'string',
    value: '<file>',
    help: 'that certificate in PEM; needed with --sign-with',
  },
  ...secretOptions('sign-password'),
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
      run: async (call) => watchEnrolment(call, nodeApi(call), call.argument(0)),
    },
    withdraw: {
      summary: 'withdraw an enrolment that is still pending',
      positionals: [{ name: 'enrolment', help: 'its id' }],
      options: {
        reason: { type: 'string', value: '<text>', required: true, help: 'why' },
        ...signerOptions,
        ...apiOptions,
      },
      notes:
        'Signed with an active certificate, always. A first enrolment has none: then the security officer or the apoderado rejects the request on its page, or nobody answers and it ends after 72 hours.',
      run: withdraw,
    },
  },
};
export default noun;

async function submit(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const replaces = call.text('replaces');
  const asked = {
    chain: readChain(readFileSync(call.required('chain'))),
    use: call.oneOf('use', ['signing', 'transport'], 'signing'),
    reason: call.required('reason'),
    ...(replaces === undefined ? {} : { replaces }),
  };
  const request = await withPrivateKey(call, (key) => enrolRequest(api, asked, key));
  const answer = await sendEnrolment(api, { ...request, signature: await signatureOver(call, request.body) });
  if (call.flag('watch')) return watchEnrolment(call, api, String(answer.enrolment_id));
  // Sent and recorded is what was asked for; who wants to know the decision watches.
  const outcome = outcomeOf(answer);
  if (answer.network_status !== 'pending') return outcome;
  const next = `To wait for the decision: apodera enrolment watch ${answer.enrolment_id}`;
  return { ...outcome, text: `${outcome.text}\n\n${next}`, exitCode: exitCodes.DONE };
}

async function withdraw(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const id = call.argument(0);
  const parameters: JsonObject = { enrolment_id: id, reason: call.required('reason') };
  const body = writeEnvelope(headerFor(api), { action: 'enrolment.withdraw', parameters });
  const signature = await signatureOver(call, body);
  if (!signature)
    throw new UsageError(
      'a withdrawal is signed with an active certificate: name "--sign-with" and "--sign-certificate"; who has none yet has the security officer or the apoderado reject the request on its page, or lets it end by itself after 72 hours',
    );
  return outcomeOf(await api.post(`${pathOf(id)}/withdraw`, body, signature));
}

/** By another active certificate: for rotation, and for what only a signature may do. */
async function signatureOver(call: Call, body: Uint8Array): Promise<string | undefined> {
  const keyFile = call.text('sign-with');
  if (keyFile === undefined) return undefined;
  const file = call.required('sign-certificate');
  const [certificate] = readChain(readFileSync(file));
  const key = await readKeyFile(keyFile, () => readSecret(call, 'sign-password'));
  requireKeyOf(file, certificate!, spkiOf(key));
  return signDetached(body, certificate!, { sign: async (digest) => signDigestPss(key, digest) });
}

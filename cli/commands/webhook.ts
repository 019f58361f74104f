// What a receiver of the network's messages needs: a registered URL, and the certificates to verify them with.

import { X509Certificate } from 'node:crypto';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { webhookPurposes } from '../../core/webhook.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { headerFor } from '../enrolling.ts';
import { writeNew } from '../keys/key-file.ts';
import { signatureBy, signatureOptions } from '../keys/private-key.ts';
import { apiOptions, nodeApi } from '../node-api.ts';
import { columns } from '../style.ts';

const noun: Noun = {
  summary: 'Where your systems hear of payouts and events, and how they know the network.',
  verbs: {
    register: {
      summary: 'register a URL; your officer and apoderado are told',
      positionals: [{ name: 'url', help: 'https, with a public host name' }],
      options: {
        purpose: { type: 'string', value: '<purpose>', help: 'payouts (default) or events' },
        ...signatureOptions,
        ...apiOptions,
      },
      notes: [
        'The URL is asked at once: it repeats the words of a challenge or, for payouts, takes a message that the network',
        "signed and answers 400 to a forged one, as published receivers do; so give it the network's certificates first.",
        'Your first URL of a purpose counts at once, one that replaces another after 24 hours.',
      ].join('\n'),
      run: register,
    },
    list: { summary: 'the URLs that count, and those that will', options: apiOptions, run: list },
    certificates: {
      summary: 'the certificates under which the network signs what it sends, in PEM',
      options: {
        out: {
          type: 'string',
          short: 'o',
          value: '<file>',
          help: 'where the one that signs now goes; its successor, once there is one, beside it as <file>.next',
        },
        ...apiOptions,
      },
      notes: 'Your receiver takes what either of them signed: list both while there are two.',
      run: certificates,
    },
  },
};
export default noun;

async function register(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const purpose = call.oneOf('purpose', webhookPurposes, 'payouts');
  const parameters = { purpose, url: call.argument(0) };
  const body = writeEnvelope(headerFor(api), { action: 'webhook.register', parameters });
  const signature = await signatureBy(call, call.required('certificate'), body);
  const answer = await api.post('/v1/webhooks', body, signature);
  return { json: answer, text: columns(rowsOf(answer as unknown as Webhook)) };
}

interface Webhook {
  readonly purpose: string;
  readonly url: string;
  readonly counts_from: string;
}

const rowsOf = ({ purpose, url, counts_from }: Webhook): [string, string][] => [
  [purpose, url],
  ['counts from', counts_from],
];

async function list(call: Call): Promise<Outcome> {
  const answer = await nodeApi(call).get('/v1/webhooks');
  const webhooks = answer.webhooks as readonly Webhook[];
  const text =
    webhooks.length > 0
      ? columns(webhooks.flatMap(rowsOf))
      : 'none; "apodera webhook register" registers one';
  return { json: answer, text };
}

interface SigningCertificate {
  readonly certificate: string;
  readonly signs: boolean;
}

async function certificates(call: Call): Promise<Outcome> {
  const answer = await nodeApi(call).get('/v1/network/certificates');
  const listed = (answer.certificates as readonly SigningCertificate[]).toSorted(
    (one, other) => Number(other.signs) - Number(one.signs),
  );
  const pems = listed.map(({ certificate }) =>
    new X509Certificate(Buffer.from(certificate, 'base64')).toString(),
  );
  const out = call.text('out');
  if (out === undefined) return { json: answer, text: pems.join('').trimEnd() };
  const files = pems.map((_, at) => (at === 0 ? out : `${out}.next`));
  for (const [at, file] of files.entries()) writeNew(file, pems[at]!, 0o644);
  return {
    json: { files },
    text: columns(files.map((file, at) => [at === 0 ? 'signs now' : 'signs next', file])),
  };
}

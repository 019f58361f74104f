// The API key that a participant's systems call with: the next one, while the one in use still works.

import { rmSync, writeFileSync } from 'node:fs';
import { writeEnvelope } from '../../core/message/envelope.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { headerFor } from '../enrolling.ts';
import { writeNew } from '../keys/key-file.ts';
import { signatureBy, signatureOptions } from '../keys/private-key.ts';
import { apiOptions, nodeApi } from '../node-api.ts';
import { columns } from '../style.ts';

const noun: Noun = {
  summary: 'The API key that your systems call with.',
  verbs: {
    renew: {
      summary: 'get the next API key, into a file; the one in use works until its own end',
      options: {
        out: {
          type: 'string',
          short: 'o',
          value: '<file>',
          required: true,
          help: 'where the new key goes, as --api-key-file takes it',
        },
        ...signatureOptions,
        ...apiOptions,
      },
      notes: [
        'Refused while two keys are valid (API_KEYS_BOTH_VALID). Each node gives keys of its own. A key whose answer got',
        'lost is nobody’s: node operators end it.',
      ].join('\n'),
      run: renew,
    },
  },
};
export default noun;

async function renew(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const file = call.required('out');
  const body = writeEnvelope(headerFor(api), { action: 'api_key.renew', parameters: {} });
  const signature = await signatureBy(call, call.required('certificate'), body);
  // The node shows the key once: that its place can be written is known before it is asked for.
  writeNew(file, '', 0o600);
  const answer = await api.post('/v1/api-keys/renew', body, signature).catch((error: unknown) => {
    rmSync(file);
    throw error;
  });
  writeFileSync(file, `${answer.api_key}\n`);
  const { key_id, expires_at } = answer;
  const rows: [string, string][] = [
    ['key', String(key_id)],
    ['in', file],
    ['until', String(expires_at)],
  ];
  const text = `a second API key; the one in use works until its own end\n${columns(rows)}`;
  return { json: { key_id, expires_at, file }, text };
}

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { validate } from '../../../adapters/http/generated/payout-message.js';
import { thumbprintOf } from '../../../core/certificate/thumbprint.ts';
import { readEnvelope } from '../../../core/message/envelope.ts';
import { readDetachedJws, verifyDetached } from '../../../core/message/jws.ts';

const folder = resolve(import.meta.dirname, '../../vectors/published-client');
const body = readFileSync(join(folder, 'message.json'));
const signature = readFileSync(join(folder, 'signature.txt'), 'utf8');
const { raw, publicKey } = new X509Certificate(readFileSync(join(folder, 'certificate.pem')));
const key = { thumbprint: thumbprintOf(raw), publicKey };

test('what the published client signs verifies, reads and has the documented shape', () => {
  const { body: bytes } = verifyDetached(readDetachedJws(signature), body, key);
  const { header, document } = readEnvelope(bytes);
  expect(header).toMatchObject({
    sender: { finId: 'FINTECH_CL', finIdSchema: 'SHINKANSEN' },
    receiver: { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' },
    creationDateText: expect.stringMatching(/\.\d{6}\+00:00$/),
  });
  expect(validate({ document })).toBe(true);
});

test.each<[string, Uint8Array]>([
  ['one newline more', Buffer.concat([body, Buffer.from('\n')])],
  ['re-serialised', Buffer.from(JSON.stringify(JSON.parse(body.toString())))],
])('the same message %s does not verify', (_, changed) => {
  expect(() => verifyDetached(readDetachedJws(signature), changed, key)).toThrow('does not verify');
});

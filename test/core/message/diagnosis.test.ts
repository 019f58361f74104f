import { constants, createPublicKey, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Cause, diagnose } from '../../../core/message/diagnosis.ts';
import { testKey } from '../../support/certificates.ts';

const key = testKey();
const publicKey = createPublicKey(key);
const protectedHeader = Buffer.from('{"alg":"PS256"}').toString('base64url');
const body = Buffer.from('{"b": 1,\n "a": "ñ"}');

function made(over: Uint8Array, options: { by?: typeof key; salt?: number; pkcs1?: boolean } = {}) {
  const padding = options.pkcs1 ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = options.salt ?? 32;
  const input = Buffer.concat([Buffer.from(`${protectedHeader}.`), over]);
  const by = { key: options.by ?? key, padding, ...(!options.pkcs1 && { saltLength }) };
  return { protectedHeader, signature: sign('sha256', input, by) };
}
const text = body.toString();
const written = (json: string) => made(Buffer.from(json));

test.each<[Cause, ReturnType<typeof made>]>([
  ['HOLDS', made(body)],
  ['FINAL_NEWLINE', written(`${text}\n`)],
  ['CRLF', written(text.replaceAll('\n', '\r\n'))],
  ['BOM', written(`\uFEFF${text}`)],
  ['BASE64_PAYLOAD', written(body.toString('base64url'))],
  ['RESERIALISED', written('{"b":1,"a":"ñ"}')],
  ['RESERIALISED', written('{"b": 1, "a": "\\u00f1"}')],
  ['RESERIALISED', written('{"a":"ñ","b":1}')],
  ['PSS_SALT', made(body, { salt: 20 })],
  ['PKCS1', made(body, { pkcs1: true })],
  ['ANOTHER_KEY_OR_BYTES', made(body, { by: testKey('rsa-2048', 'another') })],
  ['ANOTHER_KEY_OR_BYTES', written('{"b": 2,\n "a": "ñ"}')],
])('says %s', (cause, signed) => {
  expect(diagnose(signed, body, publicKey)).toBe(cause);
});

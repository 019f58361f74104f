// Why does this signature not hold? Tries the mistakes that signers make and says which one explains it. It accepts
// nothing: whatever it finds, the message is refused all the same (jws.ts decides).

import { constants, type KeyObject, verify } from 'node:crypto';
import type { Json } from '../canonical-json.ts';

export const causes = {
  HOLDS: 'The signature holds over exactly these bytes.',
  CRLF: 'It was made over other line ends: a tool turned LF into CRLF, or back.',
  FINAL_NEWLINE: 'It was made over the bytes with, or without, a newline at the end.',
  BOM: 'It was made over the bytes with, or without, a byte order mark.',
  RESERIALISED: 'It was made over the same JSON written differently: send the very bytes that were signed.',
  BASE64_PAYLOAD:
    'It was made over the base64url of the body; with "b64": false the bytes themselves are signed.',
  PSS_SALT: 'Its PSS salt is not 32 bytes, as PS256 demands (RFC 7518 §3.5).',
  PKCS1: 'It is an RS256 signature (PKCS #1 v1.5) under a header that says PS256.',
  ANOTHER_KEY_OR_BYTES:
    'None of the usual mistakes explains it: another key signed, or the bytes were changed.',
} as const;
export type Cause = keyof typeof causes;

export interface Signed {
  /** As received, base64url. */
  readonly protectedHeader: string;
  readonly signature: Uint8Array;
}

export function diagnose(signed: Signed, body: Uint8Array, key: KeyObject): Cause {
  const bytes = Buffer.from(body);
  if (holds(signed, bytes, key, 32)) return 'HOLDS';
  for (const [cause, variants] of variantsOf(bytes))
    if (variants.some((variant) => holds(signed, variant, key, 32))) return cause;
  if (holds(signed, bytes, key, constants.RSA_PSS_SALTLEN_AUTO)) return 'PSS_SALT';
  return holds(signed, bytes, key, undefined) ? 'PKCS1' : 'ANOTHER_KEY_OR_BYTES';
}

/** @param saltLength absent: PKCS #1 v1.5 */
function holds({ protectedHeader, signature }: Signed, body: Buffer, key: KeyObject, saltLength?: number) {
  const input = Buffer.concat([Buffer.from(`${protectedHeader}.`, 'latin1'), body]);
  const options =
    saltLength === undefined
      ? { key, padding: constants.RSA_PKCS1_PADDING }
      : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return verify('sha256', input, options, signature);
}

const BOM = Buffer.of(0xef, 0xbb, 0xbf);

function variantsOf(bytes: Buffer): readonly (readonly [Cause, readonly Buffer[]])[] {
  const text = bytes.toString('latin1');
  const latin1 = (changed: string) => Buffer.from(changed, 'latin1');
  const unix = text.replaceAll('\r\n', '\n');
  return [
    ['FINAL_NEWLINE', [latin1(`${text}\n`), latin1(`${text}\r\n`), latin1(text.replace(/[\r\n]+$/, ''))]],
    ['CRLF', [latin1(unix), latin1(unix.replaceAll('\n', '\r\n'))]],
    ['BOM', [bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : Buffer.concat([BOM, bytes])]],
    ['BASE64_PAYLOAD', [Buffer.from(bytes.toString('base64url')), Buffer.from(bytes.toString('base64'))]],
    ['RESERIALISED', rewritten(bytes)],
  ];
}

/** As the usual writers of JSON put it: compact, Python's, indented, each as UTF-8 and escaped. */
function rewritten(bytes: Buffer): readonly Buffer[] {
  let value: Json;
  try {
    value = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) as Json;
  } catch {
    return [];
  }
  const written = [value, sorted(value)].flatMap((one) => [
    JSON.stringify(one),
    spaced(one),
    JSON.stringify(one, null, 2),
    JSON.stringify(one, null, 4),
  ]);
  return written.flatMap((text) => [Buffer.from(text), Buffer.from(escaped(text))]);
}

function spaced(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  const members = Object.entries(value as Record<string, Json>);
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}: ${spaced(inner)}`).join(', ')}}`;
}

const escaped = (text: string) =>
  text.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

function sorted(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, inner]) => [name, sorted(inner)]));
}

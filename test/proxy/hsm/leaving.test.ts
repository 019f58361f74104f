import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pkcs11js, { type Handle, PKCS11 } from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hsm } from '../../../proxy/hsm/hsm.ts';
import { importKey, makeTransportKey, wrapKey } from '../../../proxy/hsm/import.ts';
import { findKey, generateKey, type HsmKey } from '../../../proxy/hsm/key.ts';
import { selfTest } from '../../../proxy/hsm/sign.ts';
import { requireEdgeMachine } from '../../support/edge-machine.ts';
import { openSoftHsm, tokenLabel, tokenPin } from '../../support/soft-hsm.ts';

// Whoever has the PIN tries, with the module itself, to get a key out.
const ck = pkcs11js;
const module = requireEdgeMachine();
const folder = mkdtempSync(join(tmpdir(), 'apodera-leaving-'));
const outside: Record<string, KeyObject> = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};
const raw = new PKCS11();
let hsm: Hsm;
let session: Handle;
let wrapping: Handle;
let transport: KeyObject;
let close: () => void;
const keys = new Map<string, HsmKey>();

beforeAll(() => {
  close = openSoftHsm(folder);
  hsm = Hsm.open({ module, token: tokenLabel, pin: tokenPin });
  transport = makeTransportKey(hsm, 'transport');
  keys.set('made in the HSM, RSA', generateKey(hsm, 'made rsa', 'RSA-2048'));
  keys.set('made in the HSM, P-256', generateKey(hsm, 'made ec', 'P-256'));
  for (const [kind, key] of Object.entries(outside)) {
    const wrapped = wrapKey(makeTransportKey(hsm, `for ${kind}`), key);
    keys.set(`imported, ${kind}`, importKey(hsm, `for ${kind}`, `imported ${kind}`, wrapped));
  }
  keys.set('for transport', findKey(hsm, { label: 'transport' }));
  raw.load(module);
  // The login is the process's: this session has it too.
  const slot = raw.C_GetSlotList(true).find((one) => raw.C_GetTokenInfo(one).label.trim() === tokenLabel)!;
  session = raw.C_OpenSession(slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
  wrapping = raw.C_GenerateKey(session, { mechanism: ck.CKM_AES_KEY_GEN, parameter: null } as never, [
    { type: ck.CKA_VALUE_LEN, value: 32 },
    { type: ck.CKA_WRAP, value: true },
    { type: ck.CKA_TOKEN, value: false },
  ]);
});
afterAll(() => {
  hsm.end();
  close();
  rmSync(folder, { recursive: true });
});

const kinds = [
  'made in the HSM, RSA',
  'made in the HSM, P-256',
  'imported, RSA',
  'imported, P-256',
  'for transport',
];

describe.each(kinds)('a key that was %s', (kind) => {
  it('cannot be read', () => {
    const secrets = kind.endsWith('P-256')
      ? [ck.CKA_VALUE]
      : [ck.CKA_PRIVATE_EXPONENT, ck.CKA_PRIME_1, ck.CKA_PRIME_2];
    for (const type of secrets)
      expect(() => raw.C_GetAttributeValue(session, keys.get(kind)!.private, [{ type }])).toThrow(
        /SENSITIVE/,
      );
  });

  it('cannot be wrapped', () => {
    for (const mechanism of [ck.CKM_AES_KEY_WRAP_PAD, ck.CKM_AES_KEY_WRAP])
      expect(() =>
        raw.C_WrapKey(
          session,
          { mechanism, parameter: null } as never,
          wrapping,
          keys.get(kind)!.private,
          Buffer.alloc(8_192),
        ),
      ).toThrow(/UNEXTRACTABLE|NOT_WRAPPABLE/);
  });

  it.each([
    ['extractable', ck.CKA_EXTRACTABLE, true],
    ['readable', ck.CKA_SENSITIVE, false],
  ])('cannot be made %s, nor be copied so', (_, type, value) => {
    const { private: key } = keys.get(kind)!;
    expect(() => raw.C_SetAttributeValue(session, key, [{ type, value }])).toThrow(
      /READ_ONLY|INVALID|PROHIBITED/,
    );
    expect(() =>
      raw.C_CopyObject(session, key, [
        { type, value },
        { type: ck.CKA_TOKEN, value: false },
      ]),
    ).toThrow(/READ_ONLY|INCONSISTENT|INVALID|PROHIBITED/);
  });
});

it('what was wrapped for a transport key is decrypted by nobody, and unwrapped once', () => {
  const parameter = { type: ck.CK_PARAMS_RSA_OAEP, hashAlg: ck.CKM_SHA_1, mgf: ck.CKG_MGF1_SHA1, source: 1 };
  const { private: key } = findKey(hsm, { label: 'transport' });
  for (const mechanism of [
    { mechanism: ck.CKM_RSA_PKCS_OAEP, parameter },
    { mechanism: ck.CKM_RSA_X_509, parameter: null },
  ])
    expect(() => raw.C_DecryptInit(session, mechanism as never, key)).toThrow(/NOT_PERMITTED/);
  for (const kind of Object.keys(outside))
    expect(() => findKey(hsm, { label: `for ${kind}` })).toThrow('found 0 private and 0 public keys');
});

describe('an imported key', () => {
  it.each(['RSA', 'P-256'])('of kind %s signs as one that was made there', (kind) => {
    expect(selfTest(hsm, keys.get(`imported, ${kind}`)!).filter(({ problem }) => problem)).toEqual([]);
  });

  it('is refused, and leaves nothing behind, when it is not the one announced', () => {
    const [announced, other] = [outside.RSA!, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey];
    const mixed = { ...wrapKey(transport, other), publicKey: wrapKey(transport, announced).publicKey };
    expect(() => importKey(hsm, 'transport', 'mixed', mixed)).toThrow(/does not verify/);
    expect(() => findKey(hsm, { label: 'mixed' })).toThrow('found 0 private and 0 public keys');
  });

  it('is refused when a bit of it has changed on the way', () => {
    const wrapped = wrapKey(transport, outside['P-256']!);
    const bytes = Buffer.from(wrapped.key, 'base64');
    bytes[10]! ^= 1;
    const changed = { ...wrapped, key: bytes.toString('base64') };
    expect(() => importKey(hsm, 'transport', 'changed', changed)).toThrow(/does not unwrap/);
  });
});

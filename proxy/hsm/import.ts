// How does a key that was made elsewhere come into the HSM? Never in the clear: its holder wraps it for a transport key
// that was made in the HSM and cannot leave it; inside, it becomes a key that can be neither read nor taken out again.
// A key made in the HSM is better: of this one nobody can prove that no copy is left (CKA_NEVER_EXTRACTABLE is false).

import {
  constants,
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { Handle } from 'pkcs11js';
import { objectIdentifier } from '../../core/certificate/der-writer.ts';
import * as ck from './constants.ts';
import { type Attribute, type Hsm, HsmError } from './hsm.ts';
import { destroyKey, findKey, type HsmKey } from './key.ts';
import { probe } from './sign.ts';

/** What the holder hands over; nothing in it is of use to anybody but the HSM. */
export interface WrappedKey {
  /** SPKI, base64. */
  readonly publicKey: string;
  /** An AES-256 key by RSA-OAEP (SHA-1, the only hash that all tokens take) for the transport key; base64. */
  readonly secret: string;
  /** PKCS #8 by AES key wrap with padding (RFC 5649) under that secret; base64. */
  readonly key: string;
}

const curves: Readonly<Record<string, string>> = {
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
};

/** RSA-3072, for unwrapping alone, and once. @throws HsmError when the label is taken */
export function makeTransportKey(hsm: Hsm, label: string): KeyObject {
  requireFreeLabel(hsm, label);
  const both: Attribute[] = [
    { type: ck.CKA_TOKEN, value: true },
    { type: ck.CKA_LABEL, value: label },
    { type: ck.CKA_ID, value: Buffer.from(label) },
  ];
  hsm.generatePair(
    { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN, parameter: null },
    [
      ...both,
      { type: ck.CKA_MODULUS_BITS, value: 3072 },
      { type: ck.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    ],
    [
      ...both,
      ...sealedIn,
      { type: ck.CKA_UNWRAP, value: true },
      // Who may decrypt with it has what was wrapped for it.
      { type: ck.CKA_DECRYPT, value: false },
      { type: ck.CKA_SIGN, value: false },
    ],
  );
  return findKey(hsm, { label }).public;
}

/** At the holder's, apart from the HSM. */
export function wrapKey(transport: KeyObject, key: KeyObject): WrappedKey {
  const secret = randomBytes(32);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  // RFC 5649 §3: the alternative initial value.
  const cipher = createCipheriv('id-aes256-wrap-pad', secret, Buffer.from('a65959a6', 'hex'));
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const wrapped = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const sealed = publicEncrypt({ key: transport, padding, oaepHash: 'sha1' }, secret);
  secret.fill(0);
  return {
    publicKey: spki.toString('base64'),
    secret: sealed.toString('base64'),
    key: wrapped.toString('base64'),
  };
}

export const readPrivateKey = (pem: string, passphrase?: string): KeyObject =>
  createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });

/**
 * Sensitive, not extractable, and proved to be the one announced. The transport key ends with it: whoever has the PIN
 * could unwrap the same once more, as a key that can be read. @throws HsmError; nothing is left behind then
 */
export function importKey(hsm: Hsm, transportLabel: string, label: string, wrapped: WrappedKey): HsmKey {
  requireFreeLabel(hsm, label);
  const transport = findKey(hsm, { label: transportLabel });
  const spki = Buffer.from(wrapped.publicKey, 'base64');
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const secret = hsm.unwrap(oaep, transport.private, Buffer.from(wrapped.secret, 'base64'), secretShape);
  const made: Handle[] = [secret];
  let key: HsmKey;
  try {
    const id: Attribute[] = [
      { type: ck.CKA_TOKEN, value: true },
      { type: ck.CKA_LABEL, value: label },
      { type: ck.CKA_ID, value: Buffer.from(label) },
    ];
    const kind = {
      type: ck.CKA_KEY_TYPE,
      value: publicKey.asymmetricKeyType === 'rsa' ? ck.CKK_RSA : ck.CKK_EC,
    };
    const template = [
      { type: ck.CKA_CLASS, value: ck.CKO_PRIVATE_KEY },
      ...[kind, ...id, ...sealedIn, { type: ck.CKA_SIGN, value: true }],
    ];
    const mechanism = { mechanism: ck.CKM_AES_KEY_WRAP_PAD, parameter: null };
    made.push(hsm.unwrap(mechanism, secret, Buffer.from(wrapped.key, 'base64'), template));
    made.push(
      hsm.create([{ type: ck.CKA_CLASS, value: ck.CKO_PUBLIC_KEY }, kind, ...id, ...publicPart(publicKey)]),
    );
    key = findKey(hsm, { label });
    // The public half came from outside: only a signature shows that the two belong together.
    probe(hsm, key);
  } catch (error) {
    for (const object of made) hsm.destroy(object);
    throw error;
  }
  hsm.destroy(secret);
  destroyKey(hsm, transportLabel);
  return key;
}

/** Of what comes into or is made in the HSM: it stays. */
const sealedIn: readonly Attribute[] = [
  { type: ck.CKA_PRIVATE, value: true },
  { type: ck.CKA_SENSITIVE, value: true },
  { type: ck.CKA_EXTRACTABLE, value: false },
];

const secretShape: readonly Attribute[] = [
  { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
  { type: ck.CKA_KEY_TYPE, value: ck.CKK_AES },
  { type: ck.CKA_TOKEN, value: false },
  ...sealedIn,
  { type: ck.CKA_UNWRAP, value: true },
];

const oaep = {
  mechanism: ck.CKM_RSA_PKCS_OAEP,
  parameter: { type: ck.CK_PARAMS_RSA_OAEP, hashAlg: ck.CKM_SHA_1, mgf: ck.CKG_MGF1_SHA1, source: 1 },
};

function publicPart(key: KeyObject): Attribute[] {
  const jwk = key.export({ format: 'jwk' });
  const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');
  const verifies: Attribute = { type: ck.CKA_VERIFY, value: true };
  if (key.asymmetricKeyType === 'rsa') {
    return [
      verifies,
      { type: ck.CKA_MODULUS, value: bytes(jwk.n) },
      { type: ck.CKA_PUBLIC_EXPONENT, value: bytes(jwk.e) },
    ];
  }
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (!curve) throw new HsmError('expected a key of RSA, P-256 or P-384');
  const point = Buffer.concat([Buffer.of(4), bytes(jwk.x), bytes(jwk.y)]);
  return [
    verifies,
    { type: ck.CKA_EC_PARAMS, value: Buffer.from(objectIdentifier(curve)) },
    { type: ck.CKA_EC_POINT, value: Buffer.concat([Buffer.of(4, point.length), point]) },
  ];
}

function requireFreeLabel(hsm: Hsm, label: string): void {
  if (hsm.find([{ type: ck.CKA_LABEL, value: label }]).length > 0) {
    throw new HsmError(`the token "${hsm.token}" has an object labelled "${label}" already`);
  }
}

// What did the authenticator say of itself (WebAuthn L3 §6.1)? Which site, whether a person was there and verified,
// its counter, and at registration the new credential. Who it belongs to is passkey.ts.

import { createHash, createPublicKey } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { publicKeyLimits } from '../policy.ts';
import { type CborMap, readCbor } from './cbor.ts';

/** COSE algorithms that we ask for: ES256, EdDSA, RS256. */
export const algorithms = [-7, -8, -257] as const;
export type Algorithm = (typeof algorithms)[number];

export interface AuthenticatorData {
  readonly counter: number;
  /** The passkey may be, or is, copied to other devices of the person. */
  readonly backedUp: boolean;
  readonly credential?: { readonly id: Uint8Array; readonly algorithm: Algorithm; readonly spki: Uint8Array };
}

const [userPresent, userVerified, backupEligible, backupState, attested] = [1, 4, 8, 16, 64];

/** @throws Refusal PASSKEY_OTHER_SITE, PASSKEY_NOT_VERIFIED, PASSKEY_WRONG */
export function readAuthenticatorData(bytes: Uint8Array, rpId: string): AuthenticatorData {
  if (bytes.length < 37) throw new Refusal('PASSKEY_WRONG');
  const site = createHash('sha256').update(rpId).digest();
  if (!site.equals(bytes.subarray(0, 32))) throw new Refusal('PASSKEY_OTHER_SITE');
  const flags = bytes[32]!;
  // A touch alone does not say who touched.
  if (!(flags & userPresent) || !(flags & userVerified)) throw new Refusal('PASSKEY_NOT_VERIFIED');
  // §7.2 step 18: what is not eligible for backup cannot be backed up.
  if (!(flags & backupEligible) && flags & backupState) throw new Refusal('PASSKEY_WRONG');
  const counter = Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32BE(33);
  const data = { counter, backedUp: (flags & backupState) !== 0 };
  return flags & attested ? { ...data, credential: credentialIn(bytes) } : data;
}

/** §6.5.2: aaguid, length, id, COSE key. */
function credentialIn(bytes: Uint8Array): NonNullable<AuthenticatorData['credential']> {
  if (bytes.length < 55) throw new Refusal('PASSKEY_WRONG');
  const length = Buffer.from(bytes.buffer, bytes.byteOffset).readUInt16BE(53);
  const id = bytes.subarray(55, 55 + length);
  // §7.1 step 25: at most 1023 octets.
  if (length < 16 || length > 1023 || id.length !== length) throw new Refusal('PASSKEY_WRONG');
  try {
    const { value } = readCbor(bytes, 55 + length);
    return { id: Uint8Array.from(id), ...keyOf(value as CborMap) };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('PASSKEY_WRONG');
  }
}

/** RFC 9053: the COSE key of one of our algorithms, as the SPKI that everything else reads. */
function keyOf(cose: CborMap): { algorithm: Algorithm; spki: Uint8Array } {
  const algorithm = algorithms.find((each) => each === cose.get(3));
  const text = (label: number) => Buffer.from(cose.get(label) as Uint8Array).toString('base64url');
  const expected = { [-7]: [2, 1], [-8]: [1, 6], [-257]: [3, undefined] } as const;
  if (algorithm === undefined || cose.get(1) !== expected[algorithm][0])
    throw new Refusal('PASSKEY_ALGORITHM');
  const curve = expected[algorithm][1];
  if (curve !== undefined && cose.get(-1) !== curve) throw new Refusal('PASSKEY_ALGORITHM');
  const jwk = {
    [-7]: () => ({ kty: 'EC', crv: 'P-256', x: text(-2), y: text(-3) }),
    [-8]: () => ({ kty: 'OKP', crv: 'Ed25519', x: text(-2) }),
    [-257]: () => ({ kty: 'RSA', n: text(-1), e: text(-2) }),
  }[algorithm]();
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < publicKeyLimits.leastRsaBits || bits > publicKeyLimits.mostRsaBits))
    throw new Refusal('PASSKEY_ALGORITHM');
  return { algorithm, spki: key.export({ format: 'der', type: 'spki' }) };
}

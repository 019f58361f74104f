// What does an enrolment need beside the chain? A proof that the sender holds the new key, and the six characters
// that the participant's own system shows to the people who confirm.

import { constants, createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import type { EnrolParameters, Header } from './generated/types.ts';

/** `x5t#S256`: the name of a certificate in the network. */
export function thumbprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}

export interface Possession {
  readonly alg: 'PS256' | 'ES256' | 'ES384' | 'ES512';
  /** base64; of an EC key in IEEE P1363 form. */
  readonly signature: string;
}

/** What an enrolment asks: all of its parameters but the proof itself. */
export type Asked = Omit<EnrolParameters, 'proof_of_possession'>;

/** The bytes that the new key signs: RFC 8785 JSON. It covers what is asked by the SHA-256 of its RFC 8785 JSON. */
export function possessionStatement(leaf: Uint8Array, header: Header, asked: Asked): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      creation_date: header.creation_date,
      message_id: header.message_id,
      parameters_sha256: createHash('sha256').update(canonical(asked)).digest('base64url'),
      receiver: header.receiver.fin_id,
      sender: header.sender.fin_id,
      thumbprint: thumbprintOf(leaf),
      type: 'apodera/possession/v2',
    }),
  );
}

/** RFC 8785 of parameters: strings and lists of strings under names that need only be sorted. */
function canonical(asked: Asked): string {
  const members = Object.entries(asked).filter(([, value]) => value !== undefined);
  return JSON.stringify(Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** For keys at hand; a key in a KMS or HSM signs `possessionStatement` itself. */
export function provePossession(leaf: Uint8Array, header: Header, asked: Asked, key: KeyObject): Possession {
  if (!new X509Certificate(leaf).checkPrivateKey(key))
    throw new TypeError('the key is not the certificate’s');
  const statement = possessionStatement(leaf, header, asked);
  if (key.asymmetricKeyType === 'rsa') {
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return { alg: 'PS256', signature: sign('sha256', statement, pss).toString('base64') };
  }
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (!curve) throw new TypeError('expected an RSA key or one on P-256, P-384 or P-521');
  const signature = sign(curve.hash, statement, { key, dsaEncoding: 'ieee-p1363' });
  return { alg: curve.alg, signature: signature.toString('base64') };
}

const curves: Readonly<Record<string, { readonly alg: Possession['alg']; readonly hash: string }>> = {
  prime256v1: { alg: 'ES256', hash: 'sha256' },
  secp384r1: { alg: 'ES384', hash: 'sha384' },
  secp521r1: { alg: 'ES512', hash: 'sha512' },
};

/**
 * Show it to officer and apoderado where the certificate was asked for; their page will ask for it. Computed from the
 * certificate and `message_id` that were sent, and the `enrolment_id` of the answer: what the answer says of the
 * code is only compared with it.
 */
export function confirmationCode(thumbprint: string, messageId: string, enrolmentId: string): string {
  const text = `apodera/code/v2\n${thumbprint}\n${messageId}\n${enrolmentId}`;
  const digest = createHash('sha256').update(text).digest();
  const bits = digest.readUInt32BE(0);
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  return [27, 22, 17, 12, 7, 2].map((shift) => alphabet[(bits >>> shift) & 31]).join('');
}

// What does an enrolment need beside the chain? A proof that the sender holds the new key, and the six characters
// that the participant's own system shows to the people who confirm.

import { constants, createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import type { Header } from './generated/types.ts';

/** `x5t#S256`: the name of a certificate in the network. */
export function thumbprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}

export interface Possession {
  readonly alg: 'PS256' | 'ES256' | 'ES384' | 'ES512';
  /** base64; of an EC key in IEEE P1363 form. */
  readonly signature: string;
}

/** The bytes that the new key signs: RFC 8785 JSON. */
export function possessionStatement(leaf: Uint8Array, header: Header): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      creation_date: header.creation_date,
      message_id: header.message_id,
      receiver: header.receiver.fin_id,
      sender: header.sender.fin_id,
      thumbprint: thumbprintOf(leaf),
      type: 'apodera/possession/v1',
    }),
  );
}

/** For keys at hand; a key in a KMS or HSM signs `possessionStatement` itself. */
export function provePossession(leaf: Uint8Array, header: Header, key: KeyObject): Possession {
  if (!new X509Certificate(leaf).checkPrivateKey(key))
    throw new TypeError('the key is not the certificate’s');
  const statement = possessionStatement(leaf, header);
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

/** Show it to officer and apoderado where the certificate was asked for; their page will ask for it. */
export function confirmationCode(thumbprint: string, messageId: string): string {
  const digest = createHash('sha256').update(`apodera/code/v1\n${thumbprint}\n${messageId}`).digest();
  const bits = digest.readUInt32BE(0);
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  return [27, 22, 17, 12, 7, 2].map((shift) => alphabet[(bits >>> shift) & 31]).join('');
}

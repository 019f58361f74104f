// Signs a body and verifies a signed one: detached JWS (RFC 7515 appendix F, RFC 7797), PS256, b64 false,
// crit ["b64"], x5c with the signer's certificate. Needs nothing but node:crypto.

import { constants, createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

/** A certificate with the key that signs; the key may live elsewhere (KMS, HSM). */
export interface SigningIdentity {
  /** DER. */
  readonly certificate: Uint8Array;
  /** RSASSA-PSS with SHA-256, MGF1-SHA256, salt of 32 bytes, over `data`. */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>;
}

/** An identity from PEM files; the key may be encrypted. */
export function identityFromPem(
  certificate: string,
  privateKey: string,
  passphrase?: string,
): SigningIdentity {
  return identityFrom(
    new X509Certificate(certificate).raw,
    createPrivateKey({ key: privateKey, ...(passphrase !== undefined && { passphrase }) }),
  );
}

export function identityFrom(certificate: Uint8Array, key: KeyObject): SigningIdentity {
  return { certificate, sign: async (data) => sign('sha256', data, { key, ...PSS }) };
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

/** The value of the header Shinkansen-JWS-Signature. */
export async function signBody(
  body: Uint8Array,
  { certificate, sign: sign_ }: SigningIdentity,
): Promise<string> {
  const x5c = [Buffer.from(certificate).toString('base64')];
  const header = Buffer.from(JSON.stringify({ alg: 'PS256', b64: false, crit: ['b64'], x5c })).toString(
    'base64url',
  );
  const signature = await sign_(Buffer.concat([Buffer.from(`${header}.`), body]));
  return `${header}..${Buffer.from(signature).toString('base64url')}`;
}

export class SignatureError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SignatureError';
  }
}

/**
 * Verifies that one of `certificates` signed exactly these bytes.
 * @param certificates DER of those that the sender signs with: at most two while one is handed over
 * @throws SignatureError
 */
export function verifyBody(body: Uint8Array, signature: string, certificates: readonly Uint8Array[]): void {
  const parts = /^([A-Za-z0-9_-]+)\.\.([A-Za-z0-9_-]+)$/.exec(signature);
  if (!parts) throw new SignatureError('the signature is not a detached JWS');
  const [, header, value] = parts as unknown as [string, string, string];
  const certificate = certificates.find((der) => Buffer.from(der).toString('base64') === signerIn(header));
  if (!certificate) throw new SignatureError('the signature is by a certificate that is not listed');
  const { publicKey } = new X509Certificate(certificate);
  const input = Buffer.concat([Buffer.from(`${header}.`), body]);
  const holds =
    publicKey.asymmetricKeyType === 'rsa' &&
    verify('sha256', input, { key: publicKey, ...PSS }, Buffer.from(value, 'base64url'));
  if (!holds) throw new SignatureError('the signature does not verify over these bytes');
}

/** `x5c[0]` of a header of the one accepted profile. */
function signerIn(header: string): unknown {
  let read: { alg?: unknown; b64?: unknown; crit?: unknown; x5c?: unknown };
  try {
    read = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  } catch {
    throw new SignatureError('the protected header is not JSON');
  }
  const { alg, b64, crit, x5c } = read ?? {};
  if (alg !== 'PS256' || b64 !== false || JSON.stringify(crit) !== '["b64"]' || !Array.isArray(x5c)) {
    throw new SignatureError('the signature is not of the accepted profile');
  }
  return x5c[0];
}

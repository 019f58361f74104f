// Who signed exactly these bytes? A detached JWS (RFC 7515 appendix F) with an unencoded payload (RFC 7797),
// in one profile only: PS256, b64 false, crit ["b64"], x5c with the signer's certificate first.
// Whether that certificate may be used is asked before (core/certificate/usable); what the bytes say, after.

import { constants, createHash, type KeyObject, verify } from 'node:crypto';
import type { Json } from '../canonical-json.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import type { Signer } from '../ports.ts';
import { readJson } from './json.ts';

/** A signature header, read but not verified: it is a claim. */
export interface DetachedJws {
  /** The protected header as received, base64url: the first part of what is signed. */
  readonly protectedHeader: string;
  /** DER of `x5c[0]`, the signer's own. */
  readonly certificateDer: Uint8Array;
  /** `x5t#S256` of that certificate: look it up among the enrolled ones before anything else. */
  readonly thumbprint: Thumbprint;
  readonly signature: Uint8Array;
}

/** The key to verify with, taken from an enrolled certificate and never from the header. */
export interface VerificationKey {
  readonly thumbprint: Thumbprint;
  readonly publicKey: KeyObject;
}

declare const verified: unique symbol;

/** Proof that `certificate` signed `body`. Only verifyDetached makes one. */
export interface VerifiedMessage {
  readonly body: Uint8Array;
  readonly thumbprint: Thumbprint;
  /** The signature header as received, kept as evidence and forwarded. */
  readonly signature: string;
  readonly [verified]: true;
}

/** RSASSA-PSS over a SHA-256 digest; the key stays where it is. */
export type DigestSigner = Pick<Signer, 'sign'>;

/** More than an RSA-8192 leaf needs; a private API takes 8,000 bytes of headers in all. */
const LONGEST_HEADER = 8_000;
/** Further elements are tolerated (some clients send their intermediates) but never read. */
const MOST_CERTIFICATES = 8;
const SMALLEST_MODULUS_BITS = 2048;
/** RFC 7518 §3.5: the salt is as long as the hash. */
const SALT_BYTES = 32;

/**
 * Reads the value of the signature header.
 * @throws Refusal SIGNATURE_MISSING, SIGNATURE_MALFORMED, SIGNATURE_PROFILE
 */
export function readDetachedJws(header: string | undefined): DetachedJws {
  if (!header) throw new Refusal('SIGNATURE_MISSING');
  if (header.length > LONGEST_HEADER) throw malformed(`at most ${LONGEST_HEADER} characters`);
  const parts = header.split('.');
  if (parts.length !== 3 || parts[1] !== '') throw malformed('an empty middle part');
  const [protectedHeader, , signaturePart] = parts as [string, string, string];
  const signature = fromBase64(signaturePart, 'base64url');
  const headerBytes = fromBase64(protectedHeader, 'base64url');
  if (!signature || !headerBytes) throw malformed('canonical base64url without padding');
  const certificateDer = signerOf(readHeader(headerBytes));
  return { protectedHeader, certificateDer, thumbprint: thumbprintOf(certificateDer), signature };
}

/**
 * Verifies the signature over the raw body.
 * @throws Refusal SIGNATURE_OTHER_CERTIFICATE, SIGNING_KEY_UNSUITABLE, SIGNATURE_INVALID
 */
export function verifyDetached(jws: DetachedJws, body: Uint8Array, key: VerificationKey): VerifiedMessage {
  if (key.thumbprint !== jws.thumbprint) throw new Refusal('SIGNATURE_OTHER_CERTIFICATE');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key.publicKey;
  if (type !== 'rsa' || (details?.modulusLength ?? 0) < SMALLEST_MODULUS_BITS) {
    throw new Refusal('SIGNING_KEY_UNSUITABLE', { found: `${type} ${details?.modulusLength ?? ''}`.trim() });
  }
  const input = Buffer.concat([Buffer.from(`${jws.protectedHeader}.`, 'latin1'), body]);
  const options = { key: key.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES };
  if (!verify('sha256', input, options, jws.signature)) throw new Refusal('SIGNATURE_INVALID');
  const signature = `${jws.protectedHeader}..${Buffer.from(jws.signature).toString('base64url')}`;
  return { body, thumbprint: jws.thumbprint, signature } as VerifiedMessage;
}

/** Signs `body` and returns the header's value, without surrounding white space; keys in the published order. */
export async function signDetached(
  body: Uint8Array,
  certificateDer: Uint8Array,
  signer: DigestSigner,
): Promise<string> {
  const x5c = [Buffer.from(certificateDer).toString('base64')];
  const header = JSON.stringify({ alg: 'PS256', b64: false, crit: ['b64'], x5c });
  const protectedHeader = Buffer.from(header).toString('base64url');
  const digest = createHash('sha256').update(`${protectedHeader}.`, 'latin1').update(body).digest();
  const signature = await signer.sign(digest);
  return `${protectedHeader}..${Buffer.from(signature).toString('base64url')}`;
}

function readHeader(bytes: Uint8Array): { readonly [key: string]: Json | undefined } {
  let header: Json;
  try {
    header = readJson(bytes);
  } catch {
    // RFC 7515 §4: header parameter names must be unique; all of readJson's reasons are one here.
    throw malformed('one JSON object with each name once');
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header))
    throw malformed('a JSON object');
  return header as { readonly [key: string]: Json | undefined };
}

/** Names that crit does not list (typ, kid, iat) are ignored, RFC 7515 §4; jwk, jku and x5u are never followed. */
function signerOf(header: { readonly [key: string]: Json | undefined }): Uint8Array {
  const { alg, b64, crit, x5c } = header;
  if (alg !== 'PS256') throw new Refusal('SIGNATURE_PROFILE', { parameter: 'alg', expected: 'PS256' });
  if (b64 !== false) throw new Refusal('SIGNATURE_PROFILE', { parameter: 'b64', expected: 'false' });
  // RFC 7797 §6: b64 must be critical; RFC 7515 §4.1.11: a name we do not know refuses the whole.
  if (!Array.isArray(crit) || crit.length !== 1 || crit[0] !== 'b64') {
    throw new Refusal('SIGNATURE_PROFILE', { parameter: 'crit', expected: '["b64"]' });
  }
  const wrongChain = new Refusal('SIGNATURE_PROFILE', {
    parameter: 'x5c',
    expected: 'base64 of DER, signer first',
  });
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > MOST_CERTIFICATES) throw wrongChain;
  // RFC 7515 §4.1.6: base64, not base64url.
  const der = typeof x5c[0] === 'string' ? fromBase64(x5c[0], 'base64') : undefined;
  if (!der) throw wrongChain;
  return der;
}

/** Canonical form only: another spelling of the same bytes would let a changed header pass for the old one. */
function fromBase64(text: string, encoding: 'base64' | 'base64url'): Uint8Array | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.length > 0 && bytes.toString(encoding) === text ? bytes : undefined;
}

function malformed(expected: string): Refusal {
  return new Refusal('SIGNATURE_MALFORMED', { expected });
}

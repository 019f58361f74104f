// Who signed exactly these bytes? A detached JWS (RFC 7515 appendix F) with an unencoded payload (RFC 7797),
// in one profile only: PS256, b64 false, crit ["b64"], x5c with the signer's certificate first.
// Whether that certificate may be used is asked before (core/certificate/usable); what the bytes say, after.

import { constants, createHash, createVerify, type KeyObject, verify } from 'node:crypto';
import type { Json } from '../canonical-json.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import type { Signer } from '../ports.ts';
import { readJson } from './json.ts';

/** A signature header, read but not verified: it is a claim. */
export interface DetachedJws {
  /** The protected header as received, base64url: the first part of what is signed. */
  readonly protectedHeader: string;
  /** `x5t#S256` of `x5c[0]`, the signer's own certificate: look it up among the enrolled ones before anything else. */
  readonly thumbprint: Thumbprint;
  readonly signature: Uint8Array;
  /** The whole header as received. */
  readonly text: string;
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
  const headerBytes = signature && decode(protectedHeader, 'base64url', decodedHeader);
  if (!headerBytes) throw malformed('canonical base64url without padding');
  const thumbprint = usualSigner(headerBytes) ?? thumbprintOf(signerOf(readHeader(headerBytes)));
  return { protectedHeader, thumbprint, signature, text: header };
}

/** DER of `x5c[0]`, for those who know no certificate by that thumbprint. */
export function signerCertificate(jws: DetachedJws): Uint8Array {
  return Buffer.from(signerOf(readHeader(Buffer.from(jws.protectedHeader, 'base64url'))));
}

/**
 * Verifies the signature over the raw body.
 * @throws Refusal SIGNATURE_OTHER_CERTIFICATE, SIGNING_KEY_UNSUITABLE, SIGNATURE_INVALID
 */
export function verifyDetached(jws: DetachedJws, body: Uint8Array, key: VerificationKey): VerifiedMessage {
  if (key.thumbprint !== jws.thumbprint) throw new Refusal('SIGNATURE_OTHER_CERTIFICATE');
  if (!suitable.has(key.publicKey)) requireSuitable(key.publicKey);
  if (!verifies(jws, body, key.publicKey)) throw new Refusal('SIGNATURE_INVALID');
  return { body, thumbprint: jws.thumbprint, signature: jws.text } as VerifiedMessage;
}

/** Keys that were found suitable: to ask one for its details costs a tenth of a verification. */
const suitable = new WeakSet<KeyObject>();

function requireSuitable(key: KeyObject): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type !== 'rsa' || (details?.modulusLength ?? 0) < SMALLEST_MODULUS_BITS) {
    throw new Refusal('SIGNING_KEY_UNSUITABLE', { found: `${type} ${details?.modulusLength ?? ''}`.trim() });
  }
  suitable.add(key);
}

/** From here on a copy of the body costs more than a hash that is fed in parts. */
const COPIED_AT_MOST = 32 * 1024;

function verifies(
  { protectedHeader, signature }: DetachedJws,
  body: Uint8Array,
  publicKey: KeyObject,
): boolean {
  const options = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES };
  if (body.length > COPIED_AT_MOST) {
    const verifier = createVerify('sha256').update(`${protectedHeader}.`, 'latin1').update(body);
    return verifier.verify(options, signature);
  }
  const start = protectedHeader.length + 1;
  const input = Buffer.allocUnsafe(start + body.length);
  input.write(`${protectedHeader}.`, 'latin1');
  input.set(body, start);
  return verify('sha256', input, options, signature);
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
  // RFC 7515 §4.1.6: base64, not base64url.
  const usable = Array.isArray(x5c) && x5c.length > 0 && x5c.length <= MOST_CERTIFICATES;
  const der = usable && typeof x5c[0] === 'string' ? decode(x5c[0], 'base64', decodedCertificate) : undefined;
  if (der) return der;
  throw new Refusal('SIGNATURE_PROFILE', { parameter: 'x5c', expected: 'base64 of DER, signer first' });
}

/** The published clients' header is this to the byte, but for the certificate. */
const usual = { start: '{"alg":"PS256","b64":false,"crit":["b64"],"x5c":["', end: '"]}' } as const;

/**
 * Names the signer of a header in the published clients' own spelling; of any other it says nothing. Canonical base64
 * holds neither quote nor backslash, so that what stands between the quotes can be nothing but one string.
 */
function usualSigner(header: Buffer): Thumbprint | undefined {
  const text = header.toString('latin1');
  if (!text.startsWith(usual.start) || !text.endsWith(usual.end)) return undefined;
  const der = decode(text.slice(usual.start.length, -usual.end.length), 'base64', decodedCertificate);
  return der && thumbprintOf(der);
}

/** Room for the bytes of one call, kept because making it costs as much as the decoding. */
const decodedHeader = Buffer.allocUnsafeSlow(LONGEST_HEADER);
const decodedCertificate = Buffer.allocUnsafeSlow(LONGEST_HEADER);

function fromBase64(text: string, encoding: 'base64url'): Uint8Array | undefined {
  const bytes = decode(text, encoding, decodedCertificate);
  return bytes && Buffer.from(bytes);
}

/**
 * Canonical form only: another spelling of the same bytes would let a changed header pass for the old one.
 * @returns bytes in `room`, gone with the next call
 */
function decode(text: string, encoding: 'base64' | 'base64url', room: Buffer): Buffer | undefined {
  const bytes = room.subarray(0, room.write(text, encoding));
  return bytes.length > 0 && bytes.toString(encoding) === text ? bytes : undefined;
}

function malformed(expected: string): Refusal {
  return new Refusal('SIGNATURE_MALFORMED', { expected });
}

// Is this answer of an authenticator a person's own, over exactly this challenge? WebAuthn level 3 §7.1 and §7.2, pure
// and offline: what was stored is verified again years later. It says nothing of who may decide, nor of time (proof.ts).

import { createHash, createPublicKey, verify } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { type Algorithm, algorithms, readAuthenticatorData } from './authenticator-data.ts';
import { type CborMap, readCbor } from './cbor.ts';

/** One passkey of a person, part of their sealed record; an ended one stays, so that its proofs stay verifiable. */
export interface Passkey {
  /** base64url. */
  readonly credentialId: string;
  /** SPKI, DER, base64url. */
  readonly publicKey: string;
  readonly algorithm: Algorithm;
  /** Host name of the pages door when it was made. */
  readonly rpId: string;
  readonly addedAt: Date;
  readonly endedAt: Date | null;
}

/** What the browser answers to `navigator.credentials.get`: all base64url. */
export interface Assertion {
  readonly credentialId: string;
  readonly clientDataJson: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

/** What it answers to `navigator.credentials.create`. */
export interface Attestation {
  readonly clientDataJson: string;
  readonly attestationObject: string;
}

export function isAssertion(value: unknown): value is Assertion {
  return hasTexts(value, ['credentialId', 'clientDataJson', 'authenticatorData', 'signature']);
}

export function isAttestation(value: unknown): value is Attestation {
  return hasTexts(value, ['clientDataJson', 'attestationObject']);
}

function hasTexts(value: unknown, members: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== members.length)
    return false;
  const record = value as Record<string, unknown>;
  return members.every((name) => {
    const value = record[name];
    return typeof value === 'string' && /^[A-Za-z0-9_-]{1,16384}$/.test(value);
  });
}

/** Those that count at that moment. */
export function passkeysAt(passkeys: readonly Passkey[] | undefined, at: Date): readonly Passkey[] {
  return (passkeys ?? []).filter(
    ({ addedAt, endedAt }) => addedAt <= at && (endedAt === null || at < endedAt),
  );
}

/** After a reset, or at the end of an office: none counts any longer, all stay for what they signed. */
export function withoutPasskeys(
  { passkeys }: { readonly passkeys?: readonly Passkey[] },
  now: Date,
): { readonly passkeys?: readonly Passkey[] } {
  return passkeys ? { passkeys: passkeys.map((each) => ({ ...each, endedAt: each.endedAt ?? now })) } : {};
}

/** The challenge that the browser says it was given: which question is being answered. Not yet believed. */
export function challengeIn(clientDataJson: string): string {
  const { challenge } = clientDataOf(clientDataJson);
  return typeof challenge === 'string' ? challenge : '';
}

/**
 * @param challenge base64url, the statement's hash
 * @throws Refusal PASSKEY_*
 */
export function verifyAssertion(
  assertion: Assertion,
  passkey: Passkey,
  challenge: string,
): { readonly counter: number } {
  if (assertion.credentialId !== passkey.credentialId) throw new Refusal('PASSKEY_UNKNOWN');
  admitClientData(assertion.clientDataJson, 'webauthn.get', challenge, passkey.rpId);
  const data = Buffer.from(assertion.authenticatorData, 'base64url');
  const { counter } = readAuthenticatorData(data, passkey.rpId);
  // §7.2 step 21: over authenticatorData and the hash of the client data.
  const clientHash = createHash('sha256').update(Buffer.from(assertion.clientDataJson, 'base64url')).digest();
  const key = createPublicKey({
    key: Buffer.from(passkey.publicKey, 'base64url'),
    format: 'der',
    type: 'spki',
  });
  const digest = passkey.algorithm === -8 ? null : 'sha256';
  const signed = Buffer.concat([data, clientHash]);
  if (!verify(digest, signed, key, Buffer.from(assertion.signature, 'base64url')))
    throw new Refusal('PASSKEY_WRONG');
  return { counter };
}

/**
 * The new credential; attestation is not asked for (`none`), so that nothing says which device a person owns.
 * @throws Refusal PASSKEY_WRONG
 */
export function readAttestation(
  attestation: Attestation,
  challenge: string,
  rpId: string,
): Pick<Passkey, 'credentialId' | 'publicKey' | 'algorithm' | 'rpId'> {
  admitClientData(attestation.clientDataJson, 'webauthn.create', challenge, rpId);
  const { credential } = readAuthenticatorData(authDataIn(attestation.attestationObject), rpId);
  if (!credential || !algorithms.includes(credential.algorithm)) throw new Refusal('PASSKEY_WRONG');
  return {
    credentialId: Buffer.from(credential.id).toString('base64url'),
    publicKey: Buffer.from(credential.spki).toString('base64url'),
    algorithm: credential.algorithm,
    rpId,
  };
}

function authDataIn(attestationObject: string): Uint8Array {
  const bytes = Buffer.from(attestationObject, 'base64url');
  let data: unknown;
  try {
    const { value, end } = readCbor(bytes);
    if (end === bytes.length) data = (value as CborMap).get('authData');
  } catch {}
  if (!(data instanceof Uint8Array)) throw new Refusal('PASSKEY_WRONG');
  return data;
}

function admitClientData(text: string, type: string, challenge: string, rpId: string): void {
  const client = clientDataOf(text);
  if (client.type !== type) throw new Refusal('PASSKEY_WRONG');
  if (client.challenge !== challenge) throw new Refusal('PASSKEY_OTHER_CHALLENGE');
  // A page that frames ours, or another site, asked for this.
  if (client.crossOrigin === true || 'topOrigin' in client) throw new Refusal('PASSKEY_OTHER_SITE');
  const origin = typeof client.origin === 'string' ? URL.parse(client.origin) : null;
  const safe = origin?.protocol === 'https:' || (origin?.protocol === 'http:' && rpId === 'localhost');
  if (!origin || !safe || origin.hostname !== rpId) throw new Refusal('PASSKEY_OTHER_SITE');
}

function clientDataOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {}
  throw new Refusal('PASSKEY_WRONG');
}

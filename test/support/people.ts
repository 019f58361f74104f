// People, a factor key and proofs for tests: real signatures by a key made for this run.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { addressDigest, type Contact, type Person, taxIdDigest } from '../../core/people/person.ts';
import { type Proof, proofBytes } from '../../core/people/proof.ts';
import type { ConfirmationSubject, Statement } from '../../core/people/statement.ts';

const factorKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const factorPublicKey = factorKey.publicKey;
export const factorPrivateKey = factorKey.privateKey;
export const noon = new Date('2026-11-22T12:00:00Z');
export const minutes = (count: number, from = noon) => new Date(from.getTime() + count * 60_000);
export const hours = (count: number, from = noon) => minutes(count * 60, from);
export const nonce = () => randomBytes(20).toString('base64url');

export function aContact(personId: string, change: Partial<Contact> = {}): Contact {
  return {
    personId,
    name: 'María Fernanda Rojas Soto',
    email: `${personId}@example.com`,
    taxId: `T-${personId}`,
    salt: 'c2FsdCBvZiAxMjggYml0cw',
    ...change,
  };
}

export function aPerson(change: Partial<Person> = {}): Person {
  const personId = change.personId ?? 'person-1';
  const contact = aContact(personId);
  return {
    personId,
    office: 'apoderado',
    participant: 'AURORA',
    locale: 'es',
    state: 'active',
    power: change.office && change.office !== 'apoderado' ? null : { from: hours(-24 * 60), until: null },
    taxIdType: 'RUT',
    taxIdDigest: taxIdDigest(contact.taxId, contact.salt),
    addressDigest: addressDigest(contact.email, contact.salt),
    invitedBy: [],
    releasedBy: [],
    invitedAt: hours(-24 * 30),
    activeSince: hours(-24 * 29),
    invitationId: null,
    bootstrap: false,
    version: 1,
    ...change,
  };
}

export const aSubject: ConfirmationSubject = {
  enrolment_id: '01JENR',
  thumbprint: 'nzrCG3fgTRgCu2pfwdLjpFtsfY6Q-hssPU5fYHGmTC4',
  participant: 'AURORA',
  psc: 'PSC de Prueba S.A.',
  use: 'signing',
  replaces: null,
  reason: 'primer certificado',
};

export function aProof<S extends Statement>(
  statement: S,
  personId: string,
  at: Date = noon,
  key = factorPrivateKey,
): Proof<S> {
  const unsigned = { method: 'password+totp' as const, personId, at: at.toISOString(), statement };
  return { ...unsigned, signature: sign('sha256', proofBytes(unsigned), key).toString('base64url') };
}

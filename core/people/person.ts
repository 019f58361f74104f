// Who may decide here, and are they in a state to do so? Office, state and power are the sealed record; name,
// address and tax id stand apart, so that erasing them breaks no seal and no evidence.
// It does not say who may hold which offices together (offices.ts) nor how a person proves who they are (proof.ts).

import { Refusal } from '../errors.ts';
import { saltedDigest } from '../evidence/personal.ts';
import type { Passkey } from './passkey.ts';

const offices = ['securityOfficer', 'apoderado', 'nodeOperator', 'auditor'] as const;
export type Office = (typeof offices)[number];
export const locales = ['es', 'pt', 'en'] as const;
export type Locale = (typeof locales)[number];

/** `unreleased`: factors are set, a second node operator has yet to release the person (S14). */
export type PersonState = 'invited' | 'unreleased' | 'active' | 'ended';

/** The last one that this apoderado made; what it is worth is delegation.ts. */
export interface Delegation {
  readonly delegate: string;
  readonly madeAt: Date;
  /** Both ends inclusive. */
  readonly countsFrom: Date;
  readonly countsUntil: Date;
  readonly stoppedAt: Date | null;
}

/** The sealed record: everything that grants, nothing that names. */
export interface Person {
  readonly personId: string;
  readonly office: Office;
  /** fin_id of the participant; null for node operators and auditors. */
  readonly participant: string | null;
  readonly locale: Locale;
  readonly state: PersonState;
  /** The power of an apoderado, both ends inclusive; `until` null: no end agreed. */
  readonly power: { readonly from: Date; readonly until: Date | null } | null;
  readonly taxIdType: string;
  /** `taxIdDigest(taxId, salt)`; the salt lies with the contact. */
  readonly taxIdDigest: string;
  /** `addressDigest(email, salt)` */
  readonly addressDigest: string;
  readonly invitedBy: readonly string[];
  readonly releasedBy: readonly string[];
  /** When somebody last invited or reset this person: S13's 7 days run from here. */
  readonly invitedAt: Date;
  /** When a second operator released the person; null before. */
  readonly activeSince: Date | null;
  /** The one invitation that counts; an earlier one ended with it. */
  readonly invitationId: string | null;
  /** A bootstrap's own people need no release. */
  readonly bootstrap: boolean;
  /** Ended ones too: what they signed stays verifiable. */
  readonly passkeys?: readonly Passkey[];
  /** Who answers for this apoderado while they are away. */
  readonly delegation?: Delegation;
  readonly version: number;
}

/** The erasable item. */
export interface Contact {
  readonly personId: string;
  readonly name: string;
  readonly email: string;
  readonly taxId: string;
  /** At least 128 random bits, base64url. */
  readonly salt: string;
}

declare const active: unique symbol;
/** Active, with the power in force at the moment it was checked. */
export type ActivePerson = Person & { readonly [active]: true };

/**
 * May this person decide at `now`? S16: a power that is not in force decides nothing.
 * @throws Refusal PERSON_NOT_ACTIVE, PERSON_POWER_NOT_IN_FORCE
 */
export function requireActive(person: Person, now: Date): ActivePerson {
  if (person.state !== 'active') throw new Refusal('PERSON_NOT_ACTIVE', { found: person.state });
  if (!powerInForce(person, now)) throw new Refusal('PERSON_POWER_NOT_IN_FORCE');
  return person as ActivePerson;
}

export function powerInForce(person: Person, now: Date): boolean {
  if (!person.power) return person.office !== 'apoderado';
  return person.power.from <= now && (!person.power.until || now <= person.power.until);
}

/** Letters and digits only, upper case: `12.345.678-5` and `12345678-5` are one tax id. */
export function normalisedTaxId(taxId: string): string {
  return taxId
    .normalize('NFKC')
    .replace(/[^0-9a-z]/gi, '')
    .toUpperCase();
}

export function normalisedAddress(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

export function taxIdDigest(taxId: string, salt: string): string {
  return saltedDigest(Buffer.from(salt, 'base64url'), 'taxId', normalisedTaxId(taxId));
}

export function addressDigest(email: string, salt: string): string {
  return saltedDigest(Buffer.from(salt, 'base64url'), 'email', normalisedAddress(email));
}

/** Does the contact belong to the sealed record? A raw edit of the address must not redirect a mail (S22). */
export function contactMatches(person: Person, contact: Contact): boolean {
  return (
    person.taxIdDigest === taxIdDigest(contact.taxId, contact.salt) &&
    person.addressDigest === addressDigest(contact.email, contact.salt)
  );
}

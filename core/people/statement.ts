// What exactly does a person agree to? One closed statement per kind of decision; its hash is what a second factor
// signs, and later what a passkey takes as its challenge. It does not say whether the agreement is valid (proof.ts).

import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';

/** snake_case: these bytes are evidence that other programs read. */
export type ConfirmationStatement = {
  readonly type: 'apodera/confirmation/v1';
  readonly action: 'enrolment.confirm' | 'enrolment.reject';
  readonly enrolment_id: string;
  readonly thumbprint: string;
  readonly participant: string;
  readonly psc: string;
  readonly use: 'signing' | 'transport';
  readonly replaces: string | null;
  readonly reason: string;
  readonly task_id: string;
  /** >= 128 bits, base64url, made by the server for this one attempt. */
  readonly nonce: string;
};

export type ActVoteStatement = {
  readonly type: 'apodera/act-vote/v1';
  readonly act_hash: string;
  readonly vote: 'confirm' | 'reject';
  readonly person: string;
  readonly nonce: string;
};

export type SignInStatement = {
  readonly type: 'apodera/sign-in/v1';
  /** fin_id of the node. */
  readonly node: string;
  readonly person: string;
  readonly nonce: string;
};

/** By passkey the browser says who signs in: nobody types an address, and no address can be tried. */
export type PasskeySignInStatement = {
  readonly type: 'apodera/passkey-sign-in/v1';
  readonly node: string;
  readonly nonce: string;
};

/** What a new passkey is made for; it signs nothing itself. */
export type PasskeyRegistrationStatement = {
  readonly type: 'apodera/passkey-registration/v1';
  readonly node: string;
  readonly person: string;
  /** `invitation/<id>`: the first of that invitation; `passkey`: beside one that the person has. */
  readonly ground: string;
  readonly nonce: string;
};

/** A person adds or ends a passkey of theirs: signed by one that they have. */
export type PasskeyChangeStatement = {
  readonly type: 'apodera/passkey-change/v1';
  readonly node: string;
  readonly person: string;
  readonly change: 'add' | 'end';
  readonly credential_id: string;
  /** SPKI, DER, base64url. */
  readonly public_key: string;
  readonly nonce: string;
};

/** M8: the first word suspends, the second confirms, or says that it is a mistake. */
export type SuspensionStatement = {
  readonly type: 'apodera/suspension/v1';
  readonly action: 'participant.suspend' | 'suspension.confirm' | 'suspension.dispute';
  /** fin_id of the node: each node has its own people. */
  readonly node: string;
  readonly participant: string;
  /** Empty for the first word, which makes it. */
  readonly suspension: string;
  readonly reason: string;
  readonly person: string;
  readonly nonce: string;
};

/** An apoderado names who answers for them; they, or an officer, stop it. */
export type DelegationStatement = {
  readonly type: 'apodera/delegation/v1';
  readonly node: string;
  /** Who signs. */
  readonly person: string;
  readonly change: 'make' | 'stop';
  readonly participant: string;
  readonly principal: string;
  readonly delegate: string;
  /** RFC 3339, UTC. */
  readonly until: string;
  readonly nonce: string;
};

export type Statement =
  | ConfirmationStatement
  | ActVoteStatement
  | SignInStatement
  | PasskeySignInStatement
  | PasskeyRegistrationStatement
  | PasskeyChangeStatement
  | SuspensionStatement
  | DelegationStatement;

/** What of a confirmation is known before the person acts. */
export type ConfirmationSubject = Pick<
  ConfirmationStatement,
  'enrolment_id' | 'thumbprint' | 'participant' | 'psc' | 'use' | 'replaces' | 'reason'
>;

/** The facts as the enrolment record has them: shown to the person, signed by them, held against their proof. */
export function subjectOf(enrolment: Enrolment): ConfirmationSubject {
  return {
    enrolment_id: enrolment.id,
    thumbprint: enrolment.thumbprint,
    participant: enrolment.participant,
    psc: enrolment.pscName,
    use: enrolment.use,
    replaces: enrolment.replaces ?? null,
    reason: enrolment.reason,
  };
}

/** base64url SHA-256 of the RFC 8785 JSON. */
export function statementHash(statement: Statement): string {
  return createHash('sha256').update(canonicalJson(statement)).digest('base64url');
}

const shapes: Record<Statement['type'], readonly string[]> = {
  'apodera/confirmation/v1': [
    'type',
    'action',
    'enrolment_id',
    'thumbprint',
    'participant',
    'psc',
    'use',
    'replaces',
    'reason',
    'task_id',
    'nonce',
  ],
  'apodera/act-vote/v1': ['type', 'act_hash', 'vote', 'person', 'nonce'],
  'apodera/sign-in/v1': ['type', 'node', 'person', 'nonce'],
  'apodera/passkey-sign-in/v1': ['type', 'node', 'nonce'],
  'apodera/passkey-registration/v1': ['type', 'node', 'person', 'ground', 'nonce'],
  'apodera/passkey-change/v1': ['type', 'node', 'person', 'change', 'credential_id', 'public_key', 'nonce'],
  'apodera/suspension/v1': [
    'type',
    'action',
    'node',
    'participant',
    'suspension',
    'reason',
    'person',
    'nonce',
  ],
  'apodera/delegation/v1': [
    ...['type', 'node', 'person', 'change', 'participant', 'principal', 'delegate', 'until', 'nonce'],
  ],
};

/** Nothing signs what it does not understand: exactly the members of a known type, all strings (`replaces` or null). */
export function parseStatement(value: unknown): Statement | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  const members = shapes[record.type as Statement['type']];
  if (!members || Object.keys(record).length !== members.length) return undefined;
  for (const member of members) {
    const found = record[member];
    if (typeof found !== 'string' && !(member === 'replaces' && found === null)) return undefined;
  }
  if (String(record.nonce).length < 22) return undefined;
  if (!choices.every(([member, allowed]) => !(member in record) || allowed.includes(String(record[member]))))
    return undefined;
  if (!actions[record.type as Statement['type']].includes(String(record.action ?? ''))) return undefined;
  return value as Statement;
}

const choices: readonly (readonly [string, readonly string[]])[] = [
  ['vote', ['confirm', 'reject']],
  ['use', ['signing', 'transport']],
  ['change', ['add', 'end', 'make', 'stop']],
];

/** Which actions a type may name; none where it has no such member. */
const actions: Record<Statement['type'], readonly string[]> = {
  'apodera/confirmation/v1': ['enrolment.confirm', 'enrolment.reject'],
  'apodera/act-vote/v1': [''],
  'apodera/sign-in/v1': [''],
  'apodera/passkey-sign-in/v1': [''],
  'apodera/passkey-registration/v1': [''],
  'apodera/passkey-change/v1': [''],
  'apodera/delegation/v1': [''],
  'apodera/suspension/v1': ['participant.suspend', 'suspension.confirm', 'suspension.dispute'],
};

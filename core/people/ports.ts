// What do the people's flows ask of the world? Only the methods that are used; each write takes its evidence and its
// outbox along, and the adapter puts all of it into one transaction. It holds no rules.

import type { ApiKeyGrant, ApiKeyRecord } from '../api-key.ts';
import type { CertificateStatus, Enrolment, Step } from '../enrolment/enrolment.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import type { OutboxEntry, OutboxQueue } from '../outbox.ts';
import type { PayoutSettings } from '../payout/admission.ts';
import type { PayoutMove } from '../payout/ports.ts';
import type { Suspension } from '../suspension/suspension.ts';
import type { Watch } from '../sweep/watch.ts';
import type { Act } from './act.ts';
import type { Decision } from './decision.ts';
import type { FailureCount, FailureLimit } from './failures.ts';
import type { Invitation } from './invitation.ts';
import type { Link, LinkId } from './link.ts';
import type { Party } from './party.ts';
import type { Contact, Person } from './person.ts';
import type { Proof } from './proof.ts';
import type { Statement } from './statement.ts';

export interface Effects {
  readonly evidence: readonly EvidenceRecord[];
  readonly outbox: readonly OutboxEntry[];
}

/** Sealed records: what these return was checked in this process; a broken seal is a Refusal. */
export interface People {
  person(personId: string): Promise<Person | undefined>;
  /** The contact that belongs to the sealed record; undefined once erased. */
  contact(person: Person): Promise<Contact | undefined>;
  /** Everybody who has not ended: of a participant, or, for null, of the node itself. */
  holders(participant: string | null): Promise<readonly Person[]>;
  /** All of this node who have not ended, and the roll as it stood before they were read. */
  everybody(): Promise<{ readonly people: readonly Person[]; readonly roll: Roll }>;
  byAddress(email: string): Promise<readonly Person[]>;
}

/**
 * S13: who is compared with everybody is added in the transaction that moves this on, so that one human does not come in
 * twice by two acts of one instant.
 */
export interface Roll {
  readonly version: number;
  /** personIds, the latest first: an index may not list them yet. */
  readonly newest: readonly string[];
}

export interface Parties {
  party(finId: string): Promise<Party | undefined>;
  /** Suspended at this node (S21). @throws Refusal SEAL_BROKEN */
  frozen(finId: string): Promise<boolean>;
  parties(): Promise<readonly Party[]>;
}

/** The version moved on: somebody else decided meanwhile; read again. */
export type Recorded = 'RECORDED' | 'MOVED';

export interface Decisions {
  find(decisionId: string): Promise<Decision | undefined>;
  /** Put if absent. */
  open(decision: Decision, effects: Effects): Promise<'OPENED' | 'KEPT'>;
  /** All of these at once, each only where its stored version is one less. */
  record(decisions: readonly [Decision, ...Decision[]], effects: Effects): Promise<Recorded>;
  /** What still waits for this person's answer. */
  waitingFor(person: Person): Promise<readonly Decision[]>;
  /** Everything that waits for anybody of this participant. */
  waitingOf(participant: string): Promise<readonly Decision[]>;
  /** Other waiting decisions of the same participant, use and office (S18). */
  waitingBeside(decision: Decision): Promise<readonly Decision[]>;
}

/** Task tokens, encrypted at rest; for the functions of one named list. */
export interface TaskTokens {
  put(decisionId: string, taskToken: string): Promise<void>;
  read(decisionId: string): Promise<string | undefined>;
}

export interface Links {
  put(linkId: LinkId, link: Link): Promise<void>;
  /** Undefined for an unknown link, and for what cannot be one. */
  find(linkId: string): Promise<Link | undefined>;
}

export interface Invitations {
  invitation(invitationId: string): Promise<Invitation | undefined>;
  countWrongCode(invitationId: string): Promise<void>;
}

/** Password and authenticator of one person. */
export interface FactorRecord {
  readonly personId: string;
  readonly passwordHash: string;
  /** KMS ciphertext, base64url; bound to the person. */
  readonly totpSecretEncrypted: string;
  readonly setAt: Date;
  readonly version: number;
}

/** With the last step of the authenticator that counted. */
export type KnownFactor = FactorRecord & { readonly lastStep: number };

export interface Factors {
  factor(personId: string): Promise<KnownFactor | undefined>;
  /** Each step once: the write that moves it on is the one that counts. @throws Refusal FACTOR_STEP_USED */
  useStep(personId: string, step: number): Promise<void>;
}

/** A question that a passkey was asked; it counts once. */
export interface AskedPasskey {
  /** Whose; absent where signing in says who it is. */
  readonly personId?: string;
  readonly statement: Statement;
  readonly askedAt: Date;
}

export interface PasskeyChallenges {
  put(challenge: string, asked: AskedPasskey): Promise<void>;
  /** Once: who takes it, removes it. */
  take(challenge: string): Promise<AskedPasskey | undefined>;
  /**
   * Signature counters (WebAuthn L3 §6.1.1): passkeys that are synchronised always say 0.
   * @throws Refusal PASSKEY_COPIED
   */
  count(personId: string, credentialId: string, counter: number): Promise<void>;
}

export interface Failures {
  /** Counts this attempt before it is judged, so that parallel guesses are counted too. */
  begin(limits: readonly FailureLimit[], now: Date): Promise<readonly FailureCount[]>;
  /** The attempt was good: the first start anew, the others give it back. */
  forget(anew: readonly FailureLimit[], others: readonly FailureLimit[]): Promise<void>;
}

export interface Acts {
  act(actId: string): Promise<Act | undefined>;
  open(): Promise<readonly Act[]>;
  propose(act: Act, effects: Effects): Promise<void>;
}

export interface Session {
  readonly personId: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
}

export interface Sessions {
  /** @param secret >= 128 bits, base64url; stored hashed */
  start(secret: string, session: Session, effects: Effects): Promise<void>;
  find(secret: string): Promise<Session | undefined>;
  touch(secret: string, now: Date): Promise<void>;
  end(secret: string): Promise<void>;
}

/** RFC 7636: what the command line must show to get its session. */
export interface SignInCode {
  readonly personId: string;
  readonly method: Proof['method'];
  readonly codeChallenge: string;
  readonly redirectUri: string;
  readonly expiresAt: Date;
}

export interface SignInCodes {
  put(code: string, signIn: SignInCode): Promise<void>;
  /** Once: who takes it, removes it. */
  take(code: string): Promise<SignInCode | undefined>;
}

/** What acts and accepted invitations change, as data. A record's version is its stored one plus 1. */
export type Grant =
  | { readonly noun: 'person'; readonly person: Person }
  /** Nothing changes, and nothing has changed since this person was read. */
  | { readonly noun: 'samePerson'; readonly person: Person }
  | { readonly noun: 'contact'; readonly contact: Contact }
  /** As it was read; `joined` are the personIds who are new. */
  | { readonly noun: 'roll'; readonly roll: Roll; readonly joined: readonly string[] }
  | { readonly noun: 'party'; readonly party: Party }
  | { readonly noun: 'invitation'; readonly invitation: Invitation }
  /** `lastStep`: of the authenticator's code that it was set up with, which has counted. */
  | { readonly noun: 'factor'; readonly factor: FactorRecord; readonly lastStep?: number }
  | { readonly noun: 'noFactor'; readonly personId: string }
  | { readonly noun: 'apiKey'; readonly grant: ApiKeyGrant; readonly ring: KeyRing }
  | { readonly noun: 'apiKeyEnd'; readonly keyId: string; readonly ring: KeyRing; readonly at: Date }
  /** The least acceptable version of the anchor manifest. */
  | { readonly noun: 'leastAnchors'; readonly version: number }
  /** A node's pinned certificate, active from now on. */
  | {
      readonly noun: 'certificate';
      readonly status: CertificateStatus;
      readonly path: readonly Uint8Array[];
      /** Absent where an enrolment was watched since it arrived. */
      readonly watch?: Watch;
      readonly version: number;
      /** The enrolment that becomes active with it; absent where people pinned it by hand. */
      readonly enrolment?: { readonly from: Enrolment; readonly steps: readonly Step[] };
    }
  /** The second word of two node operators: its version is the stored one plus 1. */
  | { readonly noun: 'suspension'; readonly suspension: Suspension }
  /** The suspension is lifted, as it was read. */
  | { readonly noun: 'noSuspension'; readonly suspension: Suspension; readonly at: Date }
  | { readonly noun: 'bootstrap'; readonly bootstrap: Bootstrap }
  /** An entry of the outbox that was given up waits anew. */
  | { readonly noun: 'revival'; readonly entry: OutboxEntry; readonly at: Date }
  | {
      readonly noun: 'payoutSettings';
      readonly participant: string;
      readonly settings: PayoutSettings;
      readonly version: number;
    }
  /** A payout whose outcome people decided. */
  | { readonly noun: 'payoutMove'; readonly move: PayoutMove }
  | { readonly noun: 'act'; readonly act: Act };

/** What a participant's or peer's keys are, without the keys; its version is the condition of the next change. */
export interface KeyRing {
  readonly participant: string;
  readonly keys: readonly Omit<ApiKeyRecord, 'participant' | 'version'>[];
  readonly version: number;
}

export interface ApiKeyRings {
  heldBy(participant: string): Promise<KeyRing>;
}

/** What was given up, for people to see and to send again. */
export interface DeadEntries {
  /** @param kind those alone whose id begins with it, as each kind's does that is asked for by it */
  list(queue: OutboxQueue, kind?: string): AsyncIterable<OutboxEntry>;
  find(id: string): Promise<OutboxEntry | undefined>;
}

/** That this node was bootstrapped, and how often: the second time is the break-glass. */
export interface Bootstrap {
  readonly count: number;
  readonly at: Date;
  readonly version: number;
}

export interface Bootstraps {
  bootstrap(): Promise<Bootstrap | undefined>;
}

/** API keys that peers gave us, for the functions that deliver to them. */
export interface PeerKeys {
  put(finId: string, apiKey: string): Promise<void>;
}

export interface Ledger {
  /**
   * One transaction. Seals what grants, names the seals in the first evidence record.
   * @param proofs SHA-256 digests (base64url) of what allowed it
   */
  commit(grants: readonly Grant[], proofs: readonly string[], effects: Effects): Promise<Recorded>;
}

export interface Enrolments {
  find(enrolmentId: string): Promise<Enrolment | undefined>;
}

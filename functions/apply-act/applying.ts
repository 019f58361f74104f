// What does applying an act need and give? Grants as data, mails, and what is shown once and stored nowhere. Each
// kind's own file says what it changes; apply-act.ts proves the signatures before any of them runs.

import type { KeyObject } from 'node:crypto';
import type { CertificationPath } from '../../core/certificate/path.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import type { Institution } from '../../core/message/envelope.ts';
import type { SenderPorts } from '../../core/message/sender.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { PayoutSettings } from '../../core/payout/admission.ts';
import type { PayoutMoves } from '../../core/payout/ports.ts';
import type { Act } from '../../core/people/act.ts';
import type { PersonParameters } from '../../core/people/act-parameters.ts';
import { newInvitationCode, openInvitation } from '../../core/people/invitation.ts';
import type { Holder } from '../../core/people/offices.ts';
import type { ScryptCost } from '../../core/people/password.ts';
import { addressDigest, type Contact, type Person, taxIdDigest } from '../../core/people/person.ts';
import type {
  Acts,
  ApiKeyRings,
  DeadEntries,
  Effects,
  Grant,
  Invitations,
  Ledger,
  Parties,
  PeerKeys,
  People,
  Roll,
} from '../../core/people/ports.ts';
import { peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids, Signer } from '../../core/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';

export interface ApplyActPorts extends SenderPorts {
  /** This node as its messages name it. */
  readonly node: Institution;
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'messageOf' | 'chainOf'>;
  readonly statuses: StatusStore;
  sourcesOf(path: CertificationPath, profiles: TrustInForce['profiles']): readonly string[];
  readonly clock: Clock;
  readonly ids: Ids;
  /** Cryptographic. */
  readonly random: (bytes: number) => Uint8Array;
  readonly stage: 'local' | 'dev' | 'prod';
  readonly people: People;
  readonly parties: Parties;
  readonly invitations: Invitations;
  readonly apiKeys: ApiKeyRings;
  readonly acts: Acts;
  readonly ledger: Ledger;
  readonly peerKeys: PeerKeys;
  readonly deadEntries: DeadEntries;
  readonly payoutSettings: (finId: string) => Promise<PayoutSettings & { readonly version: number }>;
  readonly payouts: Pick<PayoutMoves, 'find'>;
  readonly anchors: AnchorShelf;
  readonly role: NodeRole;
  readonly disables: DisableStore;
  readonly suspensions: Suspensions;
  readonly trust: TrustSource;
  readonly passwordCost: ScryptCost;
  readonly encryptSecret: (plain: string, personId: string) => Promise<string>;
  readonly decryptPeerKey: (encrypted: string, peer: string) => Promise<string>;
  readonly factorPublicKey: () => Promise<KeyObject>;
  /** This node's fin_id. */
  readonly nodeFinId: string;
  /** `off`: an invited person sets a passkey and nothing else. */
  readonly passwordFallback: 'allowed' | 'off';
}

export interface ActContext {
  readonly actId: string;
  /** With its votes; the proofs were verified before. */
  readonly act: Act;
  readonly signers: readonly string[];
  readonly now: Date;
}

/** The trust bucket, as this act uses it. */
export interface AnchorShelf {
  /** The body that waits under its hash; undefined where none does. */
  proposed(sha256: string): Promise<Uint8Array | undefined>;
  /** The file in force. */
  publish(file: Uint8Array): Promise<void>;
  /** The least acceptable version, from its sealed item; 0 before the first manifest. */
  leastVersion(): Promise<number>;
  readonly signer: Signer;
  publicKey(): Promise<KeyObject>;
}

/** Shown to the one who applied the act, to be handed over another way; stored as a hash only. */
export interface Once {
  readonly what: 'invitationCode' | 'apiKey';
  /** Whose: the person's name, or the participant's. */
  readonly of: string;
  readonly id: string;
  readonly secret: string;
}

export interface Applied {
  readonly grants: readonly Grant[];
  readonly mails: readonly OutboxEntry[];
  /** Beside the act's own record: what its kind has to say, and what follows of it. */
  readonly effects?: Effects;
  readonly once: readonly Once[];
  readonly subjects: Readonly<Record<string, string>>;
}

export const nothing: Applied = { grants: [], mails: [], once: [], subjects: {} };

/** what a PSC revoked stays so, whoever signs for it. @throws Refusal CERTIFICATE_REVOKED, SEAL_BROKEN */
export async function requireNotRevoked(
  { statuses }: Pick<ApplyActPorts, 'statuses'>,
  thumbprint: Thumbprint,
): Promise<void> {
  const known = await statuses.status(thumbprint);
  if (known?.validity === 'revoked') throw new Refusal('CERTIFICATE_REVOKED', { found: thumbprint });
}

export function together(parts: readonly Applied[]): Applied {
  return {
    grants: parts.flatMap(({ grants }) => grants),
    mails: parts.flatMap(({ mails }) => mails),
    once: parts.flatMap(({ once }) => once),
    subjects: Object.assign({}, ...parts.map(({ subjects }) => subjects)) as Record<string, string>,
  };
}

/** Officers and apoderados hear what two, or one, of our operators changed for their company. */
export async function accessChanged(
  { people }: Pick<ApplyActPorts, 'people'>,
  participant: string,
  what: string,
  { actId, now }: Pick<ActContext, 'actId' | 'now'>,
): Promise<OutboxEntry[]> {
  const told = await peopleToTell(people, participant);
  return told.map((personId) => mailTo('mail.access-changed', actId, personId, { participant, what }, now));
}

/** S13 looks across participants: a node operator holds no other office anywhere. */
export async function holdersOf(
  { people }: { readonly people: Pick<People, 'contact'> },
  inOffice: readonly Person[],
): Promise<(Holder & { readonly person: Person })[]> {
  const contacts = await Promise.all(inOffice.map((person) => people.contact(person)));
  return inOffice.flatMap((person, at) => {
    const { taxId, email } = contacts[at] ?? {};
    if (taxId === undefined || email === undefined) return [];
    return [{ person, office: person.office, participant: person.participant, taxId, email }];
  });
}

/** In one transaction with the roll that they were compared with. */
export function joining(roll: Roll, applied: Applied): Applied {
  const joined = applied.grants.flatMap((grant) => (grant.noun === 'person' ? [grant.person.personId] : []));
  return { ...applied, grants: [...applied.grants, { noun: 'roll', roll, joined }] };
}

export interface Invitee {
  readonly parameters: PersonParameters;
  readonly invitedBy: readonly string[];
  readonly bootstrap: boolean;
  /** Until the invitation opens. */
  readonly waitMs?: number;
}

/** A new person: sealed record, contact apart, invitation whose code goes another way than its link. */
export function invitePerson(
  ports: Pick<ApplyActPorts, 'ids' | 'random'>,
  invitee: Invitee,
  now: Date,
): Applied {
  const { parameters } = invitee;
  const personId = ports.ids.next();
  const contact: Contact = {
    personId,
    name: parameters.name,
    email: parameters.email,
    taxId: parameters.tax_id,
    salt: Buffer.from(ports.random(32)).toString('base64url'),
  };
  const person: Person = {
    personId,
    office: parameters.office,
    participant: parameters.participant,
    locale: parameters.locale,
    state: 'invited',
    power: parameters.power_from
      ? {
          from: new Date(parameters.power_from),
          until: parameters.power_until ? new Date(parameters.power_until) : null,
        }
      : null,
    taxIdType: parameters.tax_id_type,
    taxIdDigest: taxIdDigest(contact.taxId, contact.salt),
    addressDigest: addressDigest(contact.email, contact.salt),
    invitedBy: invitee.invitedBy,
    releasedBy: [],
    invitedAt: now,
    activeSince: null,
    invitationId: ports.ids.next(),
    bootstrap: invitee.bootstrap,
    version: 1,
  };
  const invited = newInvitation(ports, person, contact.name, 'first', now, invitee.waitMs);
  return together([
    {
      ...nothing,
      grants: [
        { noun: 'person', person },
        { noun: 'contact', contact },
      ],
    },
    invited,
  ]);
}

/** @param person with the id of this invitation already in its record */
export function newInvitation(
  ports: Pick<ApplyActPorts, 'random'>,
  person: Person,
  name: string,
  kind: 'first' | 'reset',
  now: Date,
  waitMs?: number,
): Applied {
  const invitationId = person.invitationId!;
  const code = newInvitationCode(ports.random(32));
  const to = { invitationId, personId: person.personId, kind, bootstrap: person.bootstrap };
  const invitation = openInvitation(to, code, now, waitMs);
  const mail = mailTo('mail.invitation', invitationId, person.personId, { invitationId }, now);
  return {
    grants: [{ noun: 'invitation', invitation }],
    mails: [mail],
    once: [{ what: 'invitationCode', of: name, id: person.personId, secret: code }],
    subjects: {},
  };
}

/** @param about makes the entry's id unique for this person */
export function mailTo(
  kind: string,
  about: string,
  personId: string,
  refs: Readonly<Record<string, string>>,
  now: Date,
): OutboxEntry {
  return newOutboxEntry({
    id: `${kind}.${about}.${personId}`,
    queue: 'mail',
    kind,
    refs: { ...refs, personId },
    receiver: personId,
    now,
  });
}

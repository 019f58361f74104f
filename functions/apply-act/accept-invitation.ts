// The invited person alone sets their factor: link, code from another way, and a passkey, or a password with a first
// good code of the app. Who was invited by bootstrap is then active; anybody else waits for a second node operator (S14).

import { Refusal } from '../../core/errors.ts';
import { admitInvitationCode } from '../../core/people/invitation.ts';
import {
  type PasskeyRegistration,
  registrationDigest,
  verifyRegistration,
} from '../../core/people/passkey-registration.ts';
import { admitPassword, hashPassword } from '../../core/people/password.ts';
import type { Person } from '../../core/people/person.ts';
import type { Grant } from '../../core/people/ports.ts';
import { checkTotp } from '../../core/people/totp.ts';
import { type ApplyActPorts, mailTo } from './applying.ts';
import { admitNewPasskey } from './change-passkey.ts';

export interface PasswordSetUp {
  readonly password: string;
  /** 160 bits in base32, as the page showed it. */
  readonly totpSecret: string;
  readonly totp: string;
}

export interface PasskeySetUp {
  readonly registration: PasskeyRegistration;
}

export type AcceptInvitationInput = {
  readonly invitationId: string;
  readonly code: string;
} & (PasswordSetUp | PasskeySetUp);

/** What an invitation's first passkey is made for; page and sealing function ask for the same. */
export function registrationFor(node: string, person: string, invitationId: string) {
  const type = 'apodera/passkey-registration/v1' as const;
  return { type, node, person, ground: `invitation/${invitationId}` };
}

/** @throws Refusal INVITATION_*, PASSWORD_*, TOTP_*, FACTOR_*, PASSKEY_*, PROOF_* */
export async function acceptInvitation(
  ports: ApplyActPorts,
  input: AcceptInvitationInput,
): Promise<{ readonly state: Person['state'] }> {
  for (let again = 0; again < 5; again++) {
    const state = await acceptOnce(ports, input);
    if (state !== 'MOVED') return { state };
  }
  throw new Refusal('INVITATION_USED');
}

async function acceptOnce(
  ports: ApplyActPorts,
  input: AcceptInvitationInput,
): Promise<Person['state'] | 'MOVED'> {
  const now = ports.clock.now();
  const { invitation, person } = await requireInvitation(ports, input);
  const set =
    'registration' in input
      ? await passkeyOf(ports, person, input.invitationId, input.registration)
      : await passwordOf(ports, person, input);
  const state = invitation.bootstrap ? ('active' as const) : ('unreleased' as const);
  const accepted: Person = {
    ...person,
    ...set.change,
    state,
    activeSince: state === 'active' ? now : null,
    version: person.version + 1,
  };
  const evidence = {
    id: ports.ids.next(),
    scope: person.participant ?? 'node',
    kind: 'person.factors-set',
    at: now,
    actor: { kind: 'person' as const, personId: person.personId },
    subjects: { personId: person.personId, invitationId: invitation.invitationId },
    facts: { ...set.facts, state },
  };
  const kind = 'registration' in input ? 'mail.passkey-added' : 'mail.factors-set';
  const mail = mailTo(kind, invitation.invitationId, person.personId, {}, now);
  const used = { ...invitation, state: 'used' as const, version: invitation.version + 1 };
  const done = await ports.ledger.commit(
    [{ noun: 'invitation', invitation: used }, { noun: 'person', person: accepted }, ...set.grants],
    set.proofs,
    { evidence: [evidence], outbox: [mail] },
  );
  return done === 'MOVED' ? done : state;
}

interface FactorSet {
  readonly change: Pick<Person, 'passkeys'>;
  readonly grants: readonly Grant[];
  readonly proofs: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
}

async function passkeyOf(
  ports: ApplyActPorts,
  person: Person,
  invitationId: string,
  registration: PasskeyRegistration,
): Promise<FactorSet> {
  const passkey = verifyRegistration(registration, {
    factorPublicKey: await ports.factorPublicKey(),
    statement: registrationFor(ports.nodeFinId, person.personId, invitationId),
    now: ports.clock.now(),
  });
  const roll = await admitNewPasskey(ports, person, passkey);
  return {
    change: { passkeys: [...(person.passkeys ?? []), passkey] },
    grants: [roll],
    proofs: [registrationDigest(registration)],
    // The public key is evidence: with it the person's later proofs are verified anywhere.
    facts: { method: 'passkey', credentialId: passkey.credentialId, publicKey: passkey.publicKey },
  };
}

async function passwordOf(ports: ApplyActPorts, person: Person, input: PasswordSetUp): Promise<FactorSet> {
  if (ports.passwordFallback === 'off') throw new Refusal('FACTOR_FALLBACK_CLOSED');
  const contact = await ports.people.contact(person);
  admitPassword(input.password, contact ? [contact.name, contact.email] : []);
  const lastStep = checkTotp(input.totpSecret, input.totp, 0, ports.clock.now());
  const factor = {
    personId: person.personId,
    passwordHash: hashPassword(input.password, ports.random(16), ports.passwordCost),
    totpSecretEncrypted: await ports.encryptSecret(input.totpSecret, person.personId),
    setAt: ports.clock.now(),
    version: 1,
  };
  return {
    change: {},
    grants: [{ noun: 'factor', factor, lastStep }],
    proofs: [],
    facts: { method: 'password+totp' },
  };
}

/** Does the code belong to the invitation? Wrong ones are counted; the page asks before it shows the second step. */
export async function requireInvitation(
  ports: Pick<ApplyActPorts, 'clock' | 'invitations' | 'people'>,
  { invitationId, code }: Pick<AcceptInvitationInput, 'invitationId' | 'code'>,
) {
  const invitation = await ports.invitations.invitation(invitationId);
  if (!invitation) throw new Refusal('INVITATION_UNKNOWN');
  try {
    admitInvitationCode(invitation, code, ports.clock.now());
  } catch (error) {
    if (error instanceof Refusal && error.code === 'INVITATION_CODE_WRONG')
      await ports.invitations.countWrongCode(invitationId);
    throw error;
  }
  const person = await ports.people.person(invitation.personId);
  if (!person || person.state === 'ended') throw new Refusal('INVITATION_UNKNOWN');
  // A later invitation or reset ends an earlier one.
  if (person.state !== 'invited' || person.invitationId !== invitationId)
    throw new Refusal('INVITATION_USED');
  return { invitation, person };
}

// The invited person alone sets password and authenticator: link, code from another way, a first good code of the
// app. Who was invited by bootstrap is then active; anybody else waits for a second node operator (S14).

import { Refusal } from '../../core/errors.ts';
import { admitInvitationCode } from '../../core/people/invitation.ts';
import { admitPassword, hashPassword } from '../../core/people/password.ts';
import type { Person } from '../../core/people/person.ts';
import type { FactorRecord } from '../../core/people/ports.ts';
import { checkTotp } from '../../core/people/totp.ts';
import { type ApplyActDeps, mailTo } from './applying.ts';

export interface AcceptInvitationInput {
  readonly invitationId: string;
  readonly code: string;
  readonly password: string;
  /** 160 bits in base32, as the page showed it. */
  readonly totpSecret: string;
  readonly totp: string;
}

/** @throws Refusal INVITATION_*, PASSWORD_*, TOTP_*, FACTOR_WRONG */
export async function acceptInvitation(
  deps: ApplyActDeps,
  input: AcceptInvitationInput,
): Promise<{ readonly state: Person['state'] }> {
  const now = deps.clock.now();
  const { invitation, person } = await requireInvitation(deps, input);
  const contact = await deps.people.contact(person);
  admitPassword(input.password, contact ? [contact.name, contact.email] : []);
  checkTotp(input.totpSecret, input.totp, 0, now);
  const state = invitation.bootstrap ? ('active' as const) : ('unreleased' as const);
  const accepted: Person = {
    ...person,
    state,
    activeSince: state === 'active' ? now : null,
    version: person.version + 1,
  };
  const factor: FactorRecord = {
    personId: person.personId,
    passwordHash: hashPassword(input.password, deps.random(16), deps.passwordCost),
    totpSecretEncrypted: await deps.encryptSecret(input.totpSecret, person.personId),
    setAt: now,
    version: 1,
  };
  const evidence = {
    id: deps.ids.next(),
    scope: person.participant ?? 'node',
    kind: 'person.factors-set',
    at: now,
    actor: { kind: 'person' as const, personId: person.personId },
    subjects: { personId: person.personId, invitationId: invitation.invitationId },
    facts: { method: 'password+totp', state },
  };
  const mail = mailTo('mail.factors-set', invitation.invitationId, person.personId, {}, now);
  const used = { ...invitation, state: 'used' as const, version: invitation.version + 1 };
  const done = await deps.ledger.commit(
    [
      { noun: 'invitation', invitation: used },
      { noun: 'person', person: accepted },
      { noun: 'factor', factor },
    ],
    [],
    { evidence: [evidence], outbox: [mail] },
  );
  if (done === 'MOVED') throw new Refusal('INVITATION_USED');
  return { state };
}

/** Does the code belong to the invitation? Wrong ones are counted; the page asks before it shows the second step. */
export async function requireInvitation(
  deps: Pick<ApplyActDeps, 'clock' | 'invitations' | 'people'>,
  { invitationId, code }: Pick<AcceptInvitationInput, 'invitationId' | 'code'>,
) {
  const invitation = await deps.invitations.invitation(invitationId);
  if (!invitation) throw new Refusal('INVITATION_UNKNOWN');
  try {
    admitInvitationCode(invitation, code, deps.clock.now());
  } catch (error) {
    if (error instanceof Refusal && error.code === 'INVITATION_CODE_WRONG')
      await deps.invitations.countWrongCode(invitationId);
    throw error;
  }
  const person = await deps.people.person(invitation.personId);
  if (!person || person.state === 'ended') throw new Refusal('INVITATION_UNKNOWN');
  // A later invitation or reset ends an earlier one.
  if (person.state !== 'invited' || person.invitationId !== invitationId)
    throw new Refusal('INVITATION_USED');
  return { invitation, person };
}

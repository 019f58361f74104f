// What do the acts about people change? Invited, released, reset, ended: each checks who may stand beside whom (S13)
// against everybody who holds an office here, and tells the people concerned.

import { Refusal } from '../../core/errors.ts';
import type { ActParameters, PersonParameters } from '../../core/people/act-parameters.ts';
import { admitPersonParameters } from '../../core/people/act-parameters.ts';
import { withoutDelegation } from '../../core/people/delegation.ts';
import { admitHolder, type Holder } from '../../core/people/offices.ts';
import { withoutPasskeys } from '../../core/people/passkey.ts';
import type { Person } from '../../core/people/person.ts';
import {
  type ActContext,
  type Applied,
  type ApplyActPorts,
  holdersOf,
  invitePerson,
  joining,
  mailTo,
  newInvitation,
  nothing,
  together,
} from './applying.ts';
import { endCertificatesOf } from './end-certificates.ts';

export async function inviteOne(
  ports: ApplyActPorts,
  parameters: ActParameters['person.invite'],
  context: ActContext,
): Promise<Applied> {
  admitPersonParameters(parameters);
  if (parameters.participant !== null && !(await ports.parties.party(parameters.participant)))
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'participant',
      expected: 'a known participant',
    });
  return inviteAll(ports, [parameters], context);
}

/** Everybody of one act, each distinct from the others and from all who hold an office. */
export async function inviteAll(
  ports: ApplyActPorts,
  people: readonly PersonParameters[],
  { signers, now }: ActContext,
): Promise<Applied> {
  const { people: inOffice, roll } = await ports.people.everybody();
  const others: Holder[] = await holdersOf(ports, inOffice);
  const applied: Applied[] = [];
  for (const parameters of people) {
    const candidate = { ...parameters, taxId: parameters.tax_id };
    admitHolder(candidate, others);
    others.push(candidate);
    applied.push(invitePerson(ports, { parameters, invitedBy: signers, bootstrap: false }, now));
  }
  return joining(roll, together(applied));
}

export async function release(
  ports: ApplyActPorts,
  parameters: ActParameters['person.release'],
  { actId, signers, now }: ActContext,
): Promise<Applied> {
  const released: Applied[] = [];
  for (const personId of parameters.person_ids) {
    const person = await known(ports, personId);
    if (person.state !== 'unreleased')
      throw new Refusal('PERSON_NOT_ACTIVE', { expected: 'unreleased', found: person.state });
    const active: Person = {
      ...person,
      state: 'active',
      releasedBy: signers,
      activeSince: now,
      version: person.version + 1,
    };
    released.push({
      ...nothing,
      grants: [{ noun: 'person', person: active }],
      mails: [mailTo('mail.released', actId, personId, {}, now)],
    });
  }
  return together(released);
}

/** S14: new factors after 24 h, by the person alone; everybody near hears of it at once. */
export async function reset(
  ports: ApplyActPorts,
  { person_id: personId }: ActParameters['person.reset'],
  { actId, signers, now }: ActContext,
): Promise<Applied> {
  const person = await known(ports, personId);
  const contact = await ports.people.contact(person);
  if (!contact) throw new Refusal('PERSON_UNKNOWN');
  const invited: Person = {
    ...person,
    state: 'invited',
    invitedBy: signers,
    invitedAt: now,
    activeSince: null,
    invitationId: ports.ids.next(),
    bootstrap: false,
    ...withoutPasskeys(person, now),
    // Whoever had the lost factor may have made it.
    ...withoutDelegation(person, now),
    version: person.version + 1,
  };
  const near = [...(await ports.people.holders(person.participant)), ...(await ports.people.holders(null))];
  const ids = new Set(near.map((each) => each.personId).filter((id) => id !== personId));
  const notices = [...ids].map((id) =>
    mailTo('mail.reset-notice', actId, id, { aboutPersonId: personId }, now),
  );
  return together([
    {
      ...nothing,
      grants: [
        { noun: 'person', person: invited },
        { noun: 'noFactor', personId },
      ],
      mails: notices,
      subjects: { personId },
    },
    newInvitation(ports, invited, contact.name, 'reset', now),
  ]);
}

/** S16: certificates first, so that no moment has an ended person with an active certificate. */
export async function end(
  ports: ApplyActPorts,
  { person_id: personId }: ActParameters['person.end'],
  context: ActContext,
): Promise<Applied> {
  const person = await known(ports, personId);
  await endCertificatesOf(ports, person, context);
  const passkeys = withoutPasskeys(person, context.now);
  const ended: Person = { ...person, ...passkeys, state: 'ended', version: person.version + 1 };
  return {
    ...nothing,
    grants: [
      { noun: 'person', person: ended },
      { noun: 'noFactor', personId },
    ],
    mails: [mailTo('mail.ended', context.actId, personId, {}, context.now)],
    subjects: { personId },
  };
}

async function known(ports: ApplyActPorts, personId: string): Promise<Person> {
  const person = await ports.people.person(personId);
  if (!person || person.state === 'ended') throw new Refusal('PERSON_UNKNOWN');
  return person;
}

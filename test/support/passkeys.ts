// An apoderado with a passkey, and a confirmation that waits for them behind its mailed link.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { confirmationOf } from '../../core/people/confirmation.ts';
import { type Passkey, readAttestation } from '../../core/people/passkey.ts';
import type { Person } from '../../core/people/person.ts';
import { Authenticator } from './authenticator.ts';
import { aWaitingConfirmation, decisionId, rightCode } from './confirmation.ts';
import { press } from './passkey-browser.ts';
import { aSubject, hours } from './people.ts';
import type { Visit } from './people-door.ts';

export function aPasskey(device: Authenticator, addedAt = hours(-24)): Passkey {
  const challenge = randomBytes(32).toString('base64url');
  const found = readAttestation(device.create(challenge), challenge, new URL(device.origin).hostname);
  return { ...found, addedAt, endedAt: null };
}

export async function anApoderadoWithPasskey() {
  const device = new Authenticator();
  const waiting = await aWaitingConfirmation(['p1']);
  const { world, send } = waiting;
  const before = (await world.people.person('p1'))!;
  const person: Person = { ...before, passkeys: [aPasskey(device)], version: before.version + 1 };
  const grants = [
    { noun: 'person' as const, person },
    { noun: 'noFactor' as const, personId: 'p1' },
  ];
  await world.ledger.commit(grants, [], { evidence: [], outbox: [] });
  /** As `press` wants it: the one link is the path. */
  const visit = (_: string, { form, headers }: Visit = {}) =>
    send({ method: form ? 'POST' : 'GET', ...(form && { form }), ...(headers && { headers }) });
  return { ...waiting, visit, device, person, path: '/tasks/it' };
}

/** Confirmed by passkey; what settle-enrolment then asks of the vote. */
export async function confirmationDoor() {
  const door = await anApoderadoWithPasskey();
  const { world, device, path } = door;
  await press(door, path, { vote: 'confirm', code: rightCode }, device);
  const decision = (await world.decisions.find(decisionId))!;
  const evidence =
    (person: Person, about: Partial<typeof aSubject> = {}, factorPublicKey = world.factorSigner.publicKey) =>
    () =>
      confirmationOf({
        decision,
        subject: { ...aSubject, ...about },
        rule: 'any',
        people: [person],
        factorPublicKey,
      });
  return {
    ...door,
    decision,
    evidence,
    anotherKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  };
}

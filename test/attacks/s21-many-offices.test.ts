import { expect, test } from 'vitest';
import { contactWrites } from '../../adapters/dynamodb/people.ts';
import { isOwnForm, readPageRequest } from '../../adapters/http/page-request.ts';
import { fintech } from '../support/enrolment.ts';
import { aContact } from '../support/people.ts';
import { password } from '../support/people-world.ts';
import { origin, suspensionStand } from '../support/suspension.ts';

test('S21 who is apoderado of many participants suspends each of them: no other office stands before it', async () => {
  const stand = await suspensionStand();
  const [email, cause] = ['abogada@example.com', 'keysTaken'];
  // Seven others at companies of their own, and some invitations that nobody took up; ids sort by age.
  for (let at = 0; at < 14; at++) {
    const personId = `0${String.fromCharCode(65 + at)}`;
    const state = at % 2 ? ('invited' as const) : ('active' as const);
    await stand.addPerson({ personId, participant: `OTHER_${at}`, state });
    await stand.table.transact([contactWrites(aContact(personId, { email }))[1]!]);
  }
  await stand.table.transact([contactWrites(aContact('APODERADO', { email }))[1]!]);
  const form = { email, password, totp: stand.totp('APODERADO'), cause };
  expect((await stand.visit('/suspension', { form })).status).toBe(303);
  expect(await stand.standing()).toMatchObject({ participant: fintech.finId, state: 'unconfirmed' });
});

test('S21 a form token that is no token is refused, not a fault that wakes somebody', () => {
  const event = {
    httpMethod: 'POST',
    path: '/suspension',
    headers: {
      cookie: '__Host-apodera-form-SHINKANSEN=aaa',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ form_token: 'aaé' }).toString(),
  };
  const request = readPageRequest(event as never);
  expect(isOwnForm(request, { origin, nodeFinId: 'SHINKANSEN' })).toBe(false);
});

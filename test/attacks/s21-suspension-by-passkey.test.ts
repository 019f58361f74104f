import { expect, test } from 'vitest';
import type { Person } from '../../core/people/person.ts';
import { Authenticator } from '../support/authenticator.ts';
import { press } from '../support/passkey-browser.ts';
import { aPasskey } from '../support/passkeys.ts';
import { suspensionStand } from '../support/suspension.ts';

// Who has a passkey stops everything with it: password and app no longer count for them, and must not be missed.

async function bothByPasskey() {
  const stand = await suspensionStand();
  const devices = { OFFICER: new Authenticator(), APODERADO: new Authenticator() };
  for (const [personId, device] of Object.entries(devices)) {
    const before = (await stand.people.person(personId))!;
    const passkeys = [aPasskey(device, new Date('2026-01-01T00:00:00Z'))];
    const person: Person = { ...before, passkeys, version: before.version + 1 };
    const grants = [{ noun: 'person' as const, person }];
    await stand.ledger.commit(grants, [], { evidence: [], outbox: [] });
  }
  return { ...stand, devices };
}

const form = { step: 'passkey', cause: 'keysTaken' };

test('S21 the first word and the second are given by passkey, each over what it stops', async () => {
  const stand = await bothByPasskey();
  const { OFFICER, APODERADO } = stand.devices;
  const answer = await press(stand, '/suspension', form, OFFICER, { user: 'OFFICER' });
  expect(answer).toMatchObject({ status: 303, location: expect.stringMatching(/^\/suspension\//) });
  const standing = (await stand.standing())!;
  expect(standing.by).toMatchObject({
    personId: 'OFFICER',
    proof: { method: 'passkey', statement: { reason: 'keysTaken', participant: standing.participant } },
  });
  const link = await stand.linkOf('APODERADO');
  expect((await stand.visit(link)).body).not.toContain('name="password"');
  expect((await press(stand, link, { word: 'confirm' }, APODERADO)).status).toBe(303);
  expect((await stand.standing())!.state).toBe('confirmed');
});

test('S21 somebody else’s device, or one that only says whose it is, suspends nothing', async () => {
  const stand = await bothByPasskey();
  for (const user of ['OFFICER', 'NOBODY', 'OPERATOR', '../x'])
    expect((await press(stand, '/suspension', form, new Authenticator(), { user })).status).toBe(422);
  const { APODERADO } = stand.devices;
  expect((await press(stand, '/suspension', form, APODERADO, { user: 'OFFICER' })).status).toBe(422);
  expect(await stand.standing()).toBeUndefined();
});

test('S21 without a script the page says what a passkey needs, and nothing has changed', async () => {
  const stand = await bothByPasskey();
  const answer = await stand.visit('/suspension', { form });
  expect([answer.status, answer.body]).toEqual([422, expect.stringContaining('necesita JavaScript')]);
  expect(await stand.standing()).toBeUndefined();
});

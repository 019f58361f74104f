import { describe, expect, test } from 'vitest';
import { verifyProof } from '../../core/people/proof.ts';
import type { SuspensionStatement } from '../../core/people/statement.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { codeOf } from '../support/access-stand.ts';
import { enrolMessage, fintech } from '../support/enrolment.ts';
import { password } from '../support/people-world.ts';
import { suspensionStand } from '../support/suspension.ts';

// M8 against A3: keys, API keys and systems of a participant are in somebody else's hands. Its officer or apoderado stops
// everything with nothing but their own factor; the other one makes it final; nobody else can, and nobody can hinder it.

const both = [
  ['OFFICER', 'APODERADO'],
  ['APODERADO', 'OFFICER'],
] as const;

describe('M8/A3 the first word', () => {
  test.each(both)(
    'S21 %s alone freezes the participant at once, and the other is asked',
    async (one, other) => {
      const stand = await suspensionStand();
      const leaf = await stand.active(stand.leaf('one'));
      const answer = await stand.suspendAs(one);
      expect(answer).toMatchObject({ status: 303, location: expect.stringMatching(/^\/suspension\/.{27}$/) });
      expect(await stand.standing()).toMatchObject({
        state: 'unconfirmed',
        asked: [other],
        told: ['BANCO_CL'],
        reason: 'keysTaken',
        by: { kind: 'person', personId: one },
      });
      // A flag, not a state of the certificate; nothing ends by one word.
      expect(await stand.statusOf(leaf)).toBe('active');
      expect(stand.told().slice(1)).toEqual([
        ...['mail.suspended', 'mail.suspended', 'mail.suspended', 'event.disable'],
        ...['participant.suspend', 'suspension.overdue'],
      ]);
      const page = await stand.visit(answer.location!);
      expect([page.status, page.body?.includes('name="password"')]).toEqual([200, false]);
    },
  );

  test('S21 nothing of the participant is accepted from then on', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const suspended = await stand.disables.suspended(fintech.finId);
    const ports = {
      ...stand.ports,
      participant: async () => ({ ...fintech, suspended }),
      apoderados: async () => [],
      sourcesOf: () => [],
      countUnsigned: async () => true,
    };
    const body = enrolMessage({ leaf: stand.leaf('new') });
    const caller = { participant: fintech.finId, keyId: 'K1' };
    expect(await codeOf(admitEnrolment(ports as never, { body, signature: undefined, caller }))).toBe(
      'PARTICIPANT_SUSPENDED',
    );
  });

  test('S21 the proof is the person’s own over this node, this participant and this act, verifiable offline', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const { by, since } = (await stand.standing())!;
    if (by.kind !== 'person') throw new Error(by.kind);
    const statement = {
      type: 'apodera/suspension/v1',
      action: 'participant.suspend',
      node: 'SHINKANSEN',
      participant: fintech.finId,
      suspension: '',
      reason: 'keysTaken',
      person: 'OFFICER',
    } as const;
    const expected = {
      factorPublicKey: stand.factorSigner.publicKey,
      personId: 'OFFICER',
      votedAt: since,
      passkeys: [],
    };
    expect(verifyProof<SuspensionStatement>(by.proof, { ...expected, statement })).toBe(by.proof);
    const elsewhere = { ...statement, node: 'BANCO_CL' };
    expect(() => verifyProof(by.proof, { ...expected, statement: elsewhere })).toThrow('another statement');
  });

  test('S21 a factor of this node suspends at no other node', async () => {
    const stand = await suspensionStand();
    const statement = {
      type: 'apodera/suspension/v1',
      action: 'participant.suspend',
      node: 'BANCO_CL',
      participant: fintech.finId,
      suspension: '',
      reason: 'other',
      person: 'OFFICER',
      nonce: 'n'.repeat(27),
    } as const;
    const attempt = { method: 'password+totp' as const, password, totp: stand.totp('OFFICER') };
    const asked = stand.secondFactor.prove({ personId: 'OFFICER', statement, attempt, source: 's' });
    expect(await codeOf(asked)).toBe('PROOF_MALFORMED');
  });

  test.each([
    ['with a wrong password', 'OFFICER', { password: 'adivinanza larga pero falsa' }],
    ['with a wrong code', 'OFFICER', { totp: '000000' }],
    ['as somebody unknown', 'OFFICER', { email: 'nobody@example.com' }],
    ['as a node operator, who has another way', 'OPERATOR', {}],
  ] as const)('S21 nobody suspends %s, and the page does not say which it was', async (_, person, form) => {
    const stand = await suspensionStand();
    const answer = await stand.suspendAs(person, { form });
    expect(answer).toMatchObject({ status: 422, body: expect.stringContaining('no coinciden') });
    expect(await stand.standing()).toBeUndefined();
  });

  test('S16 an apoderado whose power is over suspends nothing', async () => {
    const stand = await suspensionStand();
    const until = new Date('2026-05-01T00:00:00Z');
    await stand.addPerson({ personId: 'FORMER', power: { from: new Date('2026-01-01'), until } });
    expect((await stand.suspendAs('FORMER')).status).toBe(422);
    expect(await stand.standing()).toBeUndefined();
  });

  test('S29 suspension is never locked: neither by a stranger’s guesses nor by one’s own at other pages', async () => {
    const stand = await suspensionStand();
    const wrong = { email: 'OFFICER@example.com', password: 'adivinanza larga pero falsa', totp: '000000' };
    for (let tries = 0; tries < 70; tries++)
      expect((await stand.visit('/suspension', { form: wrong })).status).toBe(422);
    const signIn = { type: 'apodera/sign-in/v1', node: 'SHINKANSEN', person: 'OFFICER' } as const;
    const attempt = { method: 'password+totp' as const, password: 'x', totp: '1' };
    const asked = () =>
      stand.secondFactor.prove({
        personId: 'OFFICER',
        statement: { ...signIn, nonce: 'n'.repeat(27) },
        attempt,
        source: '192.0.2.1',
      });
    for (let tries = 0; tries < 6; tries++) await codeOf(asked());
    expect(await codeOf(asked())).toBe('TRIES_EXHAUSTED');
    expect((await stand.suspendAs('OFFICER')).status).toBe(303);
  });

  test('S21 two at the same moment are one suspension, and both are let in to it', async () => {
    const stand = await suspensionStand();
    const answers = await Promise.all([stand.suspendAs('OFFICER'), stand.suspendAs('APODERADO')]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(stand.evidence().filter(({ kind }) => kind === 'participant.suspended')).toHaveLength(1);
  });

  test('opening the page changes nothing, and another site’s form nothing either', async () => {
    const stand = await suspensionStand();
    const before = stand.items.size;
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await stand.visit('/suspension', { method });
    const foreign = await stand.suspendAs('OFFICER', { headers: { origin: 'https://evil.test' } });
    expect([foreign.status, stand.items.size]).toEqual([403, before]);
  });
});

describe('M8/A3 the second word', () => {
  test.each(both)(
    'S21 after %s the other confirms: everything ends, pending ones SUSPENDED',
    async (one, other) => {
      const stand = await suspensionStand();
      const [first, second] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('two'))];
      const pending = await stand.pending(stand.leaf('three'));
      await stand.addKey('K1');
      await stand.addKey('K2');
      await stand.suspendAs(one);
      expect((await stand.say(other, 'confirm')).status).toBe(303);
      const { id } = (await stand.standing())!;
      expect(await stand.follow('CONFIRMED', id)).toEqual({ outcome: 'CARRIED_OUT' });
      for (const leaf of [first, second]) expect(await stand.statusOf(leaf)).toBe('disabled');
      expect(await stand.enrolments.find(pending.id)).toMatchObject({
        networkStatus: 'rejected',
        code: 'SUSPENDED',
      });
      const { keys } = await stand.apiKeys.heldBy(fintech.finId);
      expect(keys.map(({ endedAt }) => endedAt !== undefined)).toEqual([true, true]);
      expect(stand.told()).toContain('suspension.confirm');
      expect(stand.told()).toContain('disable.start');
      expect(stand.evidence().map(({ kind }) => kind)).toEqual(
        expect.arrayContaining([
          'suspension.confirmed',
          'certificate.disabled',
          'apiKey.ended',
          'suspension.carriedOut',
        ]),
      );
    },
  );

  test('S21 it stands after that: what ended stays frozen too, until it is lifted', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    await stand.say('APODERADO', 'confirm');
    await stand.follow('CONFIRMED', (await stand.standing())!.id);
    expect(await stand.standing()).toMatchObject({ state: 'confirmed', carriedOutAt: expect.any(Date) });
  });

  test('S13 who said the first word cannot say the second', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    expect((await stand.say('OFFICER', 'confirm')).status).toBe(303);
    expect(await stand.standing()).toMatchObject({ state: 'unconfirmed', version: 1 });
  });

  test('S13 nor does a second one of the same office: the word is the other office’s', async () => {
    const stand = await suspensionStand();
    await stand.addPerson({ personId: 'OFFICER2', office: 'securityOfficer' });
    await stand.suspendAs('OFFICER');
    await stand.say('OFFICER2', 'confirm');
    expect((await stand.standing())!.state).toBe('unconfirmed');
  });

  test('S16 whose power ended after the mail has no second word', async () => {
    const stand = await suspensionStand();
    const until = new Date(stand.clock.now().getTime() + 3_600_000);
    await stand.addPerson({ personId: 'LEAVING', power: { from: new Date('2026-01-01'), until } });
    await stand.suspendAs('OFFICER');
    expect((await stand.standing())!.asked).toContain('LEAVING');
    stand.clock.advance(2 * 3600);
    const answer = await stand.say('LEAVING', 'confirm');
    expect([answer.status, (await stand.standing())!.state]).toEqual([403, 'unconfirmed']);
  });

  test('S21 a wrong factor confirms nothing', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const answer = await stand.say('APODERADO', 'confirm', { form: { totp: '000000' } });
    expect([answer.status, (await stand.standing())!.state]).toEqual([422, 'unconfirmed']);
  });

  test('S21 a link of an older suspension confirms no newer one', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const [old, flag] = [await stand.linkOf('APODERADO'), await stand.standing()];
    await stand.ledger.commit([{ noun: 'noSuspension', suspension: flag!, at: stand.clock.now() }], [], {
      evidence: [],
      outbox: [],
    });
    const lifted = await stand.visit(old);
    expect(lifted).toMatchObject({ status: 200, body: expect.stringContaining('ya no está en suspenso') });
    await stand.suspendAs('OFFICER');
    await stand.visit(old, { form: { word: 'confirm', password, totp: stand.totp('APODERADO') } });
    expect((await stand.standing())!.state).toBe('unconfirmed');
  });

  test('S21 called a mistake it stays, and the node operators hear of it at once', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const before = stand.told().length;
    await stand.say('APODERADO', 'dispute');
    expect(await stand.standing()).toMatchObject({ state: 'unconfirmed', disputedBy: 'APODERADO' });
    expect(stand.told().slice(before)).toEqual(['mail.suspension', 'mail.suspension', 'mail.suspension']);
    expect(stand.queues.announced.at(-1)!.id).toMatch(/OPERATOR$/);
  });

  test('S21 two people call it a mistake within the second: both are heard, and nobody meets a fault', async () => {
    const stand = await suspensionStand();
    await stand.addPerson({ personId: 'SECOND' });
    await stand.suspendAs('OFFICER');
    expect((await stand.say('APODERADO', 'dispute')).status).toBe(303);
    expect((await stand.say('SECOND', 'dispute')).status).toBe(303);
    expect(await stand.standing()).toMatchObject({ state: 'unconfirmed', disputedBy: 'SECOND' });
  });

  test('S21 without an answer it does not lapse: after 24 hours the node operators are called, once', async () => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const { id } = (await stand.standing())!;
    const due = [...stand.items.values()].find(({ kind }) => kind === 'suspension.overdue')!;
    const until = stand.clock.now().getTime() + 24 * 3_600_000;
    expect(Date.parse(String(due.nextAttemptAt))).toBe(until);
    expect(await stand.follow('OVERDUE', id)).toEqual({ outcome: 'NOTHING' });
    stand.clock.advance(24 * 3600);
    expect(await stand.follow('OVERDUE', id)).toEqual({ outcome: 'CALLED' });
    expect(await stand.follow('OVERDUE', id)).toEqual({ outcome: 'NOTHING' });
    expect(stand.alarms).toEqual([fintech.finId]);
    expect(await stand.standing()).toMatchObject({ state: 'unconfirmed', overdueAt: expect.any(Date) });
    // Late is not never: the other person still may.
    await stand.say('APODERADO', 'confirm');
    expect((await stand.standing())!.state).toBe('confirmed');
  });
});

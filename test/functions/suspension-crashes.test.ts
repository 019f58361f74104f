import { expect, test } from 'vitest';
import { isOutboxItem } from '../../adapters/dynamodb/outbox.ts';
import { followSuspension } from '../../functions/follow-suspension/follow-suspension.ts';
import type { FromNode } from '../../functions/receive-node-message/receive-disable.ts';
import { receiveSuspension } from '../../functions/receive-node-message/receive-suspension.ts';
import { saySecondWord } from '../../functions/serve-suspension/second-word.ts';
import { suspendByPerson } from '../../functions/serve-suspension/suspend.ts';
import { atEveryAwait } from '../support/crash.ts';
import { fintech, network } from '../support/enrolment.ts';
import { password } from '../support/people-world.ts';
import { suspensionStand } from '../support/suspension.ts';

// Each word and what follows of it is written in one transaction with what is told of it: a process that dies at any
// await loses nothing, and who does it again does nothing twice.
type Stand = Awaited<ReturnType<typeof suspensionStand>>;

/** Records and messages to send of that kind: each must be there once for what it is about. */
function counts(stand: Stand, ...kinds: string[]): Record<string, number> {
  const entries = [...stand.items.values()].filter(isOutboxItem).map(({ kind }) => kind);
  const all = [...entries, ...stand.evidence().map(({ kind }) => kind)];
  return Object.fromEntries(kinds.map((kind) => [kind, all.filter((each) => each === kind).length]));
}

const attempt = (stand: Stand, personId: string) => ({
  method: 'password+totp' as const,
  password,
  totp: stand.totp(personId),
});

test('a first word that dies at any await and is said again is one suspension, told once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = await suspensionStand();
    const say = (over: Stand['table']) =>
      suspendByPerson(
        { ...stand.serving, ...stand.storesOver(over) },
        {
          who: { email: 'OFFICER@example.com' },
          cause: 'intruder',
          attempt: attempt(stand, 'OFFICER'),
          source: 's',
        },
      );
    const outcome = await doomed.run(() => say(doomed.wrap(stand.table)));
    await say(stand.table);
    expect(counts(stand, 'participant.suspended', 'participant.suspend', 'suspension.overdue')).toEqual({
      'participant.suspended': 1,
      'participant.suspend': 1,
      'suspension.overdue': 1,
    });
    expect(counts(stand, 'mail.suspended')).toEqual({ 'mail.suspended': 3 });
    expect((await stand.standing())!.version).toBe(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(10);
});

test('a second word that dies at any await and is said again confirms once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    const linkId = (await stand.linkOf('APODERADO')).split('/')[2]!;
    const say = (over: Stand['table']) => {
      const word = { linkId, word: 'confirm' as const, attempt: attempt(stand, 'APODERADO'), source: 's' };
      return saySecondWord({ ...stand.serving, ...stand.storesOver(over) }, word);
    };
    const outcome = await doomed.run(() => say(doomed.wrap(stand.table)));
    await say(stand.table).catch((error: { code: string }) =>
      expect(error.code).toBe('SUSPENSION_CONFIRMED'),
    );
    expect(await stand.standing()).toMatchObject({ state: 'confirmed', version: 2 });
    expect(counts(stand, 'suspension.confirmed', 'suspension.carryOut', 'suspension.confirm')).toEqual({
      'suspension.confirmed': 1,
      'suspension.carryOut': 1,
      'suspension.confirm': 1,
    });
    return outcome;
  });
  expect(places).toBeGreaterThan(10);
});

test('carrying it out that dies at any await and runs again ends each certificate and key once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = await suspensionStand();
    const leaves = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('two'))];
    const pending = await stand.pending(stand.leaf('three'));
    await stand.addKey('K1');
    await stand.addKey('K2');
    await stand.suspendAs('OFFICER');
    await stand.say('APODERADO', 'confirm');
    const suspensionId = (await stand.standing())!.id;
    const follow = (over: Stand['table']) =>
      followSuspension(
        { ...stand.following, ...stand.storesOver(over) },
        { participant: fintech.finId, suspensionId, moment: 'CONFIRMED' },
      );
    const outcome = await doomed.run(() => follow(doomed.wrap(stand.table)));
    await follow(stand.table);
    for (const leaf of leaves) expect(await stand.statusOf(leaf)).toBe('disabled');
    expect((await stand.enrolments.find(pending.id))!.code).toBe('SUSPENDED');
    const { keys } = await stand.apiKeys.heldBy(fintech.finId);
    expect(keys.every(({ endedAt }) => endedAt !== undefined)).toBe(true);
    const told = counts(
      stand,
      'certificate.disabled',
      'apiKey.ended',
      'suspension.carriedOut',
      'disable.start',
    );
    expect(told).toEqual({
      'certificate.disabled': 1,
      'apiKey.ended': 2,
      'suspension.carriedOut': 1,
      'disable.start': 1,
    });
    return outcome;
  });
  expect(places).toBeGreaterThan(20);
});

test('calling the node operators that dies at any await and runs again calls them once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = await suspensionStand();
    await stand.suspendAs('OFFICER');
    stand.clock.advance(24 * 3600);
    const suspensionId = (await stand.standing())!.id;
    const follow = (over: Stand['table']) =>
      followSuspension(
        { ...stand.following, ...stand.storesOver(over) },
        { participant: fintech.finId, suspensionId, moment: 'OVERDUE' },
      );
    const outcome = await doomed.run(() => follow(doomed.wrap(stand.table)));
    await follow(stand.table);
    expect(counts(stand, 'suspension.overdue', 'mail.suspension')).toEqual({
      // The entry that asked for it, and its record.
      'suspension.overdue': 2,
      'mail.suspension': 3,
    });
    return outcome;
  });
  expect(places).toBeGreaterThan(5);
});

test('a suspension that another node confirmed, heard at any await and again, is confirmed here once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = await suspensionStand('payoutOperator');
    const message = { bytes: Buffer.from('outer'), signature: 'a..b' };
    const said: FromNode = { from: network, apiKeyId: 'KN', messageId: 'm-1', message };
    const hear = (over: Stand['table']) =>
      receiveSuspension(
        { ...stand.serving, ...stand.storesOver(over) },
        { participant: fintech.finId, reason: 'intruder', confirmed: true },
        said,
      );
    const outcome = await doomed.run(() => hear(doomed.wrap(stand.table)));
    await hear(stand.table);
    expect(await stand.standing()).toMatchObject({ state: 'confirmed', version: 2 });
    expect(counts(stand, 'participant.suspended', 'suspension.confirmed', 'suspension.carryOut')).toEqual({
      'participant.suspended': 1,
      'suspension.confirmed': 1,
      'suspension.carryOut': 1,
    });
    return outcome;
  });
  expect(places).toBeGreaterThan(8);
});

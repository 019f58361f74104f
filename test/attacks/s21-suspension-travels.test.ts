import { beforeEach, describe, expect, test } from 'vitest';
import { isOutboxItem, readEntry } from '../../adapters/dynamodb/outbox.ts';
import { validate } from '../../adapters/http/generated/participant-suspend-parameters.js';
import { readSuspend, type SuspendForward, suspendParameters } from '../../core/disable/forward.ts';
import type { FromNode } from '../../functions/receive-node-message/receive-disable.ts';
import { receiveSuspension } from '../../functions/receive-node-message/receive-suspension.ts';
import { codeOf } from '../support/access-stand.ts';
import { fintech, network } from '../support/enrolment.ts';
import { suspensionStand } from '../support/suspension.ts';

// Suspension travels between nodes, lifting never. What a node hears freezes at once; what it ends is decided by whom it
// relies on: a payout operator follows its network, the network follows nobody.

type Stand = Awaited<ReturnType<typeof suspensionStand>>;
const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };
const said = (from: typeof bank, messageId: string): FromNode => ({
  from,
  apiKeyId: 'KN',
  messageId,
  message: { bytes: Buffer.from(`outer ${messageId}`), signature: 'a..b' },
});
const asked: SuspendForward = { participant: fintech.finId, reason: 'keysTaken', confirmed: false };
const hear = (stand: Stand, from: typeof bank, messageId: string, more: Partial<SuspendForward> = {}) =>
  receiveSuspension(stand.serving, { ...asked, ...more }, said(from, messageId));

let there: Stand;
let here: Stand;
beforeEach(async () => {
  there = await suspensionStand('payoutOperator');
  here = await suspensionStand('network');
});

test('S21 what travels is what was said, in the documented shape', () => {
  for (const confirmed of [true, false]) {
    const forward: SuspendForward = { ...asked, suspendedBy: 'apoderado', confirmed };
    const parameters = suspendParameters(forward);
    expect(validate(parameters)).toBe(true);
    expect(readSuspend(parameters)).toEqual(forward);
  }
  expect(validate({ ...suspendParameters(asked), suspended_by: 'nodeOperator' })).toBe(false);
});

describe('at a payout operator', () => {
  test('S21 the network’s word freezes at once, and the other office is asked here too', async () => {
    await hear(there, network, 'm-1', { suspendedBy: 'securityOfficer' });
    expect(await there.standing()).toMatchObject({ state: 'unconfirmed', asked: ['APODERADO'], told: [] });
    const told = there.told();
    await hear(there, network, 'm-1', { suspendedBy: 'securityOfficer' });
    await hear(there, network, 'm-2', { suspendedBy: 'securityOfficer' });
    expect(there.told()).toEqual(told);
  });

  test('S21 what the network has confirmed is carried out here, pending ones SUSPENDED, keys ended', async () => {
    const leaf = await there.active(there.leaf('one'), {}, 'E1');
    const pending = await there.pending(there.leaf('two'), 'signing', 'E2');
    await there.addKey('K1');
    await hear(there, network, 'm-1');
    await hear(there, network, 'm-2', { confirmed: true });
    await hear(there, network, 'm-2', { confirmed: true });
    const standing = (await there.standing())!;
    expect(standing).toMatchObject({ state: 'confirmed', version: 2 });
    expect(await there.follow('CONFIRMED', standing.id)).toEqual({ outcome: 'CARRIED_OUT' });
    expect(await there.statusOf(leaf)).toBe('disabled');
    expect(await there.enrolments.find(pending.id)).toMatchObject({ code: 'SUSPENDED' });
    expect((await there.apiKeys.heldBy(fintech.finId)).keys[0]?.endedAt).toBeDefined();
    // Its network knows: nobody is told back.
    expect(there.told()).not.toContain('suspension.confirm');
    expect(there.told()).not.toContain('participant.suspend');
  });

  test('S21 its own people’s word goes to the network', async () => {
    await there.suspendAs('APODERADO');
    expect((await there.standing())!.told).toEqual([network.finId]);
    expect(there.told()).toContain('participant.suspend');
  });

  test('S21 a participant that is not set up here yet is asked about again', async () => {
    expect(await codeOf(hear(there, network, 'm-1', { participant: 'NOBODY' }))).toBe('PARTICIPANT_UNKNOWN');
  });
});

describe('at the network', () => {
  test('S21 a payout operator’s word freezes here, and goes on to the others', async () => {
    await hear(here, bank, 'm-1', { suspendedBy: 'apoderado' });
    expect(await here.standing()).toMatchObject({ asked: ['OFFICER'], told: [], by: { finId: 'BANCO_CL' } });
  });

  test('S21 its "confirmed" ends nothing: our own people say the second word', async () => {
    const leaf = await here.active(here.leaf('one'));
    await hear(here, bank, 'm-1', { suspendedBy: 'apoderado', confirmed: true });
    expect((await here.standing())!.state).toBe('unconfirmed');
    expect(await here.follow('CONFIRMED', (await here.standing())!.id)).toEqual({ outcome: 'NOTHING' });
    expect(await here.statusOf(leaf)).toBe('active');
    await here.say('OFFICER', 'confirm');
    expect((await here.standing())!.state).toBe('confirmed');
  });

  test('S21 what is confirmed here is carried out at the payout operator that spoke first, too', async () => {
    const pending = await here.pending(here.leaf('one'));
    await hear(here, bank, 'm-1', { suspendedBy: 'apoderado' });
    await here.say('OFFICER', 'confirm');
    await here.follow('CONFIRMED', (await here.standing())!.id);
    const waiting = [...here.items.values()].filter(isOutboxItem).map(readEntry);
    const [confirm] = waiting.filter(({ kind }) => kind === 'suspension.confirm');
    expect(confirm?.receiver).toBe(bank.finId);
    const [start] = waiting.filter(({ kind }) => kind === 'disable.start');
    expect(JSON.parse(start!.refs.operators!)).toEqual([bank.finId]);
    const { enrolmentIds } = (await here.disables.find(start!.refs.disableId!))!;
    expect(enrolmentIds).toEqual([pending.id]);
  });

  test('S21 a payout operator freezes nobody whom it does not serve', async () => {
    const other = { finId: 'OTRO_BANCO', finIdSchema: 'SHINKANSEN' };
    expect(await codeOf(hear(here, other, 'm-1'))).toBe('ACTION_UNEXPECTED');
    expect(await here.standing()).toBeUndefined();
  });
});

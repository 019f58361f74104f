// A payout operator that was given up over a disable: the daily pass starts the telling again until it answers. Played
// with the workflow as deployed, on the local engine, in virtual time.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { deadEntries, isOutboxItem, outboxStore, readEntry, revive } from '../../adapters/dynamodb/outbox.ts';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { undeliveredDisables } from '../../adapters/dynamodb/undelivered.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { readDisableForward } from '../../core/disable/forward.ts';
import type { Holding } from '../../core/disable/plan.ts';
import { type JsonObject, readEnvelope } from '../../core/message/envelope.ts';
import { disablePolicy, outboxPolicy } from '../../core/policy.ts';
import { driveExecution } from '../../functions/drive-execution/drive-execution.ts';
import { reviveEnds, tellAgain } from '../../functions/expire-certificates/tell-again.ts';
import {
  type ForwardDisableInput,
  type ForwardDisablePorts,
  forwardDisable,
} from '../../functions/forward-disable/forward-disable.ts';
import { receiveDisable } from '../../functions/receive-node-message/receive-disable.ts';
import { VirtualClock } from '../../local/clock.ts';
import { substitute } from '../../local/stepfunctions/substitute.ts';
import { bench } from '../local/stepfunctions/support.ts';
import { atEveryAwait } from '../support/crash.ts';
import { disableStand } from '../support/disable.ts';
import { fintech, network, now } from '../support/enrolment.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';
import { suspensionStand } from '../support/suspension.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../statemachines/disable.asl.json'), 'utf8');
const definition = JSON.parse(substitute(text, { ForwardDisableFunctionArn: 'ForwardDisable' })) as object;
const operator = 'BANCO_CL';
const day = 24 * 3600;
let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

const small = () => Promise.reject(new Error('small'));
const active = { status: { networkStatus: 'active' }, use: 'signing' } as Holding;

/** A network whose participant has just disabled one certificate, and what the pass sees of its operator. */
async function disabled() {
  const stand = disableStand();
  const one = await stand.active(stand.leaf('one'));
  await stand.active(stand.leaf('other'));
  const [enrolment] = (await stand.enrolments.list(fintech.finId, { limit: 9 })).items.filter(
    ({ thumbprint }) => thumbprint === one.thumbprint,
  );
  await stand.disable({ thumbprint: one.thumbprint });
  const waiting = () => [...stand.items.values()].filter(isOutboxItem).map(readEntry);
  const starts = () => waiting().filter(({ kind }) => kind === 'disable.start');
  const [first] = starts();
  const rang: string[] = [];
  const undelivered = undeliveredDisables(stand.table, (entries) => stand.queues.announce(entries));
  const pass = (held: readonly Holding[] = [active], over = undelivered) =>
    tellAgain({
      clock: stand.clock,
      disables: { holdings: async () => held },
      undelivered: over,
      unanswered: (_, who) => void rang.push(who),
    });
  const ports = (post: ForwardDisablePorts['post']): ForwardDisablePorts => ({
    clock: stand.clock,
    ids: stand.ports.ids,
    log: { say: () => undefined },
    node: network,
    signer: party,
    certificate: async () => party.certificateDer,
    messageKey: async () => party.publicKey,
    sent: sentMessages(stand.table, { put: small, get: small }),
    post,
    peer: async (finId) => ({
      institution: { finId, finIdSchema: 'SHINKANSEN' },
      apiUrl: 'https://bank.example',
      apiKey: 'k',
    }),
    evidenceHead: async () => undefined,
    eventsUrl: async () => undefined,
    enrolments: stand.enrolments,
    disables: stand.disables,
    undelivered,
  });
  const disableId = first!.refs.disableId!;
  const giveUp = (who = operator) =>
    forwardDisable(ports(small), { disableId, operator: who, gaveUp: 'TransientOperatorSilent' });
  const kinds = () => stand.evidence().map(({ kind }) => kind);
  return {
    stand,
    enrolmentId: enrolment!.id,
    disableId,
    undelivered,
    starts,
    rang,
    pass,
    ports,
    giveUp,
    kinds,
  };
}

let it: Awaited<ReturnType<typeof disabled>>;
beforeEach(async () => {
  it = await disabled();
});
const yes = async () => ({
  status: 200,
  retryAfter: undefined,
  body: Buffer.from('{"message_id":"m"}'),
});

test('an operator that is down for ten days hears of a disable when it comes back, and follows it once', async () => {
  const there = disableStand('payoutOperator');
  const leaf = await there.active(there.leaf('one'), {}, it.enrolmentId);
  const clock = new VirtualClock({ start: now, frozen: true });
  const follow = () => {
    for (const stand of [it.stand, there]) stand.clock.set(clock.now());
  };
  let up = false;
  const post: ForwardDisablePorts['post'] = async (_url, _headers, bytes) => {
    if (!up) return { status: 503, retryAfter: undefined, body: Buffer.from('') };
    const { header, document } = readEnvelope(bytes);
    const said = { from: network, apiKeyId: 'KN', messageId: header.messageId };
    const forward = readDisableForward(document.parameters as JsonObject);
    const message = { bytes, signature: 'a..b' };
    await receiveDisable({ ...there.ports, enrolments: there.enrolments }, forward, { ...said, message });
    return yes();
  };
  const ForwardDisable = (input: ForwardDisableInput) => {
    follow();
    return forwardDisable(it.ports(post), input);
  };
  const engine = await bench({ clock, functions: { ForwardDisable }, random: () => 0.5 });
  const disableStateMachineArn = await engine.create(definition);
  const targets = { stateMachineArn: 'unused', disableStateMachineArn, functions: {} as never };
  const ports = {
    tokens: { read: async () => undefined },
    executions: executions(engine.client, undefined as never, targets),
  };
  const aDay = async () => {
    for (const entry of it.starts()) await driveExecution(ports, entry);
    await clock.advance({ seconds: day });
    follow();
    await it.pass();
  };
  for (let days = 0; days < 10; days++) await aDay();
  expect(await there.statusOf(leaf)).toBe('active');
  expect(it.rang.length).toBeGreaterThan(1);
  up = true;
  await aDay();
  expect(await there.statusOf(leaf)).toBe('disabled');
  const before = [there.items.size, it.starts().length];
  for (let days = 0; days < 20; days++) await aDay();
  expect([there.items.size, it.starts().length]).toEqual(before);
  const told = there.evidence().filter(({ kind }) => kind === 'certificate.disabled');
  expect(told).toHaveLength(1);
  expect(it.kinds().filter((kind) => /disable(Not)?Delivered$/.test(kind))).toEqual([
    'certificate.disableNotDelivered',
    'certificate.disableDelivered',
  ]);
});

test('one that was given up is told again under another name, rings, and is left to that telling', async () => {
  expect(await it.pass()).toEqual({ toldAgain: 0 });
  await it.giveUp();
  expect(await it.pass()).toEqual({ toldAgain: 1 });
  const again = it.starts().at(-1)!;
  expect(again.refs).toEqual({
    disableId: it.disableId,
    operators: JSON.stringify([operator]),
    name: `${it.disableId}-${now.getTime()}`,
  });
  // Names of executions: at most 80 characters, none of the special ones.
  expect(again.refs.name).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
  expect(it.rang).toEqual([operator]);
  it.stand.clock.advance(day);
  expect([await it.pass(), it.rang]).toEqual([{ toldAgain: 0 }, [operator]]);
});

test('a telling that ended without a word is started again, once the workflow cannot be running any more', async () => {
  const { TimeoutSeconds } = definition as { TimeoutSeconds: number };
  expect(disablePolicy.lostAfterDays * day).toBeGreaterThan(TimeoutSeconds);
  await it.giveUp();
  await it.pass();
  it.stand.clock.advance(disablePolicy.lostAfterDays * day);
  expect(await it.pass()).toEqual({ toldAgain: 1 });
});

test('a row that a node of before wrote is as good once its operator was given up again', async () => {
  const row = { pk: `DIS#${it.disableId}`, sk: `UNDELIVERED#${operator}`, at: now.toISOString() };
  await it.stand.table.write({ put: row });
  await it.giveUp();
  expect(await it.pass()).toEqual({ toldAgain: 1 });
});

test('one whose certificates have all ended here is left alone, and asked again once it has one', async () => {
  await it.giveUp();
  const ended = { ...active, status: { networkStatus: 'disabled' } } as Holding;
  const transport = { ...active, use: 'transport' } as Holding;
  expect(await it.pass([ended, transport])).toEqual({ toldAgain: 0 });
  expect(it.rang).toEqual([]);
  expect(await it.pass()).toEqual({ toldAgain: 1 });
});

test('several operators of one disable are told again by one telling', async () => {
  await it.giveUp('OTRO_CL');
  await it.giveUp();
  expect(await it.pass()).toEqual({ toldAgain: 1 });
  expect(JSON.parse(it.starts().at(-1)!.refs.operators!)).toEqual(['OTRO_CL', operator].toSorted());
  expect(it.rang.toSorted()).toEqual(['OTRO_CL', operator].toSorted());
});

test('one that has answered is told no more', async () => {
  await it.giveUp();
  expect(await forwardDisable(it.ports(yes), { disableId: it.disableId, operator })).toEqual({
    outcome: 'TOLD',
  });
  expect([await it.pass(), it.rang]).toEqual([{ toldAgain: 0 }, []]);
  expect(it.kinds().at(-1)).toBe('certificate.disableDelivered');
});

test('one that answers while the pass looks at it is not told again', async () => {
  await it.giveUp();
  const meanwhile = {
    ...it.undelivered,
    async due(at: Date) {
      const found = await it.undelivered.due(at);
      await forwardDisable(it.ports(yes), { disableId: it.disableId, operator });
      return found;
    },
  };
  const before = it.starts().length;
  expect(await it.pass([active], meanwhile)).toEqual({ toldAgain: 0 });
  expect(it.starts()).toHaveLength(before);
});

test('of more than one pass takes, those that have waited longest come first', async () => {
  const started: string[] = [];
  const many = Array.from({ length: disablePolicy.toldAgainAtOnce + 1 }, (_, at) => ({
    disableId: `D${at}`,
    operator,
    dueAt: now,
  }));
  const over = {
    ...it.undelivered,
    due: async () => many,
    tellAgain: async (those: readonly { disableId: string }[]) => {
      started.push(those[0]!.disableId);
      return true;
    },
  };
  expect(await it.pass([active], over)).toEqual({ toldAgain: disablePolicy.toldAgainAtOnce });
  expect(started).toEqual(many.slice(0, -1).map(({ disableId }) => disableId));
  expect(it.rang).toHaveLength(many.length);
});

test('a pass that dies at any await and runs again starts one telling', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const doing = await disabled();
    await doing.giveUp();
    const before = doing.starts().length;
    const over = doomed.wrap(doing.undelivered);
    const outcome = await doomed.run(() => doing.pass([active], over));
    await doing.pass();
    expect(doing.starts()).toHaveLength(before + 1);
    return outcome;
  });
  expect(places).toBeGreaterThan(1);
});

test('hearing the answer of one that was given up, and dying at any await, is written down once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const doing = await disabled();
    await doing.giveUp();
    const input = { disableId: doing.disableId, operator };
    const ports = doing.ports(yes);
    const dying = { ...ports, ...doomed.wrap({ post: yes }), undelivered: doomed.wrap(ports.undelivered) };
    const outcome = await doomed.run(() => forwardDisable(dying, input));
    await forwardDisable(ports, input);
    expect(await doing.pass()).toEqual({ toldAgain: 0 });
    expect(doing.kinds().filter((kind) => kind === 'certificate.disableDelivered')).toHaveLength(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(3);
});

/** A participant suspended and confirmed here, and whatever was to be told of it given up. */
async function givenUp() {
  const stand = await suspensionStand();
  await stand.active(stand.leaf('one'));
  await stand.suspendAs('OFFICER');
  await stand.say('APODERADO', 'confirm');
  const outbox = outboxStore(stand.table);
  const waiting = () =>
    [...stand.items.values()]
      .filter(isOutboxItem)
      .filter(({ pk }) => !pk.startsWith('OUT#dead'))
      .map(readEntry);
  const begun = stand.clock.now();
  for (const entry of waiting()) {
    const { giveUpAfterSeconds } = outboxPolicy[entry.queue];
    stand.clock.set(new Date(entry.createdAt.getTime() + giveUpAfterSeconds * 1000));
    const taken = await outbox.take(entry.id, stand.clock.now());
    expect(await outbox.postpone(taken!, stand.clock.now())).toBeUndefined();
  }
  stand.clock.set(new Date(begun.getTime() + 5 * day * 1000));
  expect(waiting()).toEqual([]);
  const pass = (held: readonly Holding[] = [active], over = stand.table) =>
    reviveEnds({
      clock: stand.clock,
      disables: { ...stand.disables, holdings: async () => held },
      suspensions: stand.suspensions,
      deadEntries: deadEntries(stand.table),
      revive: (entry, at) => revive(over, entry, at),
    });
  return {
    stand,
    waiting,
    pass,
    kinds: () =>
      waiting()
        .map(({ kind }) => kind)
        .toSorted(),
  };
}

test('S21 what a suspension had to say, or to end, is tried again each day after it was given up', async () => {
  const { stand, waiting, pass, kinds } = await givenUp();
  expect(await pass()).toEqual({ revived: 4 });
  // Mails and events are not: who was to hear of it then needs no word of it for ever.
  expect(kinds()).toEqual([
    'participant.suspend',
    'suspension.carryOut',
    'suspension.confirm',
    'suspension.overdue',
  ]);
  for (const { createdAt, attempts } of waiting())
    expect([createdAt, attempts]).toEqual([stand.clock.now(), 0]);
  expect(await pass()).toEqual({ revived: 0 });
});

test('S21 nor is a node that has left told, nor anybody once the suspension is lifted here', async () => {
  const { stand, pass, kinds } = await givenUp();
  expect(await pass([])).toEqual({ revived: 2 });
  expect(kinds()).toEqual(['suspension.carryOut', 'suspension.overdue']);
  const suspension = (await stand.standing())!;
  const lifted = { noun: 'noSuspension' as const, suspension, at: stand.clock.now() };
  await stand.ledger.commit([lifted], ['p'], { evidence: [], outbox: [] });
  expect(await pass()).toEqual({ revived: 0 });
});

test('a workflow of a disable that could not be started for a day is started the day after', async () => {
  const outbox = outboxStore(it.stand.table);
  it.stand.clock.advance(outboxPolicy.execution.giveUpAfterSeconds);
  const [start] = it.starts();
  const taken = await outbox.take(start!.id, it.stand.clock.now());
  await outbox.giveUp(taken!, it.stand.clock.now());
  expect(await outbox.take(start!.id, it.stand.clock.now())).toBeUndefined();
  const pass = () =>
    reviveEnds({
      clock: it.stand.clock,
      disables: it.stand.disables,
      suspensions: { find: async () => undefined },
      deadEntries: deadEntries(it.stand.table),
      revive: (entry, at) => revive(it.stand.table, entry, at),
    });
  const both = await Promise.all([pass(), pass()]);
  expect(both.map(({ revived }) => revived).toSorted()).toEqual([0, 1]);
  expect(await outbox.take(start!.id, it.stand.clock.now())).toMatchObject({ refs: start!.refs });
});

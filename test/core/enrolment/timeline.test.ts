import { expect, test } from 'vitest';
import type { Enrolment, OperatorAnswer, Step } from '../../../core/enrolment/enrolment.ts';
import { laterOn, timelineOf } from '../../../core/enrolment/timeline.ts';
import { openDecision } from '../../../core/people/decision.ts';
import { aSubject, hours, noon } from '../../support/people.ts';
import { anEnrolment } from '../../support/people-world.ts';

const step = (number: number, outcome: string, at = noon, by?: string) =>
  ({ number, outcome, at, ...(by && { by }) }) as Step;
const received = [step(1, 'DONE'), step(2, 'ADMITTED'), step(6, 'DONE')];
const toldOfficer = [...received, step(3, 'GOOD'), step(4, 'TOLD')];

const asked = (office: 'securityOfficer' | 'apoderado') =>
  openDecision(
    {
      enrolmentId: aSubject.enrolment_id,
      office,
      subject: aSubject,
      messageId: 'm1',
      rule: 'any',
      asked: ['olga'],
    },
    noon,
    72 * 3600,
  );
const states = (facts: Parameters<typeof timelineOf>[0]) =>
  Object.fromEntries(timelineOf(facts).map(({ number, state }) => [number, state]));
const atNetwork = (change: Partial<Enrolment>) => anEnrolment({ role: 'network', ...change });
const row = (change: Partial<OperatorAnswer>): OperatorAnswer => ({
  enrolmentId: aSubject.enrolment_id,
  operator: 'PUERTO',
  status: 'waiting',
  at: hours(1),
  ...change,
});

test('there are sixteen steps, in order, whatever is known', () => {
  for (const role of ['network', 'payoutOperator'] as const)
    for (const use of ['signing', 'transport'] as const) {
      const steps = timelineOf({ enrolment: anEnrolment({ role, use }), rows: [], decision: undefined });
      expect(steps.map(({ number }) => number)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    }
});

test('what was just received waits for the revocation source', () => {
  const steps = timelineOf({ enrolment: atNetwork({ steps: received }), rows: [], decision: undefined });
  expect(steps[2]).toMatchObject({ state: 'waiting', waitsFor: 'source', since: noon });
  expect(steps.filter(({ state }) => state === 'waiting')).toHaveLength(1);
});

test('an open decision waits for who was asked, from when to when', () => {
  const decision = asked('securityOfficer');
  const steps = timelineOf({ enrolment: atNetwork({ steps: toldOfficer }), rows: [], decision });
  expect(steps[4]).toEqual({
    number: 5,
    state: 'waiting',
    waitsFor: 'securityOfficer',
    since: noon,
    until: hours(72),
    by: ['olga'],
  });
  expect(steps.slice(6).every(({ state }) => state === 'ahead')).toBe(true);
});

test('an officer’s silence fails step 5, and nothing after it was needed', () => {
  const decision = { ...asked('securityOfficer'), state: 'expired' as const, decidedAt: hours(72) };
  const steps = [...toldOfficer, step(16, 'NO_ANSWER', hours(72))];
  const enrolment = atNetwork({ networkStatus: 'rejected', code: 'NO_ANSWER', steps });
  expect(states({ enrolment, rows: [], decision })).toMatchObject({
    5: 'failed',
    7: 'skipped',
    13: 'skipped',
    16: 'failed',
  });
});

test('a chain that was refused fails step 2, and waits for nobody', () => {
  const steps = [step(1, 'DONE'), step(2, 'CERTIFICATE_EXPIRED'), step(6, 'DONE')];
  const found = states({
    enrolment: atNetwork({ networkStatus: 'rejected', steps }),
    rows: [],
    decision: undefined,
  });
  expect(found).toMatchObject({ 2: 'failed', 3: 'skipped', 16: 'skipped' });
  expect(Object.values(found)).not.toContain('waiting');
});

test('once sent, the network waits for the operator, then for its apoderado', () => {
  const enrolment = atNetwork({ steps: toldOfficer });
  const sent = timelineOf({ enrolment, rows: [row({})], decision: undefined });
  expect(sent[6]).toMatchObject({ state: 'waiting', waitsFor: 'payoutOperator', by: ['PUERTO'] });
  const pending = timelineOf({ enrolment, rows: [row({ status: 'pending' })], decision: undefined });
  expect(pending[10]).toMatchObject({ state: 'done', outcome: 'PENDING' });
  expect(pending[12]).toMatchObject({ state: 'waiting', waitsFor: 'apoderado', since: hours(1) });
});

test('of several operators the one that has come farthest is told', () => {
  const rows = [row({ operator: 'SILENT', status: 'silent' }), row({ status: 'accepted' })];
  const steps = [...toldOfficer, step(16, 'ACTIVE', hours(2))];
  const enrolment = atNetwork({ networkStatus: 'active', steps });
  const told = timelineOf({ enrolment, rows, decision: undefined });
  expect(told[14]).toMatchObject({ state: 'done', by: ['PUERTO'] });
  // Relaxed: nobody asked the officer, and it went on.
  expect(told[4]).toMatchObject({ state: 'skipped' });
  expect(told[15]).toMatchObject({ state: 'done', outcome: 'ACTIVE' });
});

test('each step of the operator has a time: its own where it said one, else the word by which it was over', () => {
  const times = { askedAt: hours(1), pendingAt: hours(2), confirmedAt: hours(4), at: hours(5) };
  const enrolment = atNetwork({ networkStatus: 'active', steps: toldOfficer });
  const told = timelineOf({ enrolment, rows: [row({ status: 'accepted', ...times })], decision: undefined });
  const shown = told.slice(6, 15).map(({ number, at, atLatest = false }) => [number, at, atLatest]);
  expect(shown).toEqual([
    [7, hours(1), false],
    [8, hours(2), true],
    [9, hours(5), true],
    [10, hours(2), true],
    [11, hours(2), false],
    [12, hours(5), true],
    [13, hours(4), false],
    [14, hours(5), true],
    [15, hours(5), false],
  ]);
  // Whose apoderado it is the operator says; who was told did nothing.
  expect([told[12]!.role, told[12]!.by]).toEqual(['says', ['PUERTO']]);
  const old = timelineOf({ enrolment, rows: [row({ status: 'accepted' })], decision: undefined });
  expect(old.slice(7, 15).every(({ at }) => at !== undefined)).toBe(true);
});

test('a payout operator tells its own steps, and of the others that they are elsewhere', () => {
  const steps = [step(7, 'DONE'), step(8, 'ADMITTED'), step(10, 'DONE'), step(9, 'GOOD')];
  const enrolment = anEnrolment({ steps });
  expect(states({ enrolment, rows: [], decision: asked('apoderado') })).toEqual({
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 16].map((number) => [number, 'elsewhere'])),
    ...Object.fromEntries([7, 8, 9, 10, 11, 12].map((number) => [number, 'done'])),
    13: 'waiting',
    14: 'ahead',
    15: 'ahead',
  });
});

test('transport stays at its node: no operator is asked', () => {
  const enrolment = atNetwork({ use: 'transport', steps: toldOfficer });
  const found = states({ enrolment, rows: [], decision: undefined });
  for (const number of [7, 8, 12, 15]) expect(found[number]).toBe('skipped');
});

test('what ends an active certificate is told after the steps, not in place of one', () => {
  const steps = [
    ...toldOfficer,
    step(16, 'ACTIVE', hours(2)),
    step(16, 'TOLD', hours(2)),
    step(16, 'DISABLED', hours(9), 'key1'),
  ];
  const enrolment = atNetwork({ networkStatus: 'disabled', steps });
  expect(timelineOf({ enrolment, rows: [], decision: undefined })[15]).toMatchObject({ outcome: 'ACTIVE' });
  expect(laterOn(enrolment)).toEqual([step(16, 'DISABLED', hours(9), 'key1')]);
});

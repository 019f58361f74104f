// The sweep as deployed, on the local engine: what comes after what, and what one source's fault does to the others.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { handler } from '../../functions/list-due-sources/handler.ts';
import { substitute } from '../../local/stepfunctions/substitute.ts';
import { bench, type Functions, named } from '../local/stepfunctions/support.ts';
import { outcomesIn } from './lint.ts';

const text = readFileSync(
  resolve(import.meta.dirname, '../../statemachines/revocation-sweep.asl.json'),
  'utf8',
);
const definition = JSON.parse(
  substitute(text, { ListDueSourcesFunctionArn: 'ListDueSources', SweepSourceFunctionArn: 'SweepSource' }),
) as object;

async function run(functions: Functions) {
  const it = await bench({ functions, random: () => 1 });
  const { executionArn } = await it.run(definition, {});
  await it.clock.advance({ seconds: 300 });
  const swept = (it.calls.SweepSource ?? []) as unknown as { source: string }[];
  const { status, error } = await it.describe(executionArn!);
  return { status, error, swept: swept.map(({ source }) => source) };
}

test('a Choice compares only what the step before it can say', () => {
  const listed = ['DUE'] satisfies Awaited<ReturnType<typeof handler>>['outcome'][];
  expect(outcomesIn(text)).toEqual({ SourcesListed: listed });
});

test('each source that is due is swept once', async () => {
  const ListDueSources = () => ({ outcome: 'DUE', sources: ['a', 'b', 'c'] });
  const { status, swept } = await run({ ListDueSources, SweepSource: () => ({ outcome: 'PROCESSED' }) });
  expect([status, swept]).toEqual(['SUCCEEDED', ['a', 'b', 'c']]);
});

test('nothing due is nothing done', async () => {
  const { status, swept } = await run({ ListDueSources: () => ({ outcome: 'NOTHING_DUE', sources: [] }) });
  expect([status, swept]).toEqual(['SUCCEEDED', []]);
});

test('one source that breaks its function holds up no other', async () => {
  const ListDueSources = () => ({ outcome: 'DUE', sources: ['a', 'bad', 'c'] });
  const SweepSource = ({ source }: { source: string }) => {
    if (source === 'bad') throw named('TypeError');
    return { outcome: 'UNCHANGED' };
  };
  expect(await run({ ListDueSources, SweepSource })).toMatchObject({
    status: 'SUCCEEDED',
    swept: ['a', 'bad', 'c'],
  });
});

test('sources that cannot be listed fail by name, for the alarm', async () => {
  const ListDueSources = () => {
    throw named('TypeError');
  };
  expect(await run({ ListDueSources })).toMatchObject({ status: 'FAILED', error: 'SourcesNotListed' });
});

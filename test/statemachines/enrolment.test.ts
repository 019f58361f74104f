// The enrolment workflow as deployed, on the local engine, with functions that answer as their use cases do. What the
// functions decide is tested where they stand; here, what comes after what, and how long it may take.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import type { CheckRevocationOutcome } from '../../functions/check-revocation/check-revocation.ts';
import type { expireDecision } from '../../functions/expire-decision/expire-decision.ts';
import type { NotifyEnrolmentOutcome } from '../../functions/notify-enrolment/notify-enrolment.ts';
import type { Json } from '../../local/stepfunctions/definition.ts';
import { substitute } from '../../local/stepfunctions/substitute.ts';
import { type Bench, bench, type Functions, named } from '../local/stepfunctions/support.ts';
import { outcomesIn, substitutionsIn } from './lint.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../statemachines/enrolment.asl.json'), 'utf8');
const hour = 3600;
const times = { ConfirmationTimeoutSeconds: String(72 * hour), OperatorTimeoutSeconds: String(168 * hour) };
const functionNames = substitutionsIn(text).filter((name) => name.endsWith('FunctionArn'));
const definition = JSON.parse(
  substitute(text, {
    ...times,
    ...Object.fromEntries(functionNames.map((name) => [name, name.replace(/FunctionArn$/, '')])),
  }),
) as object;

type Call = { readonly enrolmentId: string; readonly taskToken: string; readonly moment: string };

/** Functions of an enrolment that goes well at a network that asks its officer; each scenario changes some. */
const goesWell = (operators: string[], more: Functions = {}): Functions => ({
  CheckRevocation: () => ({ outcome: 'GOOD' }),
  NotifyEnrolment: ({ moment }: Call) => ({
    outcome: moment === 'CHECKED' ? 'ASK' : 'TOLD',
    office: 'securityOfficer',
    operators,
  }),
  AskConfirmation: () => null,
  ExpireDecision: () => ({ outcome: 'EXPIRED' }),
  ForwardEnrolment: () => null,
  SettleEnrolment: () => ({ outcome: 'ACTIVE' }),
  ...more,
});

async function begin(functions: Functions): Promise<{ it: Bench; executionArn: string }> {
  const it = await bench({ functions, random: () => 1 });
  const { executionArn } = await it.run(definition, { enrolmentId: 'E1' });
  return { it, executionArn: executionArn! };
}

const answer = async (it: Bench, name: string, n: number, outcome: string) => {
  const { taskToken } = it.calls[name]![n] as Call;
  await it.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ outcome }) }));
  await it.clock.settled();
};

/** The states in the order of entering, without those that one after another only choose. */
async function path({ it, executionArn }: { it: Bench; executionArn: string }): Promise<string[]> {
  const events = await it.history(executionArn);
  return events
    .filter((event) => event.type === 'TaskStateEntered' || event.type === 'FailStateEntered')
    .map((event) => event.stateEnteredEventDetails!.name!);
}

const last = (it: Bench, name: string): Json => it.calls[name]!.at(-1)!;

test('a Choice compares only what the step before it can say', () => {
  // The compiler holds the words against the unions; the test holds them against the definition.
  const compared = {
    RevocationChecked: ['GOOD'] satisfies CheckRevocationOutcome['outcome'][],
    ConfirmationNeeded: ['ASK', 'FORWARD'] satisfies NotifyEnrolmentOutcome['outcome'][],
    ConfirmationDecided: ['CONFIRMED'] satisfies Awaited<ReturnType<typeof expireDecision>>['outcome'][],
  };
  expect(outcomesIn(text)).toEqual(compared);
});

describe('an enrolment', () => {
  test.each([[[]], [['B1']], [['B1', 'B2', 'B3']]])(
    'confirmed and heard by the operators %j is settled and told',
    async (operators) => {
      const run = await begin(goesWell(operators));
      await answer(run.it, 'AskConfirmation', 0, 'CONFIRMED');
      for (const n of operators.keys()) await answer(run.it, 'ForwardEnrolment', n, 'ACCEPTED');
      expect((await run.it.describe(run.executionArn)).status).toBe('SUCCEEDED');
      expect(await path(run)).toEqual([
        'CheckRevocation',
        'NotifyEnrolment',
        'AskConfirmation',
        ...operators.map(() => 'ForwardEnrolment'),
        'SettleEnrolment',
        'TellOutcome',
      ]);
      expect(
        (run.it.calls.ForwardEnrolment ?? []).map(
          (call) => (call as unknown as { operator: string }).operator,
        ),
      ).toEqual(operators);
    },
  );

  test('that is not good is settled at once, and nobody is asked', async () => {
    const run = await begin(goesWell([], { CheckRevocation: () => ({ outcome: 'REVOKED' }) }));
    expect(await path(run)).toEqual(['CheckRevocation', 'SettleEnrolment', 'TellOutcome']);
    expect(last(run.it, 'SettleEnrolment')).toEqual({ enrolmentId: 'E1', finding: 'REVOKED' });
  });

  test('whose revocation source is unreachable is tried for about an hour, then settled as such', async () => {
    const unreachable = () => {
      throw named('TransientRevocationUnavailable');
    };
    const run = await begin(goesWell([], { CheckRevocation: unreachable }));
    await run.it.clock.advance({ seconds: 45 * 60 });
    expect((await run.it.describe(run.executionArn)).status).toBe('RUNNING');
    await run.it.clock.advance({ seconds: 45 * 60 });
    expect((await run.it.describe(run.executionArn)).status).toBe('SUCCEEDED');
    expect(last(run.it, 'SettleEnrolment')).toEqual({ enrolmentId: 'E1', finding: 'REVOCATION_UNAVAILABLE' });
  });

  test('that a person rejects goes to no operator', async () => {
    const run = await begin(goesWell(['B1']));
    await answer(run.it, 'AskConfirmation', 0, 'REJECTED');
    expect(await path(run)).toEqual([
      'CheckRevocation',
      'NotifyEnrolment',
      'AskConfirmation',
      'SettleEnrolment',
      'TellOutcome',
    ]);
  });

  test('that nobody answers ends after 72 hours', async () => {
    const run = await begin(goesWell(['B1']));
    await run.it.clock.advance({ seconds: 72 * hour - 1 });
    expect((await run.it.describe(run.executionArn)).status).toBe('RUNNING');
    await run.it.clock.advance({ seconds: 1 });
    expect((await run.it.describe(run.executionArn)).status).toBe('SUCCEEDED');
    expect((await path(run)).slice(2)).toEqual([
      'AskConfirmation',
      'ExpireDecision',
      'SettleEnrolment',
      'TellOutcome',
    ]);
  });

  test('decided in the last second counts as decided', async () => {
    const run = await begin(goesWell([], { ExpireDecision: () => ({ outcome: 'CONFIRMED' }) }));
    await run.it.clock.advance({ seconds: 72 * hour });
    expect((await run.it.describe(run.executionArn)).status).toBe('SUCCEEDED');
    expect(await path(run)).toContain('ExpireDecision');
  });

  test('is settled with the operators that answer within seven days; a silent one aborts nobody', async () => {
    const run = await begin(goesWell(['B1', 'B2']));
    await answer(run.it, 'AskConfirmation', 0, 'CONFIRMED');
    await answer(run.it, 'ForwardEnrolment', 1, 'ACCEPTED');
    await run.it.clock.advance({ seconds: 168 * hour - 1 });
    expect((await run.it.describe(run.executionArn)).status).toBe('RUNNING');
    await run.it.clock.advance({ seconds: 1 });
    expect((await run.it.describe(run.executionArn)).status).toBe('SUCCEEDED');
  });

  test('ended meanwhile is told without asking anybody', async () => {
    const run = await begin(
      goesWell([], {
        NotifyEnrolment: ({ moment }: Call) => ({
          outcome: moment === 'CHECKED' ? 'ENDED' : 'TOLD',
          office: 'apoderado',
          operators: [],
        }),
      }),
    );
    expect(await path(run)).toEqual(['CheckRevocation', 'NotifyEnrolment', 'SettleEnrolment', 'TellOutcome']);
  });

  test('whose function asks twice gives the second asking another token', async () => {
    let asked = 0;
    const functions = goesWell([], {
      AskConfirmation: () => {
        asked += 1;
        if (asked === 1) throw named('TransientTableBusy');
        return null;
      },
    });
    const run = await begin(functions);
    await run.it.clock.advance({ seconds: 10 });
    const [first, second] = run.it.calls.AskConfirmation as unknown as Call[];
    expect(first!.taskToken).not.toBe(second!.taskToken);
    await answer(run.it, 'AskConfirmation', 1, 'CONFIRMED');
    expect((await run.it.describe(run.executionArn)).status).toBe('SUCCEEDED');
  });

  test('that cannot be settled fails by name, for the alarm', async () => {
    const broken = () => {
      throw named('TypeError');
    };
    const run = await begin(goesWell([], { SettleEnrolment: broken }));
    await answer(run.it, 'AskConfirmation', 0, 'CONFIRMED');
    expect(await run.it.describe(run.executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'EnrolmentNotSettled',
    });
  });

  test('that failed is settled by the same input under another name, which finds what was decided', async () => {
    let broken = true;
    const functions = goesWell([], {
      SettleEnrolment: () => {
        if (broken) throw named('TypeError');
        return { outcome: 'ACTIVE' };
      },
    });
    const run = await begin(functions);
    await answer(run.it, 'AskConfirmation', 0, 'CONFIRMED');
    broken = false;
    const again = await run.it.run(definition, { enrolmentId: 'E1' });
    await answer(run.it, 'AskConfirmation', 1, 'CONFIRMED');
    expect(again.executionArn).not.toBe(run.executionArn);
    expect((await run.it.describe(again.executionArn!)).status).toBe('SUCCEEDED');
    expect(last(run.it, 'NotifyEnrolment')).toMatchObject({ moment: 'SETTLED' });
  });

  test.each(['CheckRevocation', 'NotifyEnrolment', 'ExpireDecision'])(
    'is settled all the same when %s is broken',
    async (name) => {
      const broken = () => {
        throw named('TypeError');
      };
      const run = await begin(
        goesWell([], { [name]: broken, SettleEnrolment: () => ({ outcome: 'REJECTED' }) }),
      );
      await run.it.clock.advance({ seconds: 72 * hour });
      const settled = last(run.it, 'SettleEnrolment') as { finding: string };
      expect(settled.finding).toBe('FAULT');
    },
  );
});

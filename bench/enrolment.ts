// A3: what one enrolment costs, counted and not timed: state transitions and write units of both nodes in the local
// run, from the request to the settled certificate and its chained evidence, halved to one node.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chapters } from '../local/demo/chapters.ts';
import { Story } from '../local/demo/story.ts';
import { callJson } from '../local/endpoints/call.ts';
import { startWhole, type Whole } from '../local/start.ts';
import type { Figure } from './figure.ts';

const aims = { transitions: 12, writeUnits: 48 } as const;
const nodes = 2;

export async function enrolmentFigures(): Promise<readonly Figure[]> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-bench-'));
  const whole = await startWhole({ dataFolder, ports: 'free', counted: true });
  try {
    const proxy = whole.laptop.faultProxy!;
    const chapters = new Chapters(whole, new Story(whole.clock, false, () => {}));
    await whole.clock.settled();
    proxy.resetCounts();
    const { id } = await chapters.enrol(whole.seed.participants[0]!);
    // The chain writer and the outbox finish what the enrolment began.
    await whole.clock.advance({ seconds: 120 });
    const { writeUnits } = proxy.counts();
    const transitions = await transitionsOf(whole, id);
    return [
      figure('A3-sfn', 'state transitions of one enrolment, one node', transitions / nodes, aims.transitions),
      figure('A3-wcu', 'write units of one enrolment, one node', writeUnits / nodes, aims.writeUnits),
    ];
  } finally {
    await whole.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

function figure(id: string, what: string, value: number, aim: number): Figure {
  return { id, what, value, reference: 'counted in the local run', aim, holds: value <= aim, unit: 'count' };
}

/** A transition is a state entered (how Step Functions bills Standard workflows). */
async function transitionsOf({ laptop }: Whole, enrolmentId: string): Promise<number> {
  const call = (operation: string, input: Record<string, string | number>) =>
    callJson(laptop.statesUrl, 'states', `AWSStepFunctions.${operation}`, input);
  const { stateMachines } = (await call('ListStateMachines', {})) as {
    stateMachines: { stateMachineArn: string }[];
  };
  let entered = 0;
  for (const { stateMachineArn } of stateMachines) {
    const { executions } = (await call('ListExecutions', { stateMachineArn })) as {
      executions: { executionArn: string; name: string }[];
    };
    for (const { executionArn, name } of executions) {
      if (name !== enrolmentId) continue;
      const history = (await call('GetExecutionHistory', { executionArn, maxResults: 1000 })) as {
        events: { type: string }[];
      };
      entered += history.events.filter(({ type }) => type.endsWith('StateEntered')).length;
    }
  }
  return entered;
}

import { describe, expect, test } from 'vitest';
import type { Flow } from '../../local/stepfunctions/definition.ts';
import { unassignedReads } from './variables.ts';

const flow = (States: object): Flow => ({ StartAt: Object.keys(States)[0]!, States }) as Flow;
const reads = (expression: string) => ({ Type: 'Pass', Output: `{% ${expression} %}`, End: true });
const pass = (Next: string, Assign: object = {}) => ({ Type: 'Pass', Assign, Next });
const task = (more: object) => ({ Type: 'Task', Resource: 'r', Arguments: {}, ...more });

// [what, the flow, the reads that come too early]
const rows: readonly [string, Flow, string[]][] = [
  ['a variable assigned before', flow({ A: pass('B', { v: 1 }), B: reads('$v') }), []],
  ['a variable never assigned', flow({ A: reads('$v') }), ['A: $v may be unassigned']],
  [
    'a variable read where it is assigned',
    flow({ A: { ...reads('1'), Assign: { v: '{% $v + 1 %}' } } }),
    ['A: $v may be unassigned'],
  ],
  [
    'a variable that a catcher does not assign',
    flow({
      A: task({ Assign: { v: 1 }, Next: 'B', Catch: [{ ErrorEquals: ['E'], Next: 'B' }] }),
      B: reads('$v'),
    }),
    ['B: $v may be unassigned'],
  ],
  [
    'a variable that both ways assign',
    flow({
      A: task({ Assign: { v: 1 }, Next: 'B', Catch: [{ ErrorEquals: ['E'], Assign: { v: 2 }, Next: 'B' }] }),
      B: reads('$v'),
    }),
    [],
  ],
  [
    'a variable that one choice assigns',
    flow({
      A: { Type: 'Choice', Choices: [{ Condition: true, Assign: { v: 1 }, Next: 'B' }], Default: 'B' },
      B: reads('$v'),
    }),
    ['B: $v may be unassigned'],
  ],
  [
    'a loop',
    flow({
      A: pass('B', { v: 1 }),
      B: { Type: 'Choice', Choices: [{ Condition: '{% $v > 9 %}', Next: 'C' }], Default: 'D' },
      C: reads('$v'),
      D: pass('B', { v: '{% $v + 1 %}' }),
    }),
    [],
  ],
  [
    'an outer variable in a Map',
    flow({
      A: pass('M', { v: 1 }),
      M: { Type: 'Map', ItemProcessor: flow({ In: reads('$v & $w') }), End: true },
    }),
    ['In: $w may be unassigned'],
  ],
  [
    'a variable of a Map outside it',
    flow({
      M: { Type: 'Map', ItemProcessor: flow({ In: { ...reads('1'), Assign: { v: 1 } } }), Next: 'B' },
      B: reads('$v'),
    }),
    ['B: $v may be unassigned'],
  ],
  [
    'functions, parameters, local names, strings and $states',
    flow({
      A: reads("($x := $sum([1]); $map([$x], function($y, $i) { $y + $i + $states.input.z }) & '$no')"),
    }),
    [],
  ],
];

describe('definite assignment', () => {
  test.each(rows)('%s', (_, definition, expected) => {
    expect(unassignedReads(definition)).toEqual(expected);
  });
});

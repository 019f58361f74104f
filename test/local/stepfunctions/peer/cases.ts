// Small definitions on which two engines should agree, and what to do with the tokens that they hand out.

const task = (payload: object, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'peer', Payload: payload },
  Output: '{% $states.result.Payload %}',
  ...more,
});
const wait = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: {
    FunctionName: 'peer',
    Payload: {
      taskToken: '{% $states.context.Task.Token %}',
      execution: '{% $states.context.Execution.Id %}',
    },
  },
  ...more,
});
const flow = (states: Record<string, object>) => ({ StartAt: Object.keys(states)[0]!, States: states });
const one = (state: object) => flow({ It: { ...state, End: true } });
const busyOnce = { fail: "{% $states.context.State.RetryCount < 1 ? 'TransientBusy' : '' %}" };
const caught = { ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'Caught' };

export interface Case {
  readonly definition: object;
  readonly input?: unknown;
  /** What happens to each new token, in order. */
  readonly answers?: readonly ({ readonly output: unknown } | { readonly error: string })[];
}

export const cases: Readonly<Record<string, Case>> = {
  'a value with quotes': {
    definition: one({ Type: 'Pass', Output: "{% $states.input & '!' %}" }),
    input: 'say "hi"',
  },
  'variables with quotes': {
    definition: flow({
      A: { Type: 'Pass', Assign: { v: '{% $states.input %}' }, Next: 'B' },
      B: { Type: 'Pass', Output: ['{% $v %}', '{% $states.input %}'], End: true },
    }),
    input: 'say "hi"',
  },
  'one match is no array': {
    definition: one({ Type: 'Pass', Output: '{% $states.input.x[n=1].n %}' }),
    input: { x: [{ n: 1 }, { n: 2 }] },
  },
  nothing: { definition: one({ Type: 'Pass', Output: '{% $states.input.none %}' }) },
  'a thrown expression': { definition: one({ Type: 'Pass', Output: "{% $error('no') %}" }) },
  'a choice': {
    definition: flow({
      C: {
        Type: 'Choice',
        Choices: [{ Condition: "{% $states.input.outcome = 'A' %}", Next: 'A' }],
        Default: 'B',
      },
      A: { Type: 'Succeed' },
      B: { Type: 'Fail', Error: 'B' },
    }),
    input: { outcome: 'A' },
  },
  'no choice': {
    definition: flow({
      C: { Type: 'Choice', Choices: [{ Condition: false, Next: 'A' }] },
      A: { Type: 'Succeed' },
    }),
  },
  'Succeed with Output': {
    definition: flow({ S: { Type: 'Succeed', Output: { a: '{% $states.input %}' } } }),
    input: 3,
  },
  'Fail with an expression': { definition: flow({ F: { Type: 'Fail', Error: "{% 'My' & 'Error' %}" } }) },
  'a wait': { definition: one({ Type: 'Wait', Seconds: '{% 1 %}' }), input: 5 },
  'a task': { definition: one(task({ a: '{% $states.input %}' })), input: [1, 'two'] },
  'a task that fails': { definition: one(task({ fail: 'Mine' })) },
  'a task that is caught': {
    definition: flow({
      It: task({ fail: 'Mine' }, { Catch: [caught], End: true }),
      Caught: { Type: 'Succeed' },
    }),
  },
  'a task that is retried': {
    definition: one(task(busyOnce, { Retry: [{ ErrorEquals: ['TransientBusy'], IntervalSeconds: 1 }] })),
  },
  'a map': {
    definition: one({
      Type: 'Map',
      Items: '{% $states.input %}',
      MaxConcurrency: 1,
      ItemSelector: { n: '{% $states.context.Map.Item.Value %}', i: '{% $states.context.Map.Item.Index %}' },
      ItemProcessor: flow({
        In: { Type: 'Pass', Output: '{% $states.input.n * 10 + $states.input.i %}', End: true },
      }),
    }),
    input: [1, 2, 3],
  },
  'a map that is caught': {
    definition: flow({
      It: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: flow({ In: { Type: 'Fail', Error: 'Bad' } }),
        Catch: [caught],
        End: true,
      },
      Caught: { Type: 'Succeed' },
    }),
    input: [1],
  },
  'a token': {
    definition: one(wait({ TimeoutSeconds: 60 })),
    answers: [{ output: { outcome: 'CONFIRMED' } }],
  },
  'a token that fails': {
    definition: flow({
      It: wait({ TimeoutSeconds: 60, Catch: [caught], End: true }),
      Caught: { Type: 'Succeed' },
    }),
    answers: [{ error: 'Mine' }],
  },
  'a token that is retried': {
    definition: one(
      wait({ TimeoutSeconds: 60, Retry: [{ ErrorEquals: ['TransientBusy'], IntervalSeconds: 1 }] }),
    ),
    answers: [{ error: 'TransientBusy' }, { output: 2 }],
  },
  'a token that times out': {
    definition: flow({
      It: wait({ TimeoutSeconds: 2, Catch: [caught], End: true }),
      Caught: { Type: 'Succeed' },
    }),
  },
  'a heartbeat that does not come': {
    definition: flow({
      It: wait({
        TimeoutSeconds: 8,
        HeartbeatSeconds: 1,
        Catch: [{ ...caught, ErrorEquals: ['States.HeartbeatTimeout'] }],
        End: true,
      }),
      Caught: { Type: 'Succeed' },
    }),
  },
  'an execution that times out': { definition: { TimeoutSeconds: 1, ...one({ Type: 'Wait', Seconds: 4 }) } },
};

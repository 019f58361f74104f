// biome-ignore-all lint/suspicious/noTemplateCurlyInString: SAM's substitutions look like this
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lint, outcomesIn, substitutionsIn, validatorProblems } from './lint.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'statemachines');
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.asl.json')) : [];

test('statemachines/, where it exists, holds definitions', () => {
  expect(existsSync(folder)).toBe(files.length > 0);
});

for (const file of files) {
  test(`${file} keeps the house rules`, () => {
    const text = readFileSync(join(folder, file), 'utf8');
    expect([...lint(text, join(root, 'functions')), ...validatorProblems(text)]).toEqual([]);
  });
}

const Retry = [
  {
    ErrorEquals: ['Lambda.ServiceException', 'Lambda.TooManyRequestsException', 'TransientThrottled'],
    IntervalSeconds: 1,
    MaxAttempts: 5,
    BackoffRate: 2,
    JitterStrategy: 'FULL',
  },
];
const others = { ErrorEquals: ['States.ALL'], Next: 'Broken' };

/** A definition that keeps every rule; each row below breaks one. */
function good() {
  return {
    Comment:
      'Started by the admission of an enrolment; ends when it is active or rejected; lasts 72 h at most.',
    QueryLanguage: 'JSONata',
    StartAt: 'AskConfirmation',
    States: {
      AskConfirmation: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: {
          FunctionName: '${AskConfirmationFunction}',
          Payload: {
            taskToken: '{% $states.context.Task.Token %}',
            enrolmentId: '{% $states.input.enrolmentId %}',
          },
        },
        TimeoutSeconds: '{% ${ConfirmationSeconds} %}',
        Retry,
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'ExpireDecision' }, others],
        Output: '{% $states.result %}',
        Next: 'Decided',
      },
      ExpireDecision: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: '${ExpireDecisionFunctionArn}', Payload: {} },
        TimeoutSeconds: 30,
        Retry,
        Catch: [others],
        Output: '{% $states.result.Payload %}',
        Next: 'Decided',
      },
      Decided: {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $states.input.outcome = 'CONFIRMED' %}", Next: 'Done' },
          { Condition: "{% $states.input.outcome in ['REJECTED', 'NO_ANSWER'] %}", Next: 'Done' },
        ],
      },
      Done: { Type: 'Succeed' },
      Broken: { Type: 'Fail', Error: 'Broken' },
    },
  };
}
type Good = ReturnType<typeof good>;

const rows: readonly [string, (it: Good) => unknown, string][] = [
  ['JSONPath', (it) => (it.QueryLanguage = 'JSONPath'), "'QueryLanguage' must be 'JSONata'"],
  ['no comment', (it) => (it.Comment = ''), "the top 'Comment' must say"],
  [
    'a comment that does not say how long',
    (it) => (it.Comment = 'started by x, ends by y'),
    "the top 'Comment' must say",
  ],
  [
    'a Task without a timeout',
    (it) => Reflect.deleteProperty(it.States.ExpireDecision, 'TimeoutSeconds'),
    "ExpireDecision: a Task has 'TimeoutSeconds'",
  ],
  [
    'a Task without Catch',
    (it) => (it.States.ExpireDecision.Catch = []),
    'ExpireDecision: a Task has a Catch',
  ],
  [
    'a Task without Retry',
    (it) => (it.States.ExpireDecision.Retry = []),
    'ExpireDecision: a Task retries service errors',
  ],
  [
    'a retry of everything',
    (it) => (it.States.ExpireDecision.Retry = [{ ...Retry[0]!, ErrorEquals: ['States.ALL'] }]),
    "'States.ALL' is not retried",
  ],
  [
    'a retry of a refusal',
    (it) => (it.States.ExpireDecision.Retry = [{ ...Retry[0]!, ErrorEquals: ['Refusal'] }]),
    "'Refusal' is not retried",
  ],
  [
    'a retry of a timeout',
    (it) => (it.States.AskConfirmation.Retry = [{ ...Retry[0]!, ErrorEquals: ['States.Timeout'] }]),
    "'States.Timeout' is not retried",
  ],
  [
    'a wildcard, which AWS does not know',
    (it) => (it.States.ExpireDecision.Retry = [{ ...Retry[0]!, ErrorEquals: ['Transient*'] }]),
    "'Transient*' is not retried",
  ],
  [
    'a retry without jitter',
    (it) => (it.States.ExpireDecision.Retry = [{ ...Retry[0]!, JitterStrategy: 'NONE' }]),
    "a retrier has 'JitterStrategy': 'FULL'",
  ],
  [
    'a Catch that does not take the rest',
    (it) => (it.States.ExpireDecision.Catch = [{ ...others, ErrorEquals: ['A'] }]),
    "the last catcher takes 'States.ALL'",
  ],
  [
    'a catcher after States.ALL',
    (it) => (it.States.ExpireDecision.Catch = [others, { ...others, ErrorEquals: ['A'] }]),
    "'States.ALL' must stand alone, and last",
  ],
  [
    'a wait with a number for a timeout',
    (it) => (it.States.AskConfirmation.TimeoutSeconds = '{% 60 %}'),
    "'TimeoutSeconds' of a wait comes from a substitution",
  ],
  [
    'a wait without its own timeout',
    (it) => (it.States.AskConfirmation.Catch = [others]),
    "a wait has its own Catch of 'States.Timeout'",
  ],
  [
    'a wait whose timeout is a failure',
    (it) => (it.States.AskConfirmation.Catch[0]!.Next = 'Broken'),
    'is not handled as failures are',
  ],
  [
    'a wait that shares its timeout',
    (it) => (it.States.AskConfirmation.Catch[0]!.ErrorEquals = ['States.Timeout', 'X']),
    "a wait has its own Catch of 'States.Timeout'",
  ],
  [
    'a wait that gives its token to nobody',
    (it) => Reflect.deleteProperty(it.States.AskConfirmation.Arguments.Payload, 'taskToken'),
    'it waits for a token that it gives to nobody',
  ],
  [
    'a token that nobody waits for',
    (it) => (it.States.AskConfirmation.Resource = 'arn:aws:states:::lambda:invoke'),
    'it gives away a token that it does not wait for',
  ],
  [
    'a heartbeat as long as the timeout',
    (it) => Object.assign(it.States.AskConfirmation, { TimeoutSeconds: 60, HeartbeatSeconds: 60 }),
    "'HeartbeatSeconds' is smaller than 'TimeoutSeconds'",
  ],
  [
    'a Task that is not named after its function',
    (it) => (it.States.ExpireDecision.Arguments.FunctionName = '${OtherFunction}'),
    'ExpireDecision: a Task is named after its function: Other…',
  ],
  [
    'a function by name',
    (it) => (it.States.ExpireDecision.Arguments.FunctionName = 'expire'),
    "'FunctionName' is a substitution",
  ],
  ['a function that does not exist', () => undefined, 'functions/ask-confirmation does not exist'],
  [
    'a state in camelCase',
    (it) => Object.assign(it.States, { done: it.States.Done }),
    'done: a state is named in PascalCase',
  ],
  [
    'a Choice on something else',
    (it) => (it.States.Decided.Choices[0]!.Condition = "{% $states.input.status = 'A' %}"),
    'Decided: a Choice compares one string',
  ],
  [
    'a Choice that computes',
    (it) => (it.States.Decided.Choices[0]!.Condition = "{% $states.input.outcome = 'A' or true %}"),
    'Decided: a Choice compares one string',
  ],
  [
    'a Choice of two outcomes',
    (it) => (it.States.Decided.Choices[0]!.Condition = "{% $other.outcome = 'A' %}"),
    'Decided: a Choice compares one `outcome`, not several',
  ],
  [
    'sixteen states',
    (it) =>
      Object.assign(
        it.States,
        Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`More${n}`, { Type: 'Succeed' }])),
      ),
    '16 states, where 15 are the most',
  ],
  [
    'what the engine refuses',
    (it) => Object.assign(it.States.Done, { Type: 'Parallel', Branches: [], End: true }),
    "the engine: state type 'Parallel' is not supported",
  ],
];

describe('the house rules refuse', () => {
  test.each(rows)('%s', (_, breakIt, words) => {
    const definition = good();
    breakIt(definition);
    expect(lint(JSON.stringify(definition), join(root, 'nowhere')).join('\n')).toContain(words);
  });

  test('what is no definition', () => {
    for (const text of ['', '[]', '{}', 'null']) expect(lint(text)).toEqual(['the file is no JSON object']);
  });
});

describe('the house rules', () => {
  test('let a good definition pass', () => {
    const text = JSON.stringify(good());
    expect([...lint(text), ...validatorProblems(text)]).toEqual([]);
  });

  test('ask asl-validator too', () => {
    expect(validatorProblems(JSON.stringify({ ...good(), StartAt: 'Nowhere' }))).not.toEqual([]);
  });

  test('let a second Task of a function say what it is for, and any but a wait retry its timeout', () => {
    const definition = good() as unknown as { StartAt: string; States: Record<string, object> };
    const again = { ...good().States.ExpireDecision, Next: 'AskConfirmation' };
    const timeouts = [{ ...Retry[0]!, ErrorEquals: ['States.Timeout'] }];
    definition.States.Sweep = { ...again, Retry: timeouts };
    definition.StartAt = 'Sweep';
    expect(lint(JSON.stringify(definition))).toEqual([]);
  });

  test('know the outcomes and substitutions of a definition', () => {
    const text = JSON.stringify(good());
    expect(outcomesIn(text)).toEqual({ Decided: ['CONFIRMED', 'REJECTED', 'NO_ANSWER'] });
    expect(substitutionsIn(text)).toEqual([
      'AskConfirmationFunction',
      'ConfirmationSeconds',
      'ExpireDecisionFunctionArn',
    ]);
  });

  test('reach into a Map', () => {
    const definition = good() as unknown as { StartAt: string; States: Record<string, object> };
    const inner = { StartAt: 'forward', States: { forward: { Type: 'Pass', End: true } } };
    definition.States.Each = { Type: 'Map', ItemProcessor: inner, Next: 'AskConfirmation' };
    definition.StartAt = 'Each';
    expect(lint(JSON.stringify(definition))).toEqual(['forward: a state is named in PascalCase']);
  });
});

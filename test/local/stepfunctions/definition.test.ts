// biome-ignore-all lint/suspicious/noTemplateCurlyInString: SAM's substitutions look like this
import { ValidateStateMachineDefinitionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { substitute } from '../../../local/stepfunctions/substitute.ts';
import { examine } from '../../../local/stepfunctions/validate.ts';
import { bench, flow, invoke, only, waitForToken } from './support.ts';

const task = (fields: object) =>
  only({ Type: 'Task', Resource: invoke, Arguments: { FunctionName: 'f' }, ...fields });
const pass = (fields: object) => only({ Type: 'Pass', ...fields });
const map = (fields: object) =>
  only({ Type: 'Map', ItemProcessor: flow({ In: { Type: 'Pass', End: true } }), ...fields });

/** What is refused, and the words that name it. */
const refused: readonly [string, object, string][] = [
  ['JSONPath', { QueryLanguage: 'JSONPath', ...pass({}) }, "'QueryLanguage' must be 'JSONata'"],
  [
    'a definition without a query language',
    { QueryLanguage: undefined, ...pass({}) },
    "'QueryLanguage' must be 'JSONata'",
  ],
  [
    'a state with JSONPath',
    pass({ QueryLanguage: 'JSONPath' }),
    "'QueryLanguage' must be 'JSONata' at /States/It",
  ],
  ['an unknown field at the top', { Color: 1, ...pass({}) }, "field 'Color' is not supported at /"],
  ['a flow without states', { StartAt: 'A', States: {} }, 'These fields are required: [States]'],
  ['a start that does not exist', { ...pass({}), StartAt: 'B' }, "state 'B' does not exist at /StartAt"],
  ['an execution timeout that is no integer', { TimeoutSeconds: '60', ...pass({}) }, 'at /TimeoutSeconds'],
  ['Parallel', only({ Type: 'Parallel', Branches: [] }), "state type 'Parallel' is not supported"],
  ['an unknown state type', only({ Type: 'Loop' }), "state type 'Loop' is not supported"],
  [
    'a next state that does not exist',
    flow({ A: { Type: 'Pass', Next: 'Z' } }),
    "state 'Z' does not exist at /States/A/Next",
  ],
  [
    'a state that leads nowhere',
    flow({ A: { Type: 'Pass' } }),
    "exactly one of 'Next' and 'End' is required",
  ],
  [
    'a state that both ends and goes on',
    flow({ A: { Type: 'Pass', Next: 'A', End: true } }),
    "exactly one of 'Next' and 'End'",
  ],
  [
    'a state that nothing reaches',
    flow({ A: { Type: 'Pass', End: true }, B: { Type: 'Pass', End: true } }),
    "state 'B' is not reachable",
  ],
  ['a name used twice', only({ Type: 'Map', ItemProcessor: pass({}) }), "state name 'It' is used twice"],
  [
    'a name of 81 characters',
    flow({ ['x'.repeat(81)]: { Type: 'Pass', End: true } }),
    'at most 80 characters',
  ],
  ...['InputPath', 'OutputPath', 'ResultPath', 'Parameters', 'ResultSelector', 'Result'].map(
    (field): [string, object, string] => [
      `the JSONPath field ${field}`,
      pass({ [field]: {} }),
      `field '${field}' is not supported`,
    ],
  ),
  [
    'another service',
    task({ Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' }),
    "resource 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' is not supported",
  ],
  [
    'an SDK integration',
    task({ Resource: 'arn:aws:states:::aws-sdk:scheduler:createSchedule' }),
    'aws-sdk:scheduler:createSchedule',
  ],
  [
    'a bare function ARN',
    task({ Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f' }),
    'is not supported at /States/It/Resource',
  ],
  [
    'other Arguments of invoke',
    task({ Arguments: { FunctionName: 'f', InvocationType: 'Event' } }),
    "field 'InvocationType' is not supported",
  ],
  [
    'Arguments without a function',
    task({ Arguments: { Payload: 1 } }),
    'These fields are required: [FunctionName]',
  ],
  ['Credentials', task({ Credentials: {} }), "field 'Credentials' is not supported"],
  ['a timeout in a string', task({ TimeoutSeconds: '60' }), 'at /States/It/TimeoutSeconds'],
  ['a timeout of nothing', task({ TimeoutSeconds: 0 }), 'at /States/It/TimeoutSeconds'],
  [
    'a heartbeat as long as the timeout',
    task({ Resource: waitForToken, TimeoutSeconds: 60, HeartbeatSeconds: 60 }),
    "must be smaller than 'TimeoutSeconds'",
  ],
  [
    'a heartbeat without a token',
    task({ HeartbeatSeconds: 5 }),
    "'HeartbeatSeconds' is only for '.waitForTaskToken'",
  ],
  [
    'States.ALL that is not last',
    task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }),
    "'States.ALL' must stand alone, and last",
  ],
  [
    'States.ALL in company',
    task({ Catch: [{ ErrorEquals: ['A', 'States.ALL'], Next: 'It' }] }),
    "'States.ALL' must stand alone, and last",
  ],
  ['a retrier of nothing', task({ Retry: [{ ErrorEquals: [] }] }), 'must be a non-empty array of strings'],
  ['an unknown jitter', task({ Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'SOME' }] }), 'JitterStrategy'],
  ['a backoff below 1', task({ Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] }), 'BackoffRate'],
  [
    'an interval of nothing',
    task({ Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 0 }] }),
    'IntervalSeconds',
  ],
  [
    'a catcher that leads nowhere',
    task({ Catch: [{ ErrorEquals: ['A'], Next: 'Z' }] }),
    "state 'Z' does not exist",
  ],
  [
    'ResultPath of a catcher',
    task({ Catch: [{ ErrorEquals: ['A'], Next: 'It', ResultPath: '$' }] }),
    "field 'ResultPath' is not supported",
  ],
  ['Retry on a Pass', pass({ Retry: [] }), "field 'Retry' is not supported"],
  ['a wait for nothing', only({ Type: 'Wait' }), "exactly one of 'Seconds' and 'Timestamp'"],
  [
    'a wait for two things',
    only({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z' }),
    "exactly one of 'Seconds' and 'Timestamp'",
  ],
  ['a wait until a day', only({ Type: 'Wait', Timestamp: '2026-01-01' }), 'must be an RFC 3339 time'],
  [
    'a choice of nothing',
    flow({ A: { Type: 'Choice', Choices: [] } }),
    'These fields are required: [Choices]',
  ],
  [
    'JSONPath operators of Choice',
    flow({ A: { Type: 'Choice', Choices: [{ Variable: '$', StringEquals: 'x', Next: 'A' }] } }),
    "field 'Variable' is not supported",
  ],
  [
    'a condition in a plain string',
    flow({ A: { Type: 'Choice', Choices: [{ Condition: 'true', Next: 'A' }] } }),
    'must be a boolean or an expression',
  ],
  [
    'a distributed Map',
    only({
      Type: 'Map',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED' },
        ...flow({ In: { Type: 'Pass', End: true } }),
      },
    }),
    "only {'Mode': 'INLINE'} is supported",
  ],
  ...['ItemReader', 'ItemBatcher', 'ResultWriter', 'ToleratedFailureCount', 'ItemsPath', 'Iterator'].map(
    (field): [string, object, string] => [
      `${field} of a Map`,
      map({ [field]: {} }),
      `field '${field}' is not supported`,
    ],
  ),
  ['a malformed expression', pass({ Output: '{% 1 + %}' }), 'the JSONata expression is malformed'],
  ['an empty expression', pass({ Output: '{% %}' }), 'the expression is empty'],
  ['an expression with text before it', pass({ Output: 'x {% 1 %}' }), 'must start with {% and end with %}'],
  ['an expression without an end', pass({ Output: '{% 1' }), 'must start with {% and end with %}'],
  ['$eval', pass({ Output: "{% $eval('1') %}" }), '$eval is not supported'],
  [
    'a result before there is one',
    task({ TimeoutSeconds: '{% $states.result %}' }),
    "'$states.result' exists only in",
  ],
  [
    'an error output outside a catcher',
    task({ Output: '{% $states.errorOutput %}' }),
    "'$states.errorOutput' exists only in",
  ],
  [
    'a substitution that was not replaced',
    pass({ Output: '${Seconds}' }),
    'substitution ${Seconds} was not replaced at /States/It/Output',
  ],
  ['a variable named states', pass({ Assign: { states: 1 } }), "'states' is not a variable name"],
  ['a variable with a dash', pass({ Assign: { 'a-b': 1 } }), "'a-b' is not a variable name"],
  [
    'an inner flow that assigns an outer variable',
    flow({
      A: { Type: 'Pass', Assign: { v: 1 }, Next: 'B' },
      B: {
        Type: 'Map',
        ItemProcessor: flow({ In: { Type: 'Pass', Assign: { v: 2 }, End: true } }),
        End: true,
      },
    }),
    "variable 'v' belongs to the outer flow",
  ],
];

describe('a definition is refused by name', () => {
  test.each(refused)('%s', async (_, definition, words) => {
    const { problems } = examine(JSON.stringify({ QueryLanguage: 'JSONata', ...definition }));
    expect(problems.map(({ location, message }) => `${message} at ${location}`).join('\n')).toContain(words);
  });

  test.each(['', 'x', '[]', '"x"', 'null'])('%j, which is no JSON object', (text) => {
    expect(examine(text).problems).toHaveLength(1);
  });

  test('by CreateStateMachine and by ValidateStateMachineDefinition', async () => {
    const { create, client } = await bench();
    await expect(create(only({ Type: 'Parallel' }))).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message:
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: state type 'Parallel' is not supported at /States/It'",
    });
    const ask = (definition: string) =>
      client.send(new ValidateStateMachineDefinitionCommand({ definition }));
    expect(await ask('{}')).toMatchObject({ result: 'FAIL', diagnostics: [{ severity: 'ERROR' }, {}] });
    const good = JSON.stringify({ QueryLanguage: 'JSONata', ...pass({}) });
    expect(await ask(good)).toMatchObject({ result: 'OK', diagnostics: [] });
  });
});

describe('substitution', () => {
  test('replaces a name inside a string and as a bare number', () => {
    const text = '{"a":"{% ${Seconds} %}","b":"${Arn}","c":"{% ${\'x\': 1} %}"}';
    expect(substitute(text, { Seconds: '60', Arn: 'arn:"x"' })).toBe(
      '{"a":"{% 60 %}","b":"arn:\\"x\\"","c":"{% ${\'x\': 1} %}"}',
    );
  });

  test('must be complete on both sides', () => {
    expect(() => substitute('${A}', {})).toThrow('asks for ${A}');
    expect(() => substitute('', { A: '1' })).toThrow('does not use A');
  });
});

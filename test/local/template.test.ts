// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${} is CloudFormation's own syntax
import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../local/template/functions.ts';
import { resolve, type Scope } from '../../local/template/intrinsics.ts';
import { parseCloudFormation, type Template } from '../../local/template/template.ts';

const template = parseCloudFormation(`
Mappings:
  Sizes: { prod: { memory: 1024 } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
  Either: !Or [!Condition IsProd, !Condition IsDev]
Globals:
  Function:
    Handler: handler.handler
    Timeout: 5
    Layers: [a]
    Environment: { Variables: { A: '1', B: !Ref Stage } }
Resources:
  Queue: { Type: AWS::SQS::Queue }
  OneFunction:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 9
      Layers: [b]
      Environment: { Variables: { B: !Sub 'x', C: '3' } }
`) as Template;

const scope: Scope = {
  template,
  parameters: { Stage: 'prod', Names: ['a', 'b'] },
  pseudo: { 'AWS::Region': 'us-east-1' },
  resource: (logicalId, attribute) => {
    if (logicalId !== 'Queue') throw new Error(`no resource "${logicalId}"`);
    return attribute === undefined ? 'ref-of-queue' : `${attribute}-of-queue`;
  },
};

const resolved = (yaml: string): unknown => resolve(scope, parseCloudFormation(yaml));

describe('template', () => {
  it.each([
    ['!Ref Stage', 'prod'],
    ['!Ref Queue', 'ref-of-queue'],
    ['!Ref AWS::Region', 'us-east-1'],
    ['!GetAtt Queue.Arn', 'Arn-of-queue'],
    ['Fn::GetAtt: [Queue, Arn]', 'Arn-of-queue'],
    [
      "!Sub '${Stage} ${Queue} ${Queue.Arn} ${AWS::Region} ${!Kept}'",
      'prod ref-of-queue Arn-of-queue us-east-1 ${Kept}',
    ],
    ["!Sub ['${Own}-${Stage}', { Own: !Ref Queue }]", 'ref-of-queue-prod'],
    ["!Join ['-', [a, !Ref Stage]]", 'a-prod'],
    ["!Select [1, !Split [',', 'a,b,c']]", 'b'],
    ['!Select [0, !Ref Names]', 'a'],
    ['!FindInMap [Sizes, !Ref Stage, memory]', 1024],
    ['!If [IsProd, yes-it-is, no]', 'yes-it-is'],
    ['!If [IsDev, 1, !Ref AWS::NoValue]', undefined],
    ['!If [Both, 1, 2]', 2],
    ['!If [Either, 1, 2]', 1],
    ['!Base64 abc', 'YWJj'],
    ['[a, !If [IsDev, b, !Ref AWS::NoValue], c]', ['a', 'c']],
    ['{ a: !If [IsDev, b, !Ref AWS::NoValue], c: 1 }', { c: 1 }],
    [
      '{ Effect: Allow, Condition: { StringEquals: { a: b } } }',
      { Effect: 'Allow', Condition: { StringEquals: { a: 'b' } } },
    ],
    ['Condition: { StringEquals: { a: !Ref Stage } }', { Condition: { StringEquals: { a: 'prod' } } }],
    ['plain', 'plain'],
  ])('resolves %s', (yaml, expected) => {
    expect(resolved(yaml)).toEqual(expected);
  });

  it.each([
    ['!Ref Nothing', 'Nothing'],
    ['!Sub "${Nothing.Arn}"', 'Nothing'],
    ['!If [Nothing, 1, 2]', 'Nothing'],
    ['!FindInMap [Sizes, dev, memory]', 'Sizes.dev.memory'],
    ['!ImportValue x', 'Fn::ImportValue'],
    ['{ a: &x 1, b: *x }', 'anchors'],
  ])('names what it cannot resolve: %s', (yaml, name) => {
    expect(() => resolved(yaml)).toThrow(name);
  });

  it('merges Globals as SAM does: maps merged, lists added, the rest replaced', () => {
    const [one] = functionsOf(template);
    expect(one).toMatchObject({ logicalId: 'OneFunction', module: 'handler', exportName: 'handler' });
    expect(resolve(scope, one?.properties)).toMatchObject({
      Timeout: 9,
      Layers: ['a', 'b'],
      Environment: { Variables: { A: '1', B: 'x', C: '3' } },
    });
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { environmentNames } from '../../adapters/config.ts';
import { tableDefinition } from '../../adapters/dynamodb/schema.ts';
import { logCodes } from '../../adapters/log-codes.ts';
import { readTemplate } from '../../local/template/template.ts';

const root = resolve(import.meta.dirname, '../..');
const template = readTemplate(join(root, 'template.yaml'));
type Resource = { Type: string; Properties?: Record<string, unknown>; Metadata?: Record<string, unknown> };
const resources = Object.entries(template.Resources as Record<string, Resource>);
const ofType = (type: string) => resources.filter(([, resource]) => resource.Type === type);
const functions = ofType('AWS::Serverless::Function');
const text = (value: unknown) => JSON.stringify(value);

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function entryOf(resource: Resource): string {
  const build = resource.Metadata?.BuildProperties as { EntryPoints: readonly string[] } | undefined;
  return build?.EntryPoints[0] ?? '';
}

function statementsOf(resource: Resource): Statement[] {
  const policies = (resource.Properties?.Policies ?? []) as { Statement?: Statement | Statement[] }[];
  return policies.flatMap((policy) => policy.Statement ?? []).flat();
}

const may = (resource: Resource, action: string) =>
  statementsOf(resource).some((statement) => [statement.Action].flat().includes(action));
const withAction = (action: string) => functions.filter(([, one]) => may(one, action)).map(([name]) => name);
const touching = (needle: string) =>
  functions.filter(([, one]) => text(one.Properties?.Policies).includes(needle)).map(([name]) => name);

describe('what may happen in AWS', () => {
  test('only the function that pays reaches the bank’s core, and it signs nothing', () => {
    const reaching = functions.filter(([, one]) =>
      text(one.Properties?.Environment ?? {}).includes('EXECUTOR_URL'),
    );
    expect(reaching.map(([name]) => name)).toEqual(['ExecutePayoutsFunction']);
    const [[, pays]] = reaching as [[string, Resource]];
    expect(may(pays, 'kms:Sign')).toBe(false);
    expect(may(pays, 'secretsmanager:GetSecretValue')).toBe(false);
  });

  test('a bank’s core counts as idempotent only where its operator’s deployment says so', () => {
    const { ExecutorIdempotent } = template.Parameters as Record<string, { Default?: string }>;
    expect(ExecutorIdempotent?.Default).toBe('no');
    const { Variables } = template.Resources.ExecutePayoutsFunction!.Properties!.Environment as never;
    expect(Variables).toMatchObject({ EXECUTOR_IDEMPOTENT: { Ref: 'ExecutorIdempotent' } });
  });

  test('no policy says Resource "*" outside the named list', () => {
    // Vended log delivery, a registry's token and key policies have no resource of their own to name.
    const machines = [
      'EnrolmentStateMachine',
      'DisableStateMachine',
      'RevocationSweepStateMachine',
      'EdgeExecutionRole',
      'ImagesEndpoint',
      'ImageApiEndpoint',
    ];
    const allowed = [...machines, ...ofType('AWS::KMS::Key').map(([name]) => name)];
    const wide = resources
      .filter(([, resource]) => text(resource).includes('"Resource":"*"'))
      .map(([name]) => name);
    expect(wide.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test('only the functions of one list touch task tokens', () => {
    const list = ['AskConfirmationFunction', 'DriveExecutionFunction', 'ForwardEnrolmentFunction'];
    expect(touching('TOKEN#').sort()).toEqual(list);
    expect(
      touching('"TokenKey.Arn"')
        .concat(touching('TokenKey'))
        .filter((name) => !list.includes(name)),
    ).toEqual([]);
    expect(withAction('states:SendTaskSuccess')).toEqual(['DriveExecutionFunction']);
  });

  test('page functions can neither wake an execution nor read its history nor a token', () => {
    const pages = functions.filter(([, one]) => text(one.Properties?.Events ?? {}).includes('PagesApi'));
    expect(pages.length).toBeGreaterThan(2);
    for (const [name, page] of pages) {
      expect([name, text(page.Properties).match(/states:|TOKEN#|TokenKey/g)]).toEqual([name, null]);
    }
  });

  test('nobody may read the history of an execution', () => {
    expect(text(template)).not.toContain('GetExecutionHistory');
  });

  test('each signing key is used by its named functions only (S22)', () => {
    const signers: Record<string, string[]> = {
      SealKey: [
        'ApplyActFunction',
        'BootstrapNodeFunction',
        'RegisterWebhookFunction',
        'RenewApiKeyFunction',
        'SettleEnrolmentFunction',
      ],
      FactorKey: ['CheckFactorFunction'],
      MessageKey: [
        'DeliverMessageFunction',
        'ForwardDisableFunction',
        'RegisterWebhookFunction',
        'RequestCertificateFunction',
      ],
      EvidenceKey: ['SignEvidenceHeadsFunction'],
      TruststoreKey: ['PublishTruststoreFunction'],
    };
    for (const [key, allowed] of Object.entries(signers)) {
      const found = functions
        .filter(([, one]) =>
          statementsOf(one).some(
            (statement) =>
              [statement.Action].flat().includes('kms:Sign') && text(statement.Resource).includes(key),
          ),
        )
        .map(([name]) => name);
      expect([key, found.sort()]).toEqual([key, allowed]);
    }
  });

  test('seals and heads of past keys stay proved: their ids are parameters, their public halves readable', () => {
    const variables = (one: unknown) =>
      (one as { Environment?: { Variables?: Record<string, unknown> } }).Environment?.Variables ?? {};
    const globals = variables((template.Globals as { Function: unknown }).Function);
    expect(globals.PAST_SEAL_KEY_IDS).toEqual({ Ref: 'PastSealKeyIds' });
    for (const [name, one] of functions) {
      const own = variables(one.Properties);
      if (own.EVIDENCE_KEY_ID)
        expect([name, own.PAST_EVIDENCE_KEY_IDS]).toEqual([name, { Ref: 'PastEvidenceKeyIds' }]);
    }
    for (const key of ['SealKey', 'EvidenceKey']) {
      const policy = text(resources.find(([name]) => name === key)?.[1].Properties?.KeyPolicy);
      expect([key, policy]).toEqual([
        key,
        expect.stringContaining('"kms:CallerAccount":{"Ref":"AWS::AccountId"}'),
      ]);
      expect([key, policy]).toEqual([key, expect.stringContaining('"Action":"kms:GetPublicKey"')]);
    }
  });

  test('what signs certificate requests signs no message, and the other way round', () => {
    const algorithms = functions.flatMap(([name, one]) =>
      statementsOf(one)
        .filter((s) => [s.Action].flat().includes('kms:Sign') && text(s.Resource).includes('MessageKey'))
        .map((s) => [name, s.Condition]),
    );
    const only = (algorithm: string) => ({ StringEquals: { 'kms:SigningAlgorithm': algorithm } });
    expect(Object.fromEntries(algorithms)).toEqual({
      DeliverMessageFunction: only('RSASSA_PSS_SHA_256'),
      ForwardDisableFunction: only('RSASSA_PSS_SHA_256'),
      RegisterWebhookFunction: only('RSASSA_PSS_SHA_256'),
      RequestCertificateFunction: only('RSASSA_PKCS1_V1_5_SHA_256'),
    });
  });

  test('only settle-enrolment and apply-act write a certificate status, and those that take it away', () => {
    const writers = functions
      .filter(([, one]) =>
        statementsOf(one).some((s) => s.Sid === 'WriteTable' && text(s.Condition).includes('CERT#')),
      )
      .map(([name]) => name);
    const allowed = [
      'ApplyActFunction',
      'DisableCertificateFunction',
      'ExpireCertificatesFunction',
      'FollowSuspensionFunction',
      'ReceiveNodeMessageFunction',
      'SettleEnrolmentFunction',
      'SweepSourceFunction',
    ];
    expect(writers.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test('every function writes only key prefixes that its policy names', () => {
    for (const [name, one] of functions) {
      const writing = statementsOf(one).filter((s) => [s.Action].flat().includes('dynamodb:PutItem'));
      for (const statement of writing) {
        expect([name, text(statement.Condition)]).toEqual([
          name,
          expect.stringContaining('dynamodb:LeadingKeys'),
        ]);
        expect([name, text(statement.Condition).includes('"*"')]).toEqual([name, false]);
      }
    }
  });
});

describe('what is watched', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm');

  test('every function has an alarm', () => {
    for (const [name] of functions) {
      expect([name, alarms.some(([, alarm]) => text(alarm).includes(`"Ref":"${name}"`))]).toEqual([
        name,
        true,
      ]);
    }
  });

  test('every alarm names a runbook that exists', () => {
    for (const [name, alarm] of alarms) {
      const runbook = /docs\/runbooks\/[a-z-]+\.md/.exec(String(alarm.Properties?.AlarmDescription))?.[0];
      expect([name, runbook && existsSync(join(root, runbook))]).toEqual([name, true]);
    }
  });

  test('every code that is to ring is counted, rings, and stands in a runbook', () => {
    const runbooks = readdirSync(join(root, 'docs/runbooks'))
      .map((file) => readFileSync(join(root, 'docs/runbooks', file), 'utf8'))
      .join('\n');
    const counted = ofType('AWS::Logs::MetricFilter').filter(([, { Properties }]) => {
      const [{ MetricName }] = Properties!.MetricTransformations as [{ MetricName: string }];
      return alarms.some(([, alarm]) => alarm.Properties?.MetricName === MetricName);
    });
    const patterns = counted.map(([, { Properties }]) => String(Properties?.FilterPattern)).join('\n');
    const codes = Object.entries(logCodes).flatMap(([code, [level]]) => (level === 'alarm' ? [code] : []));
    expect(codes.filter((code) => !patterns.includes(`"${code}"`))).toEqual([]);
    expect(codes.filter((code) => !runbooks.includes(`\`${code}\``))).toEqual([]);
  });

  test('execution data is not logged', () => {
    for (const [name, machine] of ofType('AWS::Serverless::StateMachine')) {
      expect([name, text(machine.Properties?.Logging)]).toEqual([
        name,
        expect.stringContaining('"IncludeExecutionData":false'),
      ]);
    }
  });
});

describe('the two doors', () => {
  const gateway = JSON.parse(readFileSync(join(root, 'openapi/generated/gateway.json'), 'utf8'));

  test('the machine API is private and refuses every other endpoint', () => {
    const [[, api]] = ofType('AWS::Serverless::Api').filter(([name]) => name === 'MachineApi') as [
      [string, Resource],
    ];
    expect(text(api.Properties)).toContain('"Type":"PRIVATE"');
    expect(text(gateway['x-amazon-apigateway-policy'])).toContain('"Effect":"Deny"');
  });

  test("the authorizer's cache is off", () => {
    const authorizer = gateway.components.securitySchemes.edge['x-amazon-apigateway-authorizer'];
    expect(authorizer.authorizerResultTtlInSeconds).toBe(0);
  });

  test('the gateway calls only functions that exist, and may call each of them', () => {
    const called = new Set(
      [...text(gateway).matchAll(/\$\{([A-Za-z]+Function)\.Arn\}/g)].map((match) => match[1]!),
    );
    const permitted = ofType('AWS::Lambda::Permission').map(([, one]) => text(one.Properties?.FunctionName));
    for (const name of called) {
      expect([name, functions.some(([each]) => each === name)]).toEqual([name, true]);
      expect([name, permitted.some((each) => each.includes(`"${name}"`))]).toEqual([name, true]);
    }
  });
});

describe('S28 what is reserved', () => {
  const reserves = new Map(
    functions.flatMap(([name, one]) => {
      const reserve = one.Properties?.ReservedConcurrentExecutions;
      return typeof reserve === 'number' ? [[name, reserve] as const] : [];
    }),
  );

  test('suspension, sign-in, disabling and their factor have a reserve, the authorizer a maximum', () => {
    expect([...reserves.keys()].sort()).toEqual([
      'AuthorizeRequestFunction',
      'CheckFactorFunction',
      'DisableCertificateFunction',
      'ServePeopleFunction',
      'ServeSuspensionFunction',
    ]);
  });

  test('together they leave more than half of an account’s ordinary 1,000 to everybody else', () => {
    expect([...reserves.values()].reduce((sum, each) => sum + each, 0)).toBeLessThan(500);
  });

  test('no flood of strangers at one page takes the factor check from the other', () => {
    // The other callers know who comes by a link or a session before they ask for a factor.
    const strangers = reserves.get('ServePeopleFunction')! + reserves.get('ServeSuspensionFunction')!;
    expect(reserves.get('CheckFactorFunction')).toBeGreaterThanOrEqual(strangers);
  });

  test('suspension does not hang from the edge, nor from the machines’ API', () => {
    const [, suspension] = functions.find(([name]) => name === 'ServeSuspensionFunction')!;
    expect(text(suspension.Properties?.Events)).not.toContain('MachineApi');
    expect(text(suspension.Properties)).not.toMatch(/EdgeMacSecret|AuthorizeRequest/);
  });
});

describe('template and code agree', () => {
  test('each function is built from its own folder', () => {
    for (const [name, one] of functions) {
      const entry = entryOf(one);
      const folder = entry.split('/')[1]!;
      const pascal = folder.replace(/(^|-)([a-z])/g, (_m, _d, letter: string) => letter.toUpperCase());
      expect([name, existsSync(join(root, entry))]).toEqual([`${pascal}Function`, true]);
    }
  });

  test('every folder of functions/ is deployed', () => {
    const deployed = functions.map(([name]) => name);
    for (const folder of readdirSync(join(root, 'functions'))) {
      const pascal = folder.replace(/(^|-)([a-z])/g, (_m, _d, letter: string) => letter.toUpperCase());
      expect(deployed).toContain(`${pascal}Function`);
    }
  });

  test('every variable of the template is one that the code reads', () => {
    const known = new Set<string>(Object.values(environmentNames));
    const variables = [
      ...functions.map(([, one]) => one.Properties?.Environment),
      (template.Globals as { Function: Record<string, unknown> }).Function.Environment,
    ].flatMap((one) => Object.keys((one as { Variables?: object } | undefined)?.Variables ?? {}));
    expect([...new Set(variables)].filter((name) => !known.has(name))).toEqual([]);
  });

  test('nothing that is deployed can be given a virtual clock', () => {
    expect(readFileSync(join(root, 'template.yaml'), 'utf8')).not.toContain('APODERA_CLOCK_URL');
  });

  test('the table is keyed as the code says', () => {
    const [[, table]] = ofType('AWS::DynamoDB::Table') as [[string, Resource]];
    const properties = table.Properties as Record<string, never>;
    expect(properties.KeySchema).toEqual(tableDefinition.KeySchema);
    expect(properties.GlobalSecondaryIndexes).toEqual(tableDefinition.GlobalSecondaryIndexes);
    expect(text(properties.PointInTimeRecoverySpecification)).toContain('true');
  });

  test('every substitution of a definition is given, and no other', () => {
    for (const [name, machine] of ofType('AWS::Serverless::StateMachine')) {
      const file = readFileSync(join(root, String(machine.Properties?.DefinitionUri)), 'utf8');
      const used = [...new Set([...file.matchAll(/\$\{([A-Za-z]+)\}/g)].map((match) => match[1]!))].sort();
      const given = Object.keys(machine.Properties?.DefinitionSubstitutions as object).sort();
      expect([name, given]).toEqual([name, used]);
    }
  });

  test('every function has one sample event in events/', () => {
    const events = readdirSync(join(root, 'events'));
    for (const [name, one] of functions) {
      const entry = entryOf(one);
      const folder = entry.split('/')[1]!;
      expect([name, events.some((file) => file.endsWith(`-${folder}.json`))]).toEqual([name, true]);
    }
  });
});

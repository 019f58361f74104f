import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTemplate } from '../../local/template/template.ts';
import { edgeCodes } from '../../proxy/log.ts';
import { metricLine, metricNamespace } from '../../proxy/metrics.ts';
import { readSettings } from '../../proxy/settings.ts';

const root = resolve(import.meta.dirname, '../..');
const template = readTemplate(join(root, 'template.yaml'));
type Json = Record<string, unknown>;
type Resource = { Type: string; Properties: Json; Condition?: string; DependsOn?: string | string[] };
const resources = template.Resources as unknown as Record<string, Resource>;
const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
const text = (value: unknown) => JSON.stringify(value);
const properties = (name: string): Json => resources[name]!.Properties;
const attributes = (list: unknown): Record<string, string> =>
  Object.fromEntries((list as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}
const statementsOf = (role: string): readonly Statement[] =>
  (properties(role).Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );
const container = (properties('EdgeTask').ContainerDefinitions as Json[])[0]!;
const environment = Object.fromEntries(
  (container.Environment as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value]),
);

describe('the way of a request', () => {
  test('the load balancer passes TLS through: nothing in front of the task ends it', () => {
    expect(properties('EdgeBalancer').Type).toBe('network');
    const listeners = ofType('AWS::ElasticLoadBalancingV2::Listener');
    expect(listeners.map(([, { Properties }]) => Properties.Protocol)).toEqual(['TCP']);
    expect(text(listeners)).not.toContain('Certificates');
    expect(properties('EdgeTargets')).toMatchObject({ Protocol: 'TCP', TargetType: 'ip' });
  });

  test("tells the task the client's address by PROXY protocol, and the task takes it from its subnets alone", () => {
    expect(attributes(properties('EdgeTargets').TargetGroupAttributes)).toMatchObject({
      'proxy_protocol_v2.enabled': 'true',
      'preserve_client_ip.enabled': 'false',
    });
    expect(properties('EdgeBalancer').Subnets).toEqual([{ Ref: 'PublicSubnetA' }, { Ref: 'PublicSubnetB' }]);
    expect(text(environment.PROXY_PROTOCOL_FROM)).toMatch(
      /PublicSubnetA.*CidrBlock.*PublicSubnetB.*CidrBlock/,
    );
  });

  test('a task that drains is not cut off, and one whose HSM is away keeps its connections', () => {
    const { 'deregistration_delay.timeout_seconds': delay, ...more } = attributes(
      properties('EdgeTargets').TargetGroupAttributes,
    );
    expect(Number(delay)).toBeGreaterThanOrEqual(120);
    expect(container.StopTimeout).toBe(120);
    expect(more['target_health_state.unhealthy.connection_termination.enabled']).toBe('false');
    expect(properties('EdgeTargets').HealthCheckIntervalSeconds).toBeLessThanOrEqual(10);
  });

  test('goes on to the private domain, whose certificate is verified, by the endpoint alone', () => {
    expect(environment.API_HOST).toEqual({ Ref: 'ApiHost' });
    expect(environment.API_CA_FILE).toMatch(/^\//);
    expect(text(properties('ApiDomain').EndpointConfiguration)).toContain('PRIVATE');
    const denied = (properties('ApiDomain').Policy as { Statement: Json[] }).Statement.find(
      ({ Effect }) => Effect === 'Deny',
    );
    expect(denied?.Condition).toEqual({ StringNotEquals: { 'aws:SourceVpce': { Ref: 'ApiEndpoint' } } });
    const gateway = JSON.parse(readFileSync(join(root, 'openapi/generated/gateway.json'), 'utf8'));
    expect(text(gateway['x-amazon-apigateway-policy'])).toContain(
      `aws:SourceVpce":{"Fn::Sub":"\${ApiEndpoint}"`,
    );
  });
});

describe('who reaches what', () => {
  const rules = ['Ingress', 'Egress'].flatMap((kind) =>
    ofType(`AWS::EC2::SecurityGroup${kind}`).map(([name, { Properties }]) => ({ name, kind, ...Properties })),
  ) as (Json & { name: string; kind: string })[];
  const into = (group: string) =>
    rules.filter(({ kind, GroupId }) => kind === 'Ingress' && text(GroupId).includes(group));

  test('only the tasks reach the HSMs, on their ports', () => {
    const [rule, ...others] = into('HsmSecurityGroupId');
    expect(others).toEqual([]);
    expect(rule).toMatchObject({ FromPort: 2223, ToPort: 2225 });
    expect(text(rule!.SourceSecurityGroupId)).toContain('EdgeSecurityGroup');
  });

  test('the endpoint lets through to the private domain, and to the stage behind it', () => {
    const { Statement } = properties('ApiEndpoint').PolicyDocument as { Statement: [{ Resource: unknown }] };
    const resource = text(Statement[0].Resource);
    // Two resources for one request: without the first, each is answered 403.
    expect(resource).toContain(`:/domainnames/\${ApiHost}+*`);
    expect(resource).toContain(`:*/${properties('MachineApi').StageName}/*`);
  });

  test("only the tasks reach the endpoint of the machines' API", () => {
    const rulesInto = into('ApiEndpointSecurityGroup');
    expect(rulesInto.map(({ SourceSecurityGroupId }) => text(SourceSecurityGroupId))).toEqual([
      text({ 'Fn::GetAtt': ['EdgeSecurityGroup', 'GroupId'] }),
    ]);
    expect(text(properties('ApiEndpoint').SecurityGroupIds)).toContain('ApiEndpointSecurityGroup');
  });

  test('the tasks take connections of the load balancer alone, and have no way to the internet', () => {
    expect(
      into('"EdgeSecurityGroup"').map(({ SourceSecurityGroupId }) => text(SourceSecurityGroupId)),
    ).toEqual([text({ 'Fn::GetAtt': ['BalancerSecurityGroup', 'GroupId'] })]);
    const routes = ofType('AWS::EC2::Route').filter(([, one]) => text(one).includes('PrivateRoutes'));
    expect(routes).toEqual([]);
    expect(ofType('AWS::EC2::NatGateway')).toEqual([]);
    expect(text(properties('EdgeService').NetworkConfiguration)).toContain('"AssignPublicIp":"DISABLED"');
  });

  test('the ceremony that puts the first names reaches the HSMs and Parameter Store before there is a task', () => {
    const first = ['EdgeReachesHsm', 'HsmTakesEdge', 'ParametersEndpoint'];
    expect(first.map((name) => resources[name]?.Condition)).toEqual(first.map(() => 'HasHsm'));
    expect(text(template)).toContain('"EdgeSecurityGroupId":{"Value"');
  });

  test('no endpoint is a way into other accounts, where somebody could leave what he found here', () => {
    for (const [name, { Properties }] of ofType('AWS::EC2::VPCEndpoint')) {
      const { Statement } = (Properties.PolicyDocument ?? { Statement: [{}] }) as { Statement: Json[] };
      // A registry's token belongs to no repository; layers of images lie in a bucket of AWS's own.
      for (const { Action, Resource } of Statement.filter(
        (one) => one.Action !== 'ecr:GetAuthorizationToken',
      ))
        expect([name, Action, text(Resource)]).toEqual([
          name,
          Action,
          expect.stringMatching(/\$\{AWS::AccountId\}|TrustBucket|NodeTable|EdgeRepository/),
        ]);
    }
  });

  test('no group lets everything out', () => {
    for (const [name, group] of ofType('AWS::EC2::SecurityGroup'))
      expect([name, text(group.Properties.SecurityGroupEgress)]).toEqual([
        name,
        expect.stringContaining('127.0.0.1/32'),
      ]);
  });

  test('the task may read what it needs, of the table single items, and write one parameter', () => {
    const statements = statementsOf('EdgeTaskRole');
    const actions = statements.flatMap(({ Action }) => Action).sort();
    expect(actions).toEqual([
      'dynamodb:GetItem',
      'kms:Decrypt',
      'kms:GetPublicKey',
      's3:GetObject',
      's3:ListBucket',
      'secretsmanager:GetSecretValue',
      'ssm:GetParameter',
      'ssm:GetParameters',
      'ssm:PutParameter',
    ]);
    const find = (action: string) => statements.find(({ Action }) => Action.includes(action))!;
    expect(text(find('ssm:PutParameter').Resource)).toContain('/edge/hsm-refused-login');
    expect(text(find('dynamodb:GetItem').Condition)).toContain('["CERT#*","PART#*","TRUSTSTORE"]');
    expect(text(find('secretsmanager:GetSecretValue').Resource)).toBe(
      text([{ Ref: 'HsmLoginSecret' }, { Ref: 'EdgeMacSecret' }]),
    );
    expect(text(find('s3:GetObject').Resource)).toContain('/truststore/*');
  });

  test('what the task may do in S3 and DynamoDB, their gateways let through', () => {
    const asked = statementsOf('EdgeTaskRole').flatMap(({ Action }) => Action);
    for (const [gateway, service] of [
      ['BucketsEndpoint', 's3:'],
      ['TablesEndpoint', 'dynamodb:'],
    ] as const) {
      const { Statement } = properties(gateway).PolicyDocument as { Statement: { Action: string }[] };
      const through = Statement.map(({ Action }) => Action).sort();
      expect(through).toEqual(asked.filter((action) => action.startsWith(service)).sort());
    }
  });

  test('what a start of the task may do at the registry, its endpoints let through, and no push', () => {
    const asked = statementsOf('EdgeExecutionRole').flatMap(({ Action }) => Action);
    for (const endpoint of ['ImagesEndpoint', 'ImageApiEndpoint']) {
      const { Statement } = properties(endpoint).PolicyDocument as { Statement: { Action: string[] }[] };
      const through = Statement.flatMap(({ Action }) => Action).sort();
      expect(through).toEqual(asked.filter((action) => action.startsWith('ecr:')).sort());
    }
  });

  test('hears 404 and not 403 before the first truststore: who may not list is told nothing else', () => {
    const listing = statementsOf('EdgeTaskRole').find(({ Action }) => Action.includes('s3:ListBucket'));
    // A condition on the prefix has no value in a request for an object.
    expect(listing).toMatchObject({ Resource: { 'Fn::GetAtt': ['TrustBucket', 'Arn'] } });
    expect(listing).not.toHaveProperty('Condition');
  });

  test('tells the task the zones, so that HSMs in one of them alone are noticed', () => {
    expect(text(environment.HSM_SUBNETS)).toMatch(/PrivateSubnetA.*CidrBlock.*PrivateSubnetB.*CidrBlock/);
    const zones = ['PrivateSubnetA', 'PrivateSubnetB'].map((name) => text(properties(name).AvailabilityZone));
    expect(new Set(zones).size).toBe(2);
    expect(text(properties('EdgeHsmCodes').FilterPattern)).toContain('EDGE_HSM_ALONE');
  });

  test('nothing but the edge may read the HSM login', () => {
    const users = Object.entries(resources).filter(([, one]) =>
      text(one).includes('{"Ref":"HsmLoginSecret"}'),
    );
    expect(users.map(([name]) => name).sort()).toEqual(['EdgeTask', 'EdgeTaskRole']);
  });
});

describe('the service', () => {
  test('runs on Fargate, in two zones, two tasks at least, and goes back when new ones do not become ready', () => {
    expect(properties('EdgeService')).toMatchObject({ LaunchType: 'FARGATE' });
    expect(properties('EdgeService').DeploymentConfiguration).toMatchObject({
      MinimumHealthyPercent: 100,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    });
    const zones = ['PrivateSubnetA', 'PrivateSubnetB'].map((name) => text(properties(name).AvailabilityZone));
    expect(new Set(zones).size).toBe(2);
    // Given at the service, a deployment would take away what the load had added.
    expect(properties('EdgeService')).not.toHaveProperty('DesiredCount');
    expect(properties('EdgeScaling')).toMatchObject({ MinCapacity: 2 });
  });

  test('starts no task before there is all that a task needs to become ready', () => {
    const needed = ['VPCEndpoint', 'SecurityGroupIngress', 'SecurityGroupEgress'].flatMap((kind) =>
      ofType(`AWS::EC2::${kind}`),
    );
    const routes = ofType('AWS::EC2::SubnetRouteTableAssociation');
    const ofTasks = [...needed, ...routes].filter(
      // The API is not asked for readiness, and callers come later.
      ([name]) => !/^(Api|EdgeReachesApi|Public|BalancerTakesCalls)/.test(name),
    );
    const { DependsOn } = resources.EdgeService!;
    expect([...DependsOn!].sort()).toEqual(['EdgeListener', ...ofTasks.map(([name]) => name)].sort());
  });

  test('gives a task the time of all that its start may wait for', () => {
    // Client 60 s, check of the configuration 20 s, start 20 s; two checks of the load balancer; and as much again.
    expect(properties('EdgeService').HealthCheckGracePeriodSeconds).toBeGreaterThanOrEqual(180);
  });

  test('is given every variable that it asks for, and none that it does not know', () => {
    const plain = (value: unknown) => (typeof value === 'string' ? value : 'given');
    const given = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, plain(value)]),
    );
    const inTwoZones = { HSM_SUBNETS: '10.42.4.0/24,10.42.5.0/24', HSM_ADDRESSES: '10.42.4.9,10.42.5.9' };
    const asked = new Set<string>();
    const watching = new Proxy<Record<string, string>>(
      { ...given, ...inTwoZones, NODE_STAGE: 'prod' },
      {
        get(target, name) {
          asked.add(String(name));
          return target[String(name)];
        },
      },
    );
    expect(() => readSettings(watching)).not.toThrow();
    expect(Object.keys(given).filter((name) => !asked.has(name))).toEqual([]);
  });

  test('runs as nobody, without a shell from outside, and without a capability', () => {
    expect(container.User).toMatch(/^[1-9]\d+$/);
    expect(text(container.LinuxParameters)).toContain('"Drop":["ALL"]');
    expect(properties('EdgeService').EnableExecuteCommand).toBe(false);
  });

  test('the reference has its services: NLB, Fargate, API Gateway, Secrets Manager, S3, and CloudHSM as a parameter', () => {
    for (const type of [
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      'AWS::ECS::Service',
      'AWS::Serverless::Api',
      'AWS::SecretsManager::Secret',
      'AWS::S3::Bucket',
    ])
      expect(ofType(type)).not.toEqual([]);
    expect(environment.HSM_KIND).toBe('cloudhsm');
    expect(Object.keys(template.Parameters!)).toContain('HsmSecurityGroupId');
  });
});

describe('what is watched of the edge', () => {
  test('every code that an alarm counts is one that the edge says', () => {
    const counted = ofType('AWS::Logs::MetricFilter')
      .filter(([, { Properties }]) => text(Properties.LogGroupName).includes('EdgeLogs'))
      .flatMap(([, { Properties }]) => String(Properties.FilterPattern).match(/EDGE_[A-Z_]+/g) ?? []);
    expect(counted.length).toBeGreaterThan(8);
    expect(counted.filter((code) => !(code in edgeCodes))).toEqual([]);
  });

  test('what is said once rings, and a task that ended as it was told to does not', () => {
    expect(properties('EdgeHsmAlarm').EvaluationPeriods).toBe(1);
    expect(properties('EdgeHsmCodes').FilterPattern).toContain('(($.code = "EDGE_ENDED") && ($.exit != 0))');
  });

  test('every API that logs waits for the role by which the account may', () => {
    const logging = ofType('AWS::Serverless::Api').filter(([, one]) => text(one).includes('LoggingLevel'));
    expect(logging.map(([name]) => name).sort()).toEqual(['MachineApi', 'PagesApi']);
    for (const [, { DependsOn }] of logging) expect(DependsOn).toBe('GatewayAccount');
    // An account that has such a role keeps it.
    expect(properties('GatewayAccount').CloudWatchRoleArn).toEqual({
      'Fn::If': [
        'MakesGatewayLogRole',
        { 'Fn::GetAtt': ['GatewayLogRole', 'Arn'] },
        { Ref: 'GatewayLogRoleArn' },
      ],
    });
    expect(resources.GatewayLogRole).toMatchObject({ Condition: 'MakesGatewayLogRole' });
    // Of the whole account: another stack's APIs go on logging when this one is deleted.
    for (const name of ['GatewayAccount', 'GatewayLogRole'])
      expect(resources[name]).toMatchObject({ DeletionPolicy: 'Retain' });
  });

  test('the flow log finds its group', () => {
    expect(statementsOf('EdgeFlowRole').flatMap(({ Action }) => Action)).toContain('logs:DescribeLogGroups');
  });

  test('every code that needs a person is in a runbook', () => {
    const runbooks = readdirSync(join(root, 'docs/runbooks'))
      .map((file) => readFileSync(join(root, 'docs/runbooks', file), 'utf8'))
      .join('\n');
    const quiet = /STARTED|CHANGED|DRAINING|CLIENTS_REFUSED|REOPENED|EDGE_HAPROXY$/;
    const missing = Object.keys(edgeCodes).filter((code) => !quiet.test(code) && !runbooks.includes(code));
    expect(missing).toEqual([]);
  });

  test('CAs whose clients cannot present a certificate ring', () => {
    const filter = properties('TruststoreLeftOutCodes');
    expect([filter.LogGroupName, filter.FilterPattern]).toEqual([
      { Ref: 'FunctionLogs' },
      expect.stringContaining('TRUSTSTORE_LEFT_OUT'),
    ]);
    const [{ MetricName }] = filter.MetricTransformations as [{ MetricName: string }];
    expect(properties('TruststoreLeftOutAlarm')).toMatchObject({
      MetricName,
      AlarmDescription: expect.stringContaining('docs/runbooks/truststore-change.md'),
    });
  });

  test('a task that says nothing, or says that it is not ready, rings', () => {
    expect(properties('EdgeNotReadyAlarm')).toMatchObject({
      Namespace: metricNamespace,
      MetricName: 'Ready',
      TreatMissingData: 'breaching',
    });
    expect(text(properties('EdgeNotReadyAlarm').Dimensions)).toContain(text(environment.EDGE_PARAMETERS));
  });

  test('every alarm on a figure is on one that the edge gives, of its own; answers of 5xx are among them', () => {
    const line = JSON.parse(metricLine({} as never, 'service', new Date()));
    const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
    const given = (Metrics as { Name: string }[]).map(({ Name }) => Name);
    const alarms = ofType('AWS::CloudWatch::Alarm').filter(
      ([, one]) => one.Properties.Namespace === Namespace,
    );
    const watched = alarms.map(([, one]) => one.Properties.MetricName as string).sort();
    expect(watched).toEqual(['Ready', 'ServerErrors']);
    expect(given).toEqual(expect.arrayContaining(watched));
    for (const [, { Properties }] of alarms)
      expect(Properties.Dimensions).toEqual([{ Name: Dimensions[0][0], Value: environment.EDGE_PARAMETERS }]);
  });

  test('calls of the account and connections of the network are recorded', () => {
    expect(ofType('AWS::CloudTrail::Trail')).toHaveLength(1);
    expect(properties('EdgeFlowLog')).toMatchObject({ TrafficType: 'ALL' });
  });
});

// What stands on the laptop for a resource of the template? Its name, its Ref and its attributes; queues, keys, buckets,
// parameters and secrets come into being at their first mention. Tables, state machines and schedules are made in
// ../stack.ts, functions run in ../lambda/. What CloudFormation would only configure (roles, alarms) is a name here.

import { randomBytes } from 'node:crypto';
import type { Endpoints } from '../endpoints/endpoints.ts';
import type { KeySpec } from '../endpoints/kms-keys.ts';
import type { Properties, Resource, Value } from './template.ts';

/** What Ref gives, and GetAtt by attribute name. */
export interface LocalResource {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Place {
  readonly stackName: string;
  readonly endpoints: Endpoints;
  readonly resolve: (value: Value) => Value;
}

type Maker = (place: Place, name: string, properties: Properties, logicalId: string) => LocalResource;

/** By type: the property that may hold the physical name, and what to make. */
const kinds: Record<string, { readonly named?: string; readonly make: Maker }> = {
  'AWS::Serverless::Function': { named: 'FunctionName', make: arned('lambda', 'function:') },
  'AWS::Serverless::StateMachine': { named: 'Name', make: stateMachine },
  'AWS::StepFunctions::StateMachine': { named: 'StateMachineName', make: stateMachine },
  'AWS::DynamoDB::Table': { named: 'TableName', make: arned('dynamodb', 'table/') },
  'AWS::SQS::Queue': { named: 'QueueName', make: queue },
  'AWS::S3::Bucket': { named: 'BucketName', make: bucket },
  'AWS::KMS::Key': { make: key },
  'AWS::KMS::Alias': { named: 'AliasName', make: (_, name) => ({ ref: name, attributes: {} }) },
  'AWS::SSM::Parameter': { named: 'Name', make: parameter },
  'AWS::SecretsManager::Secret': { named: 'Name', make: secret },
  'AWS::IAM::Role': { named: 'RoleName', make: arned('iam', 'role/', false) },
  'AWS::SNS::Topic': { named: 'TopicName', make: topic },
};

export function localResource(place: Place, logicalId: string, resource: Resource): LocalResource {
  const kind = kinds[resource.Type] ?? { make: arned('local', `${resource.Type}/`) };
  const given = kind.named ? resource.Properties?.[kind.named] : undefined;
  const name = given === undefined ? `${place.stackName}-${logicalId}` : String(place.resolve(given));
  return kind.make(place, name, resource.Properties ?? {}, logicalId);
}

function arned(service: string, prefix: string, regional = true): Maker {
  return ({ endpoints }, name) => {
    const region = regional ? endpoints.region : '';
    const arn = `arn:aws:${service}:${region}:${endpoints.account}:${prefix}${name}`;
    return { ref: name, attributes: { Arn: arn } };
  };
}

function stateMachine({ endpoints }: Place, name: string): LocalResource {
  const arn = `arn:aws:states:${endpoints.region}:${endpoints.account}:stateMachine:${name}`;
  return { ref: arn, attributes: { Arn: arn, Name: name } };
}

function topic({ endpoints }: Place, name: string): LocalResource {
  const arn = `arn:aws:sns:${endpoints.region}:${endpoints.account}:${name}`;
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
}

function queue({ endpoints, resolve }: Place, name: string, properties: Properties): LocalResource {
  const redrive = resolve(properties.RedrivePolicy) as
    | { deadLetterTargetArn: string; maxReceiveCount: number }
    | undefined;
  const seconds = (property: string, otherwise: number): number =>
    Number(resolve(properties[property]) ?? otherwise);
  const { url, arn } = endpoints.sqs.seedQueue({
    name,
    visibilityTimeoutSeconds: seconds('VisibilityTimeout', 30),
    retentionSeconds: seconds('MessageRetentionPeriod', 345_600),
    delaySeconds: seconds('DelaySeconds', 0),
    ...(redrive && {
      deadLetter: {
        queue: redrive.deadLetterTargetArn.split(':').at(-1)!,
        maxReceiveCount: Number(redrive.maxReceiveCount),
      },
    }),
  });
  return { ref: url, attributes: { Arn: arn, QueueUrl: url, QueueName: name } };
}

function bucket({ endpoints, resolve }: Place, named: string, properties: Properties): LocalResource {
  // Logical ids have capitals, bucket names have none.
  const name = named.toLowerCase();
  const versioning = resolve(properties.VersioningConfiguration) as { Status?: string } | undefined;
  const lock = resolve(properties.ObjectLockConfiguration) as
    | { Rule?: { DefaultRetention?: { Mode: 'COMPLIANCE' | 'GOVERNANCE'; Days?: number; Years?: number } } }
    | undefined;
  const retention = lock?.Rule?.DefaultRetention;
  const days = Number(retention?.Days ?? 0) + 365 * Number(retention?.Years ?? 0);
  endpoints.s3.seedBucket({
    name,
    versioned: versioning?.Status === 'Enabled',
    objectLock: resolve(properties.ObjectLockEnabled) === true,
    ...(retention && { defaultRetention: { mode: retention.Mode, days } }),
  });
  return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` } };
}

function key(
  { endpoints, resolve, stackName }: Place,
  _: string,
  properties: Properties,
  logicalId: string,
): LocalResource {
  const spec = String(resolve(properties.KeySpec) ?? 'SYMMETRIC_DEFAULT') as KeySpec;
  const { keyId, arn } = endpoints.kms.seedKey({ alias: `alias/${stackName}/${logicalId}`, spec });
  return { ref: keyId, attributes: { Arn: arn, KeyId: keyId } };
}

/** A value that an earlier run or a ceremony wrote stays. */
function parameter({ endpoints, resolve }: Place, name: string, properties: Properties): LocalResource {
  const [value, type] = [String(resolve(properties.Value)), String(resolve(properties.Type))];
  if (endpoints.parameters.get(name) === undefined) endpoints.parameters.put({ name, value, type });
  return { ref: name, attributes: { Type: type, Value: value } };
}

function secret({ endpoints, resolve }: Place, name: string, properties: Properties): LocalResource {
  const generated = resolve(properties.GenerateSecretString) as
    | { SecretStringTemplate?: string; GenerateStringKey?: string; PasswordLength?: number }
    | undefined;
  const arn = endpoints.secrets.seed(name, () => {
    const random = randomBytes(64)
      .toString('base64url')
      .slice(0, Number(generated?.PasswordLength ?? 32));
    if (!generated) return String(resolve(properties.SecretString) ?? '');
    if (!generated.GenerateStringKey) return random;
    return JSON.stringify({
      ...JSON.parse(generated.SecretStringTemplate ?? '{}'),
      [generated.GenerateStringKey]: random,
    });
  });
  return { ref: arn, attributes: { Id: arn } };
}

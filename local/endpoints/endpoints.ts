// Which small AWS services does the laptop run, and under which URL? All of them stand behind one port of 127.0.0.1;
// the service that a request was signed for decides. DynamoDB, Step Functions and mail have endpoints of their own;
// called here, they are unknown, as is every service that nobody thought of.

import { join } from 'node:path';
import { type Kms, openKms } from './kms.ts';
import { Functions } from './lambda-endpoint.ts';
import { openParameterStore, type ParameterStore } from './parameters.ts';
import { openS3, type S3 } from './s3.ts';
import { Scheduler } from './scheduler.ts';
import { openSecrets, type SecretStore } from './secrets.ts';
import { openSqs, type Sqs } from './sqs.ts';
import type { LocalClock } from './timer.ts';
import {
  AwsError,
  closeServer,
  portOf,
  type ServiceHandler,
  serve,
  signedBy,
  type WireRequest,
} from './wire.ts';

export interface EndpointOptions {
  readonly dataFolder: string;
  readonly clock: LocalClock;
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly region?: string;
  readonly account?: string;
  /** For schedules whose target is a state machine; without it they fail and are retried. */
  readonly startExecution?: (stateMachineArn: string, input: string) => Promise<void>;
}

export interface Endpoints {
  readonly url: string;
  /** By the suffix of AWS_ENDPOINT_URL_<SERVICE>: KMS, S3, SSM, SECRETS_MANAGER, SQS, SCHEDULER, LAMBDA. */
  readonly urls: Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
  readonly kms: Kms;
  readonly s3: S3;
  readonly parameters: ParameterStore;
  readonly secrets: SecretStore;
  readonly sqs: Sqs;
  readonly scheduler: Scheduler;
  readonly functions: Functions;
  /** Since the start, by `<access key id> <signing name> <operation>`: `network-DeliverMessageFunction kms Sign:RSASSA_PSS_SHA_256`. */
  calls(): Readonly<Record<string, number>>;
  /** For the virtual clock: `true` when schedules or asynchronous invocations had to be waited for. */
  idle(): Promise<boolean>;
  stop(): Promise<void>;
}

/** State lies in `<dataFolder>/aws/`. Rejects when the port is taken. */
export async function startEndpoints(options: EndpointOptions): Promise<Endpoints> {
  const { clock, region = 'us-east-1', account = '000000000000' } = options;
  const place = { dataFolder: join(options.dataFolder, 'aws'), clock, region, account };
  let url = '';
  const kms = openKms(place);
  const s3 = openS3(place);
  const parameters = openParameterStore(place);
  const secrets = openSecrets(place);
  const sqs = openSqs({ ...place, baseUrl: () => url });
  const sendToQueue = (arn: string, body: string): void =>
    void sqs.queues.send(arn.split(':').at(-1) ?? '', body);
  const functions = new Functions({ ...place, sendToQueue });
  const deliver = async (arn: string, input: string): Promise<void> => {
    if (arn.startsWith('arn:aws:sqs:')) sendToQueue(arn, input);
    else if (arn.startsWith('arn:aws:lambda:')) functions.invokeAsync(arn, Buffer.from(input));
    else if (options.startExecution) await options.startExecution(arn, input);
    else throw new AwsError('ResourceNotFoundException', `No Step Functions stand behind "${arn}".`);
  };
  const scheduler = new Scheduler({ ...place, deliver });
  // By signing name.
  const handlers = new Map<string, ServiceHandler>([
    ['kms', kms.handler],
    ['s3', s3.handler],
    ['ssm', parameters.handler],
    ['secretsmanager', secrets.handler],
    ['sqs', sqs.handler],
    ['scheduler', scheduler.handler],
    ['lambda', functions.handler],
  ]);
  const calls: Record<string, number> = {};
  const server = await serve(options.port ?? 0, (service) => {
    const handler = handlers.get(service);
    return (
      handler &&
      ((request) => {
        const call = `${signedBy(request.headers)} ${service} ${operationOf(request)}`;
        calls[call] = (calls[call] ?? 0) + 1;
        return handler(request);
      })
    );
  });
  url = `http://127.0.0.1:${portOf(server)}`;
  const names = ['KMS', 'S3', 'SSM', 'SECRETS_MANAGER', 'SQS', 'SCHEDULER', 'LAMBDA'];
  const stop = async (): Promise<void> => {
    await closeServer(server);
    for (const service of [scheduler, functions, sqs, secrets, parameters, s3, kms]) service.close();
  };
  const idle = async (): Promise<boolean> =>
    (await Promise.all([scheduler.idle(), functions.idle()])).includes(true);
  const urls = Object.fromEntries(names.map((name) => [name, url]));
  return {
    url,
    urls,
    region,
    account,
    kms,
    s3,
    parameters,
    secrets,
    sqs,
    scheduler,
    functions,
    calls: () => ({ ...calls }),
    idle,
    stop,
  };
}

/** REST services: the method. What a signature costs depends on its algorithm. */
function operationOf({ headers, method, body }: WireRequest): string {
  const operation = String(headers['x-amz-target'] ?? method)
    .split('.')
    .at(-1)!;
  if (operation !== 'Sign') return operation;
  return `Sign:${String((JSON.parse(body.toString('utf8')) as { SigningAlgorithm?: unknown }).SigningAlgorithm)}`;
}

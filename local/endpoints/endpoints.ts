// Which small AWS services does the laptop run, and under which URL? All of them stand behind one port of 127.0.0.1;
// the service that a request was signed for decides. DynamoDB, Step Functions and mail have endpoints of their own;
// called here, they are unknown, as is every service that nobody thought of.

import { join } from 'node:path';
import { closeServer, portOf } from '../loopback.ts';
import { type Kms, openKms } from './kms.ts';
import { Functions } from './lambda-endpoint.ts';
import { openParameterStore, type ParameterStore } from './parameters.ts';
import { openS3, type S3 } from './s3.ts';
import { Scheduler } from './scheduler.ts';
import { openSecrets, type SecretStore } from './secrets.ts';
import { openSqs, type Sqs } from './sqs.ts';
import type { LocalClock } from './timer.ts';
import { AwsError, operationNamed, type ServiceHandler, serve, signedBy, type WireRequest } from './wire.ts';

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
  let url = '';
  const place = {
    dataFolder: join(options.dataFolder, 'aws'),
    clock: options.clock,
    region: options.region ?? 'us-east-1',
    account: options.account ?? '000000000000',
    baseUrl: () => url,
  };
  const services = openServices(place, options.startExecution);
  const { kms, s3, parameters, secrets, sqs, scheduler, functions } = services;
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
  return {
    url,
    urls: Object.fromEntries(names.map((name) => [name, url])),
    region: place.region,
    account: place.account,
    ...services,
    calls: () => ({ ...calls }),
    idle: async () => (await Promise.all([scheduler.idle(), functions.idle()])).includes(true),
    async stop() {
      await closeServer(server);
      for (const service of [scheduler, functions, sqs, secrets, parameters, s3, kms]) service.close();
    },
  };
}

type Services = Pick<Endpoints, 'kms' | 's3' | 'parameters' | 'secrets' | 'sqs' | 'scheduler' | 'functions'>;

/** What is sent to an ARN reaches the queue, the function or the state machine behind it. */
function openServices(
  place: Parameters<typeof openSqs>[0],
  startExecution: EndpointOptions['startExecution'],
): Services {
  const sqs = openSqs(place);
  const sendToQueue = (arn: string, body: string): void =>
    void sqs.queues.send(arn.split(':').at(-1) ?? '', body);
  const functions = new Functions({ ...place, sendToQueue });
  const deliver = async (arn: string, input: string): Promise<void> => {
    if (arn.startsWith('arn:aws:sqs:')) sendToQueue(arn, input);
    else if (arn.startsWith('arn:aws:lambda:')) functions.invokeAsync(arn, Buffer.from(input));
    else if (startExecution) await startExecution(arn, input);
    else throw new AwsError('ResourceNotFoundException', `No Step Functions stand behind "${arn}".`);
  };
  return {
    kms: openKms(place),
    s3: openS3(place),
    parameters: openParameterStore(place),
    secrets: openSecrets(place),
    sqs,
    functions,
    scheduler: new Scheduler({ ...place, deliver }),
  };
}

/** REST services: the method. What a signature costs depends on its algorithm. */
function operationOf({ headers, method, body }: WireRequest): string {
  const operation = operationNamed(headers) ?? method;
  if (operation !== 'Sign') return operation;
  return `Sign:${String((JSON.parse(body.toString('utf8')) as { SigningAlgorithm?: unknown }).SigningAlgorithm)}`;
}

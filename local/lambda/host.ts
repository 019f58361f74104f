// Which functions of a stack run here, and how are they reached? One pool of processes a function from the template,
// registered under its name with the Lambda endpoint, fed by its queues. HTTP doors are in front.ts.

import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  type WriteStream,
} from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import type { Endpoints } from '../endpoints/endpoints.ts';
import type { InvocableFunction, Invocation } from '../endpoints/lambda-endpoint.ts';
import { openWork } from '../endpoints/work.ts';
import type { Stack } from '../stack.ts';
import type { FunctionResource } from '../template/functions.ts';
import type { Properties } from '../template/template.ts';
import { type EventSource, startPoller } from './pollers.ts';
import { Pool, type PoolStats } from './pool.ts';

export interface HostOptions {
  readonly stack: Stack;
  readonly endpoints: Endpoints;
  /** Where build.ts put `<LogicalId>/`. */
  readonly buildFolder: string;
  /** One file a function: `<function name>.log`. */
  readonly logFolder: string;
  /** AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>, APODERA_CLOCK_URL and what else only the laptop has. */
  readonly environment: Readonly<Record<string, string>>;
  readonly mostChildren?: number | undefined;
  readonly idleMs?: number;
}

export interface LambdaHost {
  /** By logical id. Rejects with an AwsError when there is no such function or it is throttled. */
  invoke(logicalId: string, payload: Buffer): Promise<Invocation>;
  functionName(logicalId: string): string;
  stats(): Readonly<Record<string, PoolStats>>;
  /** The last bytes of the function's log. */
  tail(logicalId: string, bytes?: number): string;
  /** For the virtual clock: `true` when an invocation or a queue had to be waited for. */
  idle(): Promise<boolean>;
  stop(): Promise<void>;
}

interface Running {
  readonly name: string;
  readonly pool: Pool;
  readonly log: WriteStream;
  readonly logFile: string;
  readonly invoke: (payload: Buffer) => Promise<Invocation>;
}

export function startLambdaHost(options: HostOptions): LambdaHost {
  const { stack, endpoints } = options;
  mkdirSync(options.logFolder, { recursive: true });
  const work = openWork();
  const running = new Map<string, Running>();
  for (const resource of stack.functions) {
    const { pool, ...rest } = startFunction(options, resource);
    const invoke = (payload: Buffer): Promise<Invocation> => work.track(pool.invoke(payload));
    running.set(resource.logicalId, { ...rest, pool, invoke });
    endpoints.functions.register(rest.name, { invoke, ...asyncSettings(stack, resource.properties) });
  }
  const pollers = stack.functions.flatMap(({ logicalId, properties }) =>
    eventSourcesOf(stack, properties).map((source) =>
      startPoller(source, endpoints.sqs.queues, running.get(logicalId)!.invoke),
    ),
  );
  const find = (logicalId: string): Running => {
    const found = running.get(logicalId);
    if (!found) throw new Error(`The template has no function "${logicalId}".`);
    return found;
  };
  return {
    invoke: async (logicalId, payload) => find(logicalId).invoke(payload),
    functionName: (logicalId) => find(logicalId).name,
    stats: () => Object.fromEntries(Array.from(running, ([logicalId, { pool }]) => [logicalId, pool.stats])),
    tail: (logicalId, bytes = 16_384) => lastBytes(find(logicalId).logFile, bytes),
    async idle() {
      const waited = [await work.idle()];
      for (const poller of pollers) waited.push(await poller.idle());
      return waited.includes(true);
    },
    async stop() {
      for (const poller of pollers) poller.stop();
      for (const { pool } of running.values()) pool.stop();
      await Promise.all(
        Array.from(running.values(), ({ log }) => new Promise<void>((done) => log.end(done))),
      );
    },
  };
}

function startFunction(options: HostOptions, resource: FunctionResource): Omit<Running, 'invoke'> {
  const { stack, endpoints } = options;
  const { logicalId, properties, module, exportName } = resource;
  const codeFolder = resolvePath(options.buildFolder, logicalId);
  if (!existsSync(join(codeFolder, `${module}.mjs`))) {
    throw new Error(
      `"${logicalId}" is not built: "${codeFolder}/${module}.mjs" is missing. Run npm run build.`,
    );
  }
  const name = stack.resource(logicalId);
  const logFile = join(options.logFolder, `${name}.log`);
  const log = createWriteStream(logFile, { flags: 'a' });
  const number = (property: string, otherwise: number): number =>
    Number(stack.resolve(properties[property]) ?? otherwise);
  const reserved = stack.resolve(properties.ReservedConcurrentExecutions);
  const pool = new Pool({
    settings: {
      name,
      arn: stack.resource(logicalId, 'Arn'),
      codeFolder,
      handler: `${module}.${exportName}`,
      timeoutSeconds: number('Timeout', 3),
      memoryMegabytes: number('MemorySize', 128),
      environment: {
        ...baseEnvironment(endpoints, name),
        ...environmentOf(stack, properties),
        ...options.environment,
      },
    },
    ...(reserved === undefined ? {} : { reservedConcurrency: Number(reserved) }),
    mostChildren: options.mostChildren ?? 8,
    idleMs: options.idleMs ?? 120_000,
    // A child's last words may come after the host has stopped.
    log: (chunk) => void (log.writableEnded || log.write(chunk)),
  });
  return { name, pool, log, logFile };
}

/** The access key names the function: endpoints that look at permissions know who calls (policies.ts). */
function baseEnvironment(endpoints: Endpoints, name: string): Record<string, string> {
  return {
    AWS_REGION: endpoints.region,
    AWS_DEFAULT_REGION: endpoints.region,
    AWS_ACCESS_KEY_ID: name,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
  };
}

function environmentOf(stack: Stack, properties: Properties): Record<string, string> {
  const { Variables = {} } = (stack.resolve(properties.Environment) ?? {}) as { Variables?: Properties };
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, String(value)]));
}

/** EventInvokeConfig: retries and the queue for what failed for good. */
function asyncSettings(stack: Stack, properties: Properties): Omit<InvocableFunction, 'invoke'> {
  const config = (stack.resolve(properties.EventInvokeConfig) ?? {}) as {
    MaximumRetryAttempts?: number;
    DestinationConfig?: { OnFailure?: { Destination?: string } };
  };
  const queue = config.DestinationConfig?.OnFailure?.Destination;
  return {
    ...(config.MaximumRetryAttempts === undefined
      ? {}
      : { retryAttempts: Number(config.MaximumRetryAttempts) }),
    ...(queue?.startsWith('arn:aws:sqs:') ? { onFailure: queue } : {}),
  };
}

/** Events of type SQS. A batching window is not waited for. */
function eventSourcesOf(stack: Stack, properties: Properties): EventSource[] {
  const events = Object.values(
    (properties.Events ?? {}) as Record<string, { Type: string; Properties: unknown }>,
  );
  return events
    .filter(({ Type }) => Type === 'SQS')
    .map((event) => stack.resolve(event.Properties) as Properties)
    .filter(({ Enabled }) => Enabled !== false)
    .map(({ Queue, BatchSize, FunctionResponseTypes, ScalingConfig }) => ({
      queueArn: String(Queue),
      batchSize: Number(BatchSize ?? 10),
      reportsItemFailures: ((FunctionResponseTypes ?? []) as string[]).includes('ReportBatchItemFailures'),
      concurrency: Math.min(Number((ScalingConfig as Properties | undefined)?.MaximumConcurrency ?? 5), 5),
    }));
}

function lastBytes(file: string, bytes: number): string {
  if (!existsSync(file)) return '';
  const size = statSync(file).size;
  const buffer = Buffer.alloc(Math.min(bytes, size));
  const descriptor = openSync(file, 'r');
  readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
  closeSync(descriptor);
  return buffer.toString('utf8');
}

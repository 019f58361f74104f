// How does one function run inside its process? Loads the bundle's handler, takes one invocation at a time from the
// host over IPC, answers with its result or its error as Lambda's runtime for Node shapes them. Timeouts, memory and
// concurrency are the host's. It must not import anything of the project: the function's process is the function's.

import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';

interface Start {
  readonly requestId: string;
  readonly payload: string;
  readonly deadline: number;
  readonly functionArn: string;
  readonly traceId: string;
}

// As in laptop.ts: other nodes are at localhost.
setDefaultAutoSelectFamilyAttemptTimeout(10_000);

const { LAMBDA_TASK_ROOT, _HANDLER = '', AWS_LAMBDA_FUNCTION_NAME } = process.env;
const dot = _HANDLER.lastIndexOf('.');

type Handler = (event: unknown, context: Record<string, unknown>) => unknown;

function send(message: Record<string, unknown>): void {
  process.send?.(message);
}

function errorOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function contextOf({ requestId, deadline, functionArn }: Start): Record<string, unknown> {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function invoke(handler: Handler, start: Start): Promise<void> {
  process.env._X_AMZN_TRACE_ID = start.traceId;
  try {
    const result = await handler(JSON.parse(start.payload), contextOf(start));
    send({ requestId: start.requestId, result: JSON.stringify(result) ?? 'null', maxRssKiB: maxRss() });
  } catch (error) {
    // Lambda's runtime logs what the handler threw, so that it stands in the function's log.
    console.error(JSON.stringify({ level: 'ERROR', requestId: start.requestId, ...errorOf(error) }));
    send({ requestId: start.requestId, error: errorOf(error), maxRssKiB: maxRss() });
  }
}

const maxRss = (): number => process.resourceUsage().maxRSS;

// Without the host there is nobody to answer: never outlive it.
process.on('disconnect', () => process.exit(0));

try {
  const module = (await import(`file://${LAMBDA_TASK_ROOT}/${_HANDLER.slice(0, dot)}.mjs`)) as Record<
    string,
    unknown
  >;
  const handler = module[_HANDLER.slice(dot + 1)];
  if (typeof handler !== 'function') {
    const error = new Error(`${_HANDLER} is undefined or not exported`);
    error.name = 'Runtime.HandlerNotFound';
    throw error;
  }
  process.on('message', (start: Start) => void invoke(handler as Handler, start));
  send({ ready: true });
} catch (error) {
  console.error(error);
  send({ initError: errorOf(error) });
}

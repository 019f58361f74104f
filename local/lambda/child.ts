// What is one execution environment of a function? A process of its own with the template's environment, one invocation
// at a time, killed at its timeout, gone when it crashes. Which invocation goes to which environment is in pool.ts.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Invocation } from '../endpoints/lambda-endpoint.ts';

export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** Holds `<module>.mjs`. */
  readonly codeFolder: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** All of it: nothing else of this process reaches the function. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Child {
  readonly alive: boolean;
  /** Never rejects: crash, timeout and errors are the invocation's `functionError`. */
  invoke(payload: Buffer): Promise<Invocation>;
  kill(): void;
}

interface Message {
  readonly ready?: true;
  readonly initError?: Record<string, unknown>;
  readonly requestId?: string;
  readonly result?: string;
  readonly error?: Record<string, unknown>;
  readonly maxRssKiB?: number;
}

type Ended = { readonly message: Message } | { readonly exited: string } | { readonly timedOut: true };

const runtime = fileURLToPath(new URL('runtime.ts', import.meta.url));
/** Lambda gives 10 s, then starts again inside the timeout; a laptop that is busy building gets one longer try. */
const initMs = 30_000;
/** Lambda's own, of a synchronous call. */
const largestAnswerBytes = 6 * 1024 * 1024;
const logTailBytes = 4096;

export function startChild(settings: FunctionSettings, log: (chunk: Buffer) => void): Child {
  const child = spawnRuntime(settings);
  let tail = Buffer.alloc(0);
  const keep = (chunk: Buffer): void => {
    tail = Buffer.concat([tail, chunk]).subarray(-logTailBytes);
    log(chunk);
  };
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  const next = messages(child);
  let ready: Promise<Ended> | undefined = next(initMs);
  let alive = true;
  child.once('exit', () => {
    alive = false;
  });
  const kill = (): void => {
    alive = false;
    child.kill('SIGKILL');
  };

  async function run(requestId: string, payload: Buffer): Promise<Ended> {
    const init = await ready;
    ready = undefined;
    const isReady = init === undefined || ('message' in init && init.message.ready === true);
    const ended = isReady ? await answerOf(child, next, settings, requestId, payload) : init;
    if (!isReady || !('message' in ended)) kill();
    return ended;
  }

  return {
    get alive() {
      return alive;
    },
    async invoke(payload) {
      const requestId = randomUUID();
      tail = Buffer.alloc(0);
      const started = performance.now();
      const ended = await run(requestId, payload);
      // What was printed before the answer lies in another pipe, which this turn of the loop has still to read.
      await nextTurn();
      keep(Buffer.from(report(requestId, performance.now() - started, settings.memoryMegabytes, ended)));
      return { ...outcome(requestId, ended, settings.timeoutSeconds), logTail: tail.toString('utf8') };
    },
    kill,
  };
}

function spawnRuntime(settings: FunctionSettings): ChildProcess {
  // Where a fault happened is told in the sources; in the cloud no start waits for the maps to be read.
  const args = [
    '--no-warnings',
    '--enable-source-maps',
    `--max-old-space-size=${settings.memoryMegabytes}`,
    runtime,
  ];
  return spawn(process.execPath, args, {
    cwd: settings.codeFolder,
    env: environmentOf(settings),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C at the terminal is for the host, which stops things in order.
    detached: true,
  });
}

function answerOf(
  child: ChildProcess,
  next: (withinMs: number) => Promise<Ended>,
  settings: FunctionSettings,
  requestId: string,
  payload: Buffer,
): Promise<Ended> {
  const { timeoutSeconds, arn: functionArn } = settings;
  const deadline = Date.now() + timeoutSeconds * 1000;
  const root = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  const answer = next(timeoutSeconds * 1000);
  child.send({
    requestId,
    payload: payload.toString('utf8'),
    deadline,
    functionArn,
    traceId: `Root=${root};Sampled=0`,
  });
  return answer;
}

/** The next message, exit or timeout, whichever comes first; a process that has exited says so each time. */
function messages(child: ChildProcess): (withinMs: number) => Promise<Ended> {
  let exited: string | undefined;
  let settle: ((ended: Ended) => void) | undefined;
  child.on('message', (message) => settle?.({ message: message as Message }));
  // `close`, not `exit`: what the process logged last has been read by then.
  child.on('close', (code, signal) => {
    exited = signal ? `signal: ${signal}` : `exit status ${code}`;
    settle?.({ exited });
  });
  child.on('error', (error) => {
    exited = error.message;
    settle?.({ exited });
  });
  return (withinMs) =>
    new Promise((resolve) => {
      if (exited !== undefined) return resolve({ exited });
      const timer = setTimeout(() => settle?.({ timedOut: true }), withinMs);
      settle = (ended) => {
        clearTimeout(timer);
        settle = undefined;
        resolve(ended);
      };
    });
}

function outcome(requestId: string, ended: Ended, timeoutSeconds: number): Omit<Invocation, 'logTail'> {
  if ('timedOut' in ended) {
    const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
    return failed({ errorType: 'Sandbox.Timedout', errorMessage });
  }
  if ('exited' in ended) {
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${ended.exited}`;
    return failed({ errorType: 'Runtime.ExitError', errorMessage });
  }
  const { message } = ended;
  if (message.initError ?? message.error) return failed((message.initError ?? message.error)!);
  const payload = Buffer.from(message.result ?? 'null');
  if (payload.length <= largestAnswerBytes) return { payload };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${largestAnswerBytes} bytes).`;
  return failed({ errorType: 'Function.ResponseSizeTooLarge', errorMessage });
}

const failed = (error: Record<string, unknown>): Omit<Invocation, 'logTail'> => ({
  payload: Buffer.from(JSON.stringify(error)),
  functionError: 'Unhandled',
});

function report(requestId: string, milliseconds: number, memory: number, ended: Ended): string {
  const maxRssKiB = 'message' in ended ? (ended.message.maxRssKiB ?? 0) : 0;
  const used = maxRssKiB > 0 ? `\tMax Memory Used: ${Math.ceil(maxRssKiB / 1024)} MB` : '';
  return `REPORT RequestId: ${requestId}\tDuration: ${milliseconds.toFixed(2)} ms\tMemory Size: ${memory} MB${used}\n`;
}

/** What Lambda sets (documentation, "Defined runtime environment variables"), then the template's. */
function environmentOf({
  name,
  handler,
  codeFolder,
  memoryMegabytes,
  environment,
}: FunctionSettings): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: codeFolder,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomBytes(16).toString('hex')}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    // Powertools prints errors about missing X-Ray otherwise, and SDK clients look for a metadata service.
    AWS_EC2_METADATA_DISABLED: 'true',
    ...environment,
  };
}

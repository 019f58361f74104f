// Do two engines that know nothing of each other run the same definitions the same way? Ours against MiniStack (pip,
// `ministack`), or whatever serves the API at PEER_ENDPOINT. Not part of npm test: `node test/local/stepfunctions/peer/compare.ts`.
// A difference must stand in `known` with the reason, else it exits with 1. Where the peer cannot run it says so loudly.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../../../local/clock.ts';
import { freePort } from '../../../../local/free-port.ts';
import { startStepFunctions } from '../../../../local/stepfunctions/start.ts';
import { type Case, cases } from './cases.ts';
import { zip } from './zip.ts';

/** Differences of MiniStack 1.5.33, settled by the documentation of AWS. */
const known: Readonly<Record<string, string>> = {
  'Succeed with Output': 'it ignores Output of a Succeed state',
  'a task that fails':
    'errorType of a Node function is always Runtime.HandlerError, not the name of the error',
  'a task that is caught': 'errorType of a Node function, as above',
  'a task that is retried': 'errorType of a Node function, as above: the retrier does not match',
  'a map': 'the states inside a Map are not in its history',
  'a map that is caught': 'the states inside a Map are not in its history',
  'a token that is retried': 'the second attempt keeps the token of the first',
  'a heartbeat that does not come': 'it ignores heartbeats',
  'an execution that times out': 'it ignores TimeoutSeconds of the state machine',
};

const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const roleArn = 'arn:aws:iam::000000000000:role/peer';

interface Seen {
  readonly status: string | undefined;
  readonly error: string | undefined;
  readonly output: unknown;
  /** States entered and attempts made, in order. */
  readonly path: string;
  readonly tokens: number;
}

async function run(
  client: SFNClient,
  name: string,
  { definition, input, answers = [] }: Case,
): Promise<Seen> {
  const text = JSON.stringify({ QueryLanguage: 'JSONata', ...definition });
  const create = new CreateStateMachineCommand({
    name: name.replaceAll(' ', '-'),
    definition: text,
    roleArn,
  });
  const { stateMachineArn } = await client.send(create);
  const begin = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input ?? {}) });
  const { executionArn } = await client.send(begin);
  let answered = 0;
  for (let waited = 0; waited < 150; waited += 1) {
    const given = tokens.get(executionArn!) ?? [];
    const { status, error, output } = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== 'RUNNING') {
      const history = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 });
      const { events = [] } = await client.send(history);
      const path = events.flatMap(
        (event) => event.stateEnteredEventDetails?.name ?? (event.type === 'TaskScheduled' ? '*' : []),
      );
      const came = status === 'SUCCEEDED' ? JSON.parse(output!) : undefined;
      return { status, error, output: came, path: path.join(' '), tokens: new Set(given).size };
    }
    const answer = given.length > answered ? answers[answered] : undefined;
    if (answer) {
      const taskToken = given[answered]!;
      answered += 1;
      if ('error' in answer) await client.send(new SendTaskFailureCommand({ taskToken, ...answer }));
      else
        await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer.output) }));
    }
    await pause(100);
  }
  return { status: 'RUNNING after 15 s', error: undefined, output: undefined, path: '', tokens: answered };
}

/** The tokens that the function was given, by execution. */
const tokens = new Map<string, string[]>();

function note({ execution, taskToken }: { execution: string; taskToken: string }): void {
  tokens.set(execution, [...(tokens.get(execution) ?? []), taskToken]);
}

/** Where the peer's function, in its own process, tells the tokens that it gets. */
async function listenForTokens(): Promise<{ url: string; stop: () => void }> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    note(JSON.parse(body));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => void server.close(),
  };
}

const handler = `export const handler = async (event) => {
  if (event.fail) throw Object.assign(new Error('as asked'), { name: event.fail });
  if (event.taskToken) await fetch(process.env.REPORT, { method: 'POST', body: JSON.stringify(event) });
  return event;
};`;

async function ours(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const engine = await startStepFunctions({
    port: 0,
    dataFolder: mkdtempSync(join(tmpdir(), 'compare-')),
    clock: realClock,
    lambda: {
      invoke: async (_name, payload) => {
        const { fail, taskToken, execution } = payload as Record<string, string>;
        if (fail) throw Object.assign(new Error('as asked'), { name: fail });
        if (taskToken) note({ execution: execution!, taskToken });
        return payload;
      },
    },
  });
  return { endpoint: engine.url, stop: engine.stop };
}

async function peer(): Promise<{ endpoint: string; stop: () => Promise<void> } | undefined> {
  if (process.env.PEER_ENDPOINT) return { endpoint: process.env.PEER_ENDPOINT, stop: async () => {} };
  const port = await freePort();
  const env = { ...process.env, GATEWAY_PORT: String(port), BIND_HOST: '127.0.0.1', LOG_LEVEL: 'ERROR' };
  const child = spawn(process.env.MINISTACK ?? 'ministack', [], { env, stdio: 'ignore' });
  let gone: string | undefined;
  child.on('error', (error) => {
    gone = error.message;
  });
  child.on('exit', (code) => {
    gone ??= `it ended with ${code}`;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let waited = 0; waited < 300 && !gone; waited += 1) {
    const up = await fetch(`${endpoint}/_ministack/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return { endpoint, stop: async () => void child.kill() };
    await pause(100);
  }
  child.kill();
  console.error(`NOT COMPARED: MiniStack does not run here (${gone ?? 'it did not answer in 30 s'}).`);
  console.error('pip install ministack==1.5.33 in a virtual environment, and name its binary in MINISTACK.');
  return undefined;
}

async function compare(): Promise<number> {
  const theirs = await peer();
  if (!theirs) return 0;
  const our = await ours();
  const report = await listenForTokens();
  const clients = [our, theirs].map(
    ({ endpoint }) => new SFNClient({ endpoint, ...settings, maxAttempts: 1 }),
  );
  let unexplained = 0;
  try {
    const lambda = new LambdaClient({ endpoint: theirs.endpoint, ...settings });
    const Code = { ZipFile: zip('index.mjs', handler) };
    const about = {
      FunctionName: 'peer',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: roleArn,
    } as const;
    const Environment = { Variables: { REPORT: report.url } };
    await lambda.send(new CreateFunctionCommand({ ...about, Code, Environment }));
    for (const [name, one] of Object.entries(cases)) {
      const [mine, other] = await Promise.all(clients.map((client) => run(client, name, one)));
      const same = JSON.stringify(mine) === JSON.stringify(other);
      if (same) console.log(`same      ${name}${known[name] ? ' (known as different: look again)' : ''}`);
      else {
        console.log(
          `${known[name] ? 'known    ' : 'DIFFERENT'} ${name}${known[name] ? `: ${known[name]}` : ''}`,
        );
        console.log(`  ours   ${JSON.stringify(mine)}\n  theirs ${JSON.stringify(other)}`);
        if (!known[name]) unexplained += 1;
      }
    }
  } finally {
    for (const client of clients) client.destroy();
    report.stop();
    await our.stop();
    await theirs.stop();
  }
  return unexplained === 0 ? 0 : 1;
}

process.exitCode = await compare();

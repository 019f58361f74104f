// What does one function answer to one event? As `sam local invoke`: in the running laptop if there is one, with its data,
// else in an empty one of its own. Run: npm run invoke -- <LogicalId> <event.json> [--node network]
// [--with enrolmentId=<id>]

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { VirtualClock } from './clock.ts';
import { type LaptopOptions, startLaptop } from './laptop.ts';
import { laptopNodes } from './nodes.ts';
import { readRun } from './run-file.ts';
import { functionsOf } from './template/functions.ts';
import { readTemplate } from './template/template.ts';

export interface Answered {
  readonly payload: string;
  /** `Unhandled` when the function threw, crashed or ran out of time. */
  readonly functionError?: string;
  readonly log: string;
}

export interface Invoked {
  readonly logicalId: string;
  readonly event: string;
  /** Stack name; the first node when absent. */
  readonly node?: string | undefined;
}

/** Rejects with the service's message when there is no such function or it is throttled. */
export async function invokeRunning(awsUrl: string, functionName: string, event: string): Promise<Answered> {
  const response = await fetch(`${awsUrl}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    headers: { 'x-amz-log-type': 'Tail' },
    body: event,
  });
  const payload = await response.text();
  if (!response.ok)
    throw new Error(`${functionName}: ${(JSON.parse(payload) as { message: string }).message}`);
  const functionError = response.headers.get('x-amz-function-error');
  const log = Buffer.from(response.headers.get('x-amz-log-result') ?? '', 'base64').toString('utf8');
  return functionError ? { payload, functionError, log } : { payload, log };
}

/** Starts a laptop with empty tables, invokes, and takes it down again. */
export async function invokeAlone(
  options: Omit<LaptopOptions, 'dataFolder' | 'clock'>,
  { logicalId, event, node }: Invoked,
): Promise<Answered> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-invoke-'));
  const clock = new VirtualClock();
  try {
    const nodes = options.nodes.filter(({ name }) => name === (node ?? options.nodes[0]?.name));
    if (nodes.length === 0) throw new Error(`There is no node "${node}".`);
    const laptop = await startLaptop({ ...options, nodes, dataFolder, clock });
    try {
      const { name, host } = laptop.nodes[0]!;
      return await invokeRunning(laptop.endpoints.url, host.functionName(logicalId), event).catch((error) => {
        throw new Error(`On node "${name}": ${(error as Error).message}`);
      });
    } finally {
      await laptop.stop();
    }
  } finally {
    clock.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** @throws Error naming those there are */
export function requireFunction(logicalId: string, templateFile = 'template.yaml'): void {
  const ids = functionsOf(readTemplate(templateFile)).map((one) => one.logicalId);
  if (!ids.includes(logicalId))
    throw new Error(
      `There is no function "${logicalId}" in ${templateFile}; these are there:\n  ${ids.sort().join('\n  ')}`,
    );
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { node: { type: 'string' }, with: { type: 'string', multiple: true } },
  });
  const [logicalId, eventFile] = positionals;
  if (!logicalId || !eventFile) {
    console.error(
      'npm run invoke -- <LogicalId of a function in template.yaml> <event.json> [--node network|operator] [--with <member>=<value>]',
    );
    return 2;
  }
  requireFunction(logicalId);
  if (!existsSync(eventFile))
    throw new Error(`There is no file "${eventFile}"; events/ holds one for each function.`);
  const event = eventFrom(eventFile, values.with);
  const run = readRun('.local');
  const names = run?.nodes.map(({ name }) => name);
  if (values.node !== undefined && names && !names.includes(values.node))
    throw new Error(`There is no node "${values.node}": ${names.join(', ')}.`);
  const answered = run
    ? await invokeRunning(run.awsUrl, `${values.node ?? run.nodes[0]?.name}-${logicalId}`, event)
    : await invokeAlone(
        {
          templateFile: 'template.yaml',
          gatewayFile: 'openapi/generated/gateway.json',
          buildFolder: 'dist',
          nodes: laptopNodes({ network: { api: 0, pages: 0 }, operator: { api: 0, pages: 0 } }),
        },
        { logicalId, event, node: values.node },
      );
  console.error(answered.log.trimEnd());
  console.log(answered.payload);
  const refused = refusalOf(answered);
  if (refused === undefined) return answered.functionError ? 1 : 0;
  console.error(`${logicalId} refuses: ${refused} ${hintFor(event)}`);
  return refusedCode;
}

/** `given`: `enrolmentId=01J…`, what a member of the event is instead. @throws Error that says what the event has */
export function eventFrom(file: string, given: readonly string[] = []): string {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`"${file}" is not JSON: ${(error as Error).message}`);
  }
  for (const each of given) {
    const [, name = '', value] = /^([^=]+)=(.+)$/s.exec(each) ?? [];
    if (value === undefined || !Object.hasOwn(event, name))
      throw new Error(
        `--with ${each}: expected <member>=<value>, a member of ${Object.keys(event).join(', ')}`,
      );
    event[name] = value;
  }
  return JSON.stringify(event);
}

/** What to do where a sample names something that this network does not have. */
export function hintFor(event: string): string {
  const [sample] =
    Object.entries(JSON.parse(event) as object).find(([, value]) => sampleId.test(value)) ?? [];
  if (sample) return `The ${sample} of the file is an example: --with ${sample}=<one of yours>.`;
  return 'What the files of events/ name besides FINTECH_AURORA and BANCO_ANDINO is nowhere.';
}

/** What the ids in events/ begin with. */
const sampleId = /^01JZ2M3N4P5Q6R7S8T9VWXYZ/;
/** As `apodera` ends where the rules say no. */
const refusedCode = 3;

/**
 * A step of a workflow that refuses throws, so that the workflow's Catch hears it: here it is an answer, as it is where
 * a function gives it as one.
 */
export function refusalOf({ payload, functionError }: Answered): string | undefined {
  const said = JSON.parse(payload || 'null') as Record<string, string | undefined> | null;
  if (!functionError) return said?.outcome === 'REFUSED' ? `${said.code}.` : undefined;
  return said?.errorType === 'Refusal' ? said.errorMessage : undefined;
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: Error) => {
    console.error(error.message);
    return 1;
  });
}

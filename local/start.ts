// The whole network on this laptop: a network node, a payout operator node, a test PSC and a mailbox, with people,
// participants and keys to try things with. Run: npm start. Ctrl-C ends everything; .local/ keeps what happened.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBank } from './bank/serve.ts';
import { VirtualClock } from './clock.ts';
import type { LocalEdgeParts } from './edge/edge.ts';
import { tryEdge } from './edge/try-edge.ts';
import { evidenceKey } from './evidence-key.ts';
import { type Laptop, type Node, naming, startLaptop } from './laptop.ts';
import { laptopNodes, type NodePorts } from './nodes.ts';
import { startPsc } from './psc/psc.ts';
import { readRun, readStarting, removeRun, removeStarting, writeRun, writeStarting } from './run-file.ts';
import { accounts, nodeIdentities } from './seed/cast.ts';
import { samplePayout } from './seed/sample-payout.ts';
import { readSeed, type Seed, type SeedParts, seed, seedingEnded } from './seed/seed.ts';
import { type Running, welcome, writeParticipantVariables } from './welcome.ts';

export interface Whole extends Running {
  readonly clock: VirtualClock;
  stop(): Promise<void>;
}

/** What certificates, links and pinned nodes name. */
export interface DoorPorts {
  readonly network: NodePorts;
  readonly operator: NodePorts;
  readonly psc: number;
}

export interface StartOptions {
  readonly dataFolder: string;
  readonly buildFolder?: string;
  /** Absent: the documented ones. A start on the same folder needs the same doors: links and nodes name them. */
  readonly ports?: 'free' | 'documented' | DoorPorts;
  /** Counts what the tables are asked (laptop.faultProxy). */
  readonly counted?: boolean;
  /** False: functions may do anything to the tables, which spares a look into each of their calls. */
  readonly policies?: boolean;
  /** Processes of one function at most: beyond a machine's cores they only start, and wait for each other. */
  readonly mostChildren?: number;
  /** The mTLS edge as well; by default with the documented ports only. */
  readonly edge?: boolean;
  /** Hears, on a first start, that everything answers, before the people are invited. */
  readonly up?: (laptop: Laptop) => void;
  /** Hears what a first start, which takes a while, is doing. */
  readonly tell?: (line: string) => void;
}

const ports = {
  aws: 4566,
  dynamodb: 4567,
  states: 4568,
  mail: 4500,
  clock: 4569,
  psc: 4400,
  bank: 4300,
} as const;
const edgePort = 8443;
/** Seeding takes some minutes of virtual time, for each code of an authenticator counts once; then time is the wall's. */
const seedingMinutes = 20;

export async function startWhole(options: StartOptions): Promise<Whole> {
  const { dataFolder } = options;
  const doors = doorsOf(options);
  refuseToStart(dataFolder);
  const fresh = readSeed(dataFolder) === undefined;
  const clock = clockOf(dataFolder, fresh);
  const stops: (() => Promise<void> | void)[] = [() => clock.stop()];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const pscFolder = join(dataFolder, 'psc');
    const psc = await naming(
      'psc',
      doors.psc,
      startPsc({ dataFolder: pscFolder, port: doors.psc, clock: () => clock.now() }),
    );
    stops.push(() => psc.stop());
    const bank = await naming(
      'bank',
      doors.bank,
      startBank(accounts, { port: doors.bank, ...(doors.bank && { file: join(dataFolder, 'bank.json') }) }),
    );
    stops.push(() => bank.stop());
    const laptop = await startLaptop({
      templateFile: 'template.yaml',
      gatewayFile: 'openapi/generated/gateway.json',
      buildFolder: options.buildFolder ?? 'dist',
      dataFolder,
      clock,
      policies: options.policies ?? true,
      dynamodbEndpoint: process.env.DYNAMODB_ENDPOINT,
      nodes: laptopNodes(doors.nodes, bank.url),
      ports: doors.services,
      ...(options.counted && { faults: () => undefined }),
      mostChildren: options.mostChildren,
    });
    stops.push(() => laptop.stop());
    if (fresh) options.up?.(laptop);
    // Beside the seeding, so that it costs no time.
    const starting = edgeOf(doors.edge, { laptop, psc, clock, node: laptop.nodes[0]! }, dataFolder);
    stops.push(async () => {
      const edge = await starting;
      if ('stop' in edge) await edge.stop();
    });
    const known =
      readSeed(dataFolder) ?? (await seedAnew({ laptop, psc, clock, dataFolder, tell: options.tell }));
    const now = new Date();
    if (clock.now() < now) await clock.advance({ to: now });
    const edge = await starting;
    // The clock has just moved: the very first request must not be signed by the time before.
    if ('follow' in edge) await edge.follow();
    return { laptop, psc, bank, clock, seed: known, edge, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** On which port each door opens, 0 for a free one; `edge` undefined: not asked for. */
function doorsOf(options: StartOptions) {
  const chosen = typeof options.ports === 'object' ? options.ports : undefined;
  if (!chosen && options.ports !== 'free') {
    const { bank, psc, ...services } = ports;
    return { bank, psc, services, nodes: undefined, edge: (options.edge ?? true) ? edgePort : undefined };
  }
  const nodes = chosen ?? freePorts;
  return { bank: 0, psc: chosen?.psc ?? 0, services: {}, nodes, edge: options.edge ? 0 : undefined };
}

function clockOf(dataFolder: string, fresh: boolean): VirtualClock {
  const file = join(dataFolder, 'clock');
  // Of an earlier start that found a port taken: seeding begins in the past, whatever that one left.
  if (fresh) rmSync(file, { force: true });
  const start = new Date(Date.now() - seedingMinutes * 60_000);
  return new VirtualClock({ file, ...(fresh && { start }) });
}

async function edgeOf(
  port: number | undefined,
  parts: Omit<LocalEdgeParts, 'folder' | 'port'>,
  dataFolder: string,
): Promise<Whole['edge']> {
  if (port === undefined) return { missing: 'Not asked for.' };
  return tryEdge({ ...parts, folder: join(dataFolder, 'edge'), port });
}

/** Its invitations have been followed: they would only bury the mails that matter. */
async function seedAnew(parts: SeedParts): Promise<Seed> {
  const made = await seed(parts).catch((error: Error) => {
    throw new Error(`${error.message}\n${halfSeeded}`, { cause: error });
  });
  parts.laptop.mail.setAside();
  return made;
}

const halfSeeded = 'The first start did not come to its end: npm run reset, then npm start.';
const freePorts = { network: { api: 0, pages: 0 }, operator: { api: 0, pages: 0 } };

/** Nobody can be invited twice: what a first start left half done is thrown away, not gone on with. */
function refuseToStart(dataFolder: string): void {
  const run = readRun(dataFolder);
  if (run) throw new Error(`The network runs already (process ${run.pid}): Ctrl-C where "npm start" runs.`);
  const starting = readStarting(dataFolder);
  if (starting && starting !== process.pid) throw justStarting(starting);
  if (seedingEnded(dataFolder)) return;
  throw new Error(halfSeeded);
}

const justStarting = (pid: number) =>
  new Error(`The network is just starting (process ${pid}), in another terminal.`);

async function main(): Promise<void> {
  const dataFolder = '.local';
  refuseToStart(dataFolder);
  const other = writeStarting(dataFolder);
  if (other) throw justStarting(other);
  await startHere(dataFolder).finally(() => removeStarting(dataFolder));
}

async function startHere(dataFolder: string): Promise<void> {
  const began = performance.now();
  if (!readSeed(dataFolder)) console.log(firstStart);
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  const whole = await startWhole({
    dataFolder,
    up: ({ nodes, mail }) =>
      console.log(
        `Up after ${seconds()} s: network ${nodes[0]?.apiOrigin}, payout operator ${nodes[1]?.apiOrigin}, mailbox ${mail.url}. Now its people:\n`,
      ),
    tell: (line) => console.log(`  ${line} ...`),
  });
  // While `npm run clock` lets days pass the minute's routines run once a day, and again when it has arrived.
  whole.laptop.endpoints.scheduler.setGranularity(86_400);
  writeRun(dataFolder, {
    pid: process.pid,
    awsUrl: whole.laptop.endpoints.url,
    mailUrl: whole.laptop.mail.url,
    clockUrl: whole.laptop.clockUrl,
    pscUrl: whole.psc.url,
    nodes: whole.laptop.nodes.map(({ name, apiOrigin, pagesOrigin }) => ({ name, apiOrigin, pagesOrigin })),
  });
  for (const node of whole.laptop.nodes) {
    writeAuditVariables(dataFolder, whole.laptop, node);
    writeFileSync(join(dataFolder, `${node.name}.evidence.pem`), await evidenceKey(whole.laptop, node));
  }
  writeParticipantVariables(dataFolder, whole);
  const payout = samplePayout(whole.clock.now());
  writeFileSync(join(dataFolder, 'payout.json'), payout.body);
  console.log(welcome(whole, payout.transactionId, seconds()));
  const stop = async () => {
    console.log('\nStopping.');
    removeRun(dataFolder);
    await whole.stop();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** What `apodera evidence audit` and `export` read of their environment; nothing of it is a secret here. */
export function auditVariables(laptop: Laptop, { name, stack }: Node): Readonly<Record<string, string>> {
  const { finId } = nodeIdentities[name as keyof typeof nodeIdentities];
  return {
    ...laptop.environment,
    AWS_REGION: laptop.endpoints.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    NODE_FIN_ID: finId,
    TABLE_NAME: stack.resource('NodeTable'),
    EVIDENCE_BUCKET: stack.resource('EvidenceBucket'),
    EVIDENCE_KEY_ID: stack.resource('EvidenceKey'),
    SEAL_KEY_ID: stack.resource('SealKey'),
    FACTOR_KEY_ID: stack.resource('FactorKey'),
  };
}

function writeAuditVariables(dataFolder: string, laptop: Laptop, node: Node): void {
  const variables = auditVariables(laptop, node);
  const lines = Object.entries(variables).map(([variable, value]) => `export ${variable}='${value}'\n`);
  writeFileSync(join(dataFolder, `${node.name}.env`), lines.join(''));
}

const firstStart = `
First start: the functions are built, then operators, participants and their people are invited and accept, through
the same doors as in production. It takes half a minute to two, longer on a busy machine; later starts take seconds.
`;

const unwritable = 'This folder has to be writable, for .local/ and dist/.';

if (import.meta.main) {
  await main().catch((error: NodeJS.ErrnoException) => {
    const isReadOnly = ['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '');
    console.error(isReadOnly ? `${unwritable} ${error.message}` : error.message);
    process.exitCode = 1;
  });
}

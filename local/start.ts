// The whole network on this laptop: a network node, a payout operator node, a test PSC and a mailbox, with people,
// participants and keys to try things with. Run: npm start. Ctrl-C ends everything; .local/ keeps what happened.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningBank, startBank } from './bank/serve.ts';
import { VirtualClock } from './clock.ts';
import type { RunningEdge } from './edge/edge.ts';
import { tryEdge } from './edge/try-edge.ts';
import { evidenceKey } from './evidence-key.ts';
import { type Laptop, type Node, naming, startLaptop } from './laptop.ts';
import { laptopNodes, type NodePorts } from './nodes.ts';
import { startPsc } from './psc/psc.ts';
import type { TestPsc } from './psc/test-psc.ts';
import { readRun, readStarting, removeRun, removeStarting, writeRun, writeStarting } from './run-file.ts';
import { accounts, nodeIdentities } from './seed/cast.ts';
import { samplePayout } from './seed/sample-payout.ts';
import { readSeed, type Seed, type SeedParts, seed, seedingEnded } from './seed/seed.ts';

export interface Whole {
  readonly laptop: Laptop;
  readonly psc: TestPsc;
  /** The payout operator's core. */
  readonly bank: RunningBank;
  readonly clock: VirtualClock;
  readonly seed: Seed;
  /** In front of the network's api door; absent, with the reason, where the machine cannot run it. */
  readonly edge: RunningEdge | { readonly missing: string };
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
  const chosen = typeof options.ports === 'object' ? options.ports : undefined;
  const free = options.ports === 'free' || chosen !== undefined;
  const clockFile = join(dataFolder, 'clock');
  refuseToStart(dataFolder);
  const fresh = readSeed(dataFolder) === undefined;
  // Of an earlier start that found a port taken: seeding begins in the past, whatever that one left.
  if (fresh) rmSync(clockFile, { force: true });
  const start = new Date(Date.now() - seedingMinutes * 60_000);
  const clock = new VirtualClock({ file: clockFile, ...(fresh && { start }) });
  const pscPort = free ? (chosen?.psc ?? 0) : ports.psc;
  const psc = await naming(
    'psc',
    pscPort,
    startPsc({ dataFolder: join(dataFolder, 'psc'), port: pscPort, clock: () => clock.now() }),
  );
  const bankPort = free ? 0 : ports.bank;
  const bank = await naming('bank', bankPort, startBank(accounts, { port: bankPort }));
  try {
    const laptop = await startLaptop({
      templateFile: 'template.yaml',
      gatewayFile: 'openapi/generated/gateway.json',
      buildFolder: options.buildFolder ?? 'dist',
      dataFolder,
      clock,
      policies: true,
      dynamodbEndpoint: process.env.DYNAMODB_ENDPOINT,
      nodes: laptopNodes(chosen ?? (free ? freePorts : undefined), bank.url),
      ...(free ? {} : { ports }),
      ...(options.counted && { faults: () => undefined }),
    });
    if (fresh) options.up?.(laptop);
    // Beside the seeding, so that it costs no time.
    const starting: Promise<Whole['edge']> =
      (options.edge ?? !free)
        ? tryEdge({
            ...{ laptop, psc, clock, node: laptop.nodes[0]! },
            folder: join(dataFolder, 'edge'),
            port: free ? 0 : edgePort,
          })
        : Promise.resolve({ missing: 'Not asked for.' });
    const stop = async () => {
      const edge = await starting;
      if ('stop' in edge) await edge.stop();
      await laptop.stop();
      await psc.stop();
      await bank.stop();
      clock.stop();
    };
    try {
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
  } catch (error) {
    await psc.stop();
    await bank.stop();
    throw error;
  }
}

/** Its invitations have been followed: they would only bury the mails that matter. */
async function seedAnew(parts: SeedParts): Promise<Seed> {
  const made = await seed(parts);
  parts.laptop.mail.setAside();
  return made;
}

const freePorts = { network: { api: 0, pages: 0 }, operator: { api: 0, pages: 0 } };

/** Nobody can be invited twice: what a first start left half done is thrown away, not gone on with. */
function refuseToStart(dataFolder: string): void {
  const run = readRun(dataFolder);
  if (run) throw new Error(`The network runs already (process ${run.pid}): Ctrl-C where "npm start" runs.`);
  const starting = readStarting(dataFolder);
  if (starting && starting !== process.pid)
    throw new Error(`The network is just starting (process ${starting}), in another terminal.`);
  if (seedingEnded(dataFolder)) return;
  throw new Error('The first start did not come to its end: npm run reset, then npm start.');
}

async function main(): Promise<void> {
  const began = performance.now();
  const dataFolder = '.local';
  refuseToStart(dataFolder);
  if (!readSeed(dataFolder)) console.log(firstStart);
  writeStarting(dataFolder);
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  const whole = await startWhole({
    dataFolder,
    up: ({ nodes, mail }) =>
      console.log(
        `Up after ${seconds()} s: network ${nodes[0]?.apiOrigin}, payout operator ${nodes[1]?.apiOrigin}, mailbox ${mail.url}. Now its people:\n`,
      ),
    tell: (line) => console.log(`  ${line} ...`),
  }).finally(() => removeStarting(dataFolder));
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
the same doors as in production. It takes half a minute to two; later starts take seconds.
`;

function welcome(whole: Whole, transactionId: string, seconds: string): string {
  const { laptop, psc, bank, seed: known } = whole;
  const aurora = known.participants[0];
  const [network, operator] = laptop.nodes;
  const people = known.people.map(
    (person) =>
      `  ${person.node.padEnd(9)} ${person.office.padEnd(16)} ${person.email.padEnd(26)} ${person.totp}`,
  );
  const nameOf = (email?: string) => `${known.people.find((one) => one.email === email)?.name} (${email})`;
  return `
Apodera runs (${seconds} s). Everything is on this machine; .local/ keeps it, Ctrl-C stops it.

  network          API ${network?.apiOrigin}   pages ${network?.pagesOrigin}/sign-in
  payout operator  API ${operator?.apiOrigin}   pages ${operator?.pagesOrigin}/sign-in
  mailbox          ${laptop.mail.url}
  test PSC         ${psc.url}
  mTLS edge        ${edgeLine(whole)}
  bank's core      ${bank.url}

People at each node, with the secret of their authenticator app there.
Everybody's password: ${known.people[0]?.password}
The code of the moment: npm run -s code -- <e-mail> network|operator

${people.join('\n')}

Try it in a second terminal, in this folder: make a key, get a certificate from the test PSC, enrol it for ${aurora?.finId}.
${existsSync('.local/key.pem') ? '(.local/key.pem is there from before: go on from what it was enrolled for, or npm run reset.)\n' : ''}
  ${tryIt(whole).join('\n  ')}

The last one prints a confirmation code and waits. Open the mailbox: ${nameOf(aurora?.officer)} confirms at the
network first, ${nameOf(aurora?.apoderado)} at the payout operator after.
The pages ask for that code, the password and the authenticator's code. The console of each node, /console on its pages,
shows where it stands. Once it is active, pay with it; .local/payout.json is made anew at each start:

  npx apodera payout send .local/payout.json --certificate .local/chain.pem --key .local/key.pem --password-env APODERA_KEY_PASSWORD
  npx apodera payout show ${transactionId}

Administration: npx apodera admin sign-in --node ${network?.pagesOrigin}, as ${known.people[0]?.email}
Audit:          (. .local/network.env; npx apodera evidence audit)
Show a payout, once its evidence is signed, five minutes later:
                (. .local/network.env; npx apodera evidence export ${transactionId} --participant ${aurora?.finId} --out .local/dossier.json)
                npx apodera evidence verify .local/dossier.json --anchors .local/psc/roots.pem --evidence-public-key ${nodeIdentities.network.finId}=.local/network.evidence.pem
The whole story without a person: npm run demo
`;
}

function edgeLine({ edge }: Whole): string {
  if ('missing' in edge) return `WITHOUT THE EDGE. ${edge.missing} The API above signs in its place.`;
  return `${edge.origin}   in front of the network's API; CA ${edge.caFile}, client certificate optional`;
}

function tryIt({ laptop, seed: known }: Whole): readonly string[] {
  const aurora = known.participants[0]!;
  return [
    `export APODERA_API=${laptop.nodes[0]?.apiOrigin} APODERA_PARTICIPANT=${aurora.finId}`,
    `export APODERA_API_KEY=${aurora.apiKeys.network} APODERA_KEY_PASSWORD='ocho palabras para probar'`,
    'npx apodera key create --out .local/key.pem --password-env APODERA_KEY_PASSWORD',
    `npx apodera key csr --key .local/key.pem --password-env APODERA_KEY_PASSWORD --subject 'CN=${aurora.name}' --out .local/key.csr`,
    `npm run -s psc -- issue ${aurora.finId} .local/key.csr .local/chain.pem`,
    "npx apodera enrolment submit --chain .local/chain.pem --key .local/key.pem --password-env APODERA_KEY_PASSWORD --reason 'primer certificado' --watch",
  ];
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

// A2: what a million payouts cost the network's node, counted over the whole local run at list prices: from the call of
// the participant to the chained evidence, one payout a message, every kind of charge on a line of its own. Storage,
// data transfer and what runs whether or not anybody pays (edge, alarms, minute routines) are not payouts' cost.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chapters } from '../local/demo/chapters.ts';
import { Money } from '../local/demo/money.ts';
import { Story } from '../local/demo/story.ts';
import { startWhole, type Whole } from '../local/start.ts';
import type { Figure } from './figure.ts';
import { price } from './prices.ts';

const messages = 40;
const node = 'network';
/** Outbox, evidence and everything else that a payout leaves to the minute's routines. */
const afterwards = { seconds: 180 };

interface Charges {
  readonly restCalls: number;
  readonly rsaSignatures: number;
  readonly otherSignatures: number;
  readonly otherKmsCalls: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly invocations: number;
  readonly queueCalls: number;
  readonly puts: number;
  readonly gets: number;
  readonly secretCalls: number;
  readonly logBytes: number;
  readonly gigabyteSeconds: number;
}

export async function payoutCostFigures(): Promise<readonly Figure[]> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-bench-'));
  const whole = await startWhole({ dataFolder, ports: 'free', counted: true });
  const money = new Money(new Chapters(whole, new Story(whole.clock, false, () => {})));
  try {
    const { each, bytes } = await counted(whole, money, join(dataFolder, 'logs'));
    return figuresOf(each, bytes);
  } finally {
    await money.end();
    await whole.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** What `messages` payouts add to what the same minutes cost without any, divided by them. */
async function counted(whole: Whole, money: Money, logFolder: string) {
  const signer = await money.chapters.enrol(whole.seed.participants[0]!);
  const hook = await money.listens(signer);
  let bytes = 0;
  const pay = async (count: number) => {
    for (let sent = 0; sent < count; sent++) {
      const creditor = { id_schema: 'CLID', id: `${10_000_000 + hook.deliveries.length}-1` };
      const order = { account: '4242424242', currency: 'CLP', amount: '1000', creditor };
      const message = await money.signed(signer, money.content(signer, order, randomUUID()));
      const { status } = await money.chapters.ask(node, signer.participant, '/v1/messages/payouts', message);
      if (status !== 200) throw new Error(`payout: ${status}`);
      bytes = message.body.length;
      await whole.clock.settled();
    }
    await whole.clock.advance(afterwards);
  };
  await pay(3);
  const start = meter(whole, logFolder);
  await pay(0);
  const idle = meter(whole, logFolder);
  const heard = hook.deliveries.length;
  await pay(messages);
  const end = meter(whole, logFolder);
  if (hook.deliveries.length !== heard + messages) throw new Error('not every payout was answered');
  const names = Object.keys(start) as (keyof Charges)[];
  const added = (name: keyof Charges) => Math.max(0, end[name] - idle[name] - (idle[name] - start[name]));
  const each = Object.fromEntries(names.map((name) => [name, added(name) / messages])) as unknown as Charges;
  return { each, bytes };
}

/** Since the network's start. */
function meter({ laptop }: Whole, logFolder: string): Charges {
  const { host } = laptop.nodes.find(({ name }) => name === node)!;
  const calls = Object.entries(laptop.endpoints.calls()).filter(([call]) => call.startsWith(`${node}-`));
  const ofCalls = (pattern: RegExp) =>
    calls.filter(([call]) => pattern.test(call)).reduce((sum, [, count]) => sum + count, 0);
  const stats = Object.entries(host.stats());
  const callers = Object.entries(laptop.faultProxy!.counts().callers).filter(([name]) =>
    name.startsWith(`${node}-`),
  );
  const units = (kind: 'readUnits' | 'writeUnits') => callers.reduce((sum, [, one]) => sum + one[kind], 0);
  return {
    // Every call of the machines' API asks the authorizer, once.
    restCalls: stats.find(([name]) => name === 'AuthorizeRequestFunction')![1].invocations,
    rsaSignatures: ofCalls(/ kms Sign:RSASSA/),
    otherSignatures: ofCalls(/ kms Sign:(?!RSASSA)/),
    otherKmsCalls: ofCalls(/ kms (?!Sign:)/),
    writeUnits: units('writeUnits'),
    readUnits: units('readUnits'),
    invocations: stats.reduce((sum, [, { invocations }]) => sum + invocations, 0),
    // What is sent is received and deleted once; the pollers of the local run make no calls.
    queueCalls: ofCalls(/ sqs SendMessage/) * 3 + ofCalls(/ sqs (?!SendMessage)/),
    puts: ofCalls(/ s3 (PUT|POST)/),
    gets: ofCalls(/ s3 (GET|HEAD)/),
    secretCalls: ofCalls(/ secretsmanager /),
    ...logged(logFolder),
  };
}

function logged(folder: string): Pick<Charges, 'logBytes' | 'gigabyteSeconds'> {
  let [logBytes, gigabyteSeconds] = [0, 0];
  for (const name of readdirSync(folder).filter((file) => file.startsWith(`${node}-`))) {
    const text = readFileSync(join(folder, name), 'utf8');
    logBytes += Buffer.byteLength(text);
    for (const [, ms, megabytes] of text.matchAll(/Duration: ([\d.]+) ms\tMemory Size: (\d+) MB/g))
      gigabyteSeconds += (Number(ms) / 1000) * (Number(megabytes) / 1024);
  }
  return { logBytes, gigabyteSeconds };
}

function figuresOf(each: Charges, bytes: number): readonly Figure[] {
  const lines = [
    line('rest', 'REST calls', each.restCalls, price.restCall),
    line('kms', 'RSA signatures by KMS', each.rsaSignatures, price.kmsCall),
    line('kms-ec', 'elliptic signatures by KMS', each.otherSignatures, price.kmsCurveSignature),
    line('kms-more', 'other calls of KMS', each.otherKmsCalls, price.kmsCall),
    line('wcu', 'write units', each.writeUnits, price.writeUnit),
    line('rcu', 'read units', each.readUnits, price.readUnit),
    line('lambda', 'invocations', each.invocations, price.invocation),
    line('sqs', 'calls of SQS', each.queueCalls, price.queueCall),
    line('s3-put', 'objects written', each.puts, price.objectPut),
    line('s3-get', 'objects read', each.gets, price.objectGet),
    line('secrets', 'secrets read', each.secretCalls, price.secretCall),
    line('logs', 'bytes of logs', each.logBytes, price.logByte),
  ];
  const total = lines.reduce((sum, { value }) => sum + value, 0);
  // A1 at N = 1: message, participant's counter, evidence, two counters of the creditor, the payout; and KiB.
  const writes = 2 * (3 + 2 + 1) + Math.ceil(bytes / 1024);
  const floor = 1e6 * (2 * price.restCall + 2 * price.kmsCall + writes * price.writeUnit);
  const time = line(
    'time',
    'GB-seconds, timed on this machine',
    each.gigabyteSeconds,
    price.gigabyteSecondArm,
  );
  const what = `a million payouts, one a message: $${total.toFixed(2)} counted at the network's node`;
  const reference = `2 REST calls, 2 signatures, ${writes} write units: $${floor.toFixed(2)}`;
  const value = total / floor;
  return [
    ...lines.filter((one) => one.value > 0),
    time,
    { id: 'A2', what, value, reference, aim: 1.3, holds: value <= 1.3, unit: 'ratio' },
  ];
}

function line(kind: string, what: string, each: number, dollars: number): Figure {
  const reference = `${each.toFixed(2)} a payout`;
  return {
    id: `A2-${kind}`,
    what: `a million payouts: ${what}`,
    value: each * dollars * 1e6,
    reference,
    holds: true,
    unit: 'dollars',
  };
}

if (import.meta.main) console.table(await payoutCostFigures());

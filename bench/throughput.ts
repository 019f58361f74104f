// How many signed payouts a second does the whole local network bear, both nodes and the bank on one machine, and what
// bounds it? Messages are signed beforehand and offered at a fixed rate; what is accepted must be recorded, and paid
// exactly once or still pending. Not in the default run: it takes every core of the machine for some three minutes, says
// on stderr where it stands, and ends with its time, whatever is left. Policies of the template are not asked for here.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoDbTable } from '../adapters/dynamodb/dynamodb.ts';
import { payoutReader } from '../adapters/dynamodb/payout-reader.ts';
import { Chapters, type Submitted } from '../local/demo/chapters.ts';
import { Money, payoutPath } from '../local/demo/money.ts';
import { Story } from '../local/demo/story.ts';
import { startWhole, type Whole } from '../local/start.ts';
import type { Figure } from './figure.ts';
import { cpuSeconds } from './process-shares.ts';

export interface Load {
  readonly seconds: number;
  /** Messages a second, at most. */
  readonly rate: number;
}

/** Unanswered at a time: one that would be more waits, as in a client with a pool of connections. */
const underWay = 64;
/** Offered before the first that counts: V8 compiles what it finds busy, in every process anew. */
const warmSeconds = 10;
/** What is not paid so long after the last answer is told as pending, and left. */
const drainSeconds = 60;
/** When nothing came for so long, what is left waits for its next try: the network's time is moved on. */
const stillMs = 10_000;
const onwardSeconds = 300;

interface Taken {
  /** Milliseconds of each answer. */
  readonly latencies: number[];
  /** Other answers than 200, by status and code. */
  readonly errors: Map<string, number>;
  accepted: number;
  seconds: number;
  /** Of the machine, over the minute that ends with the last answer. */
  machineLoad: number;
}

export async function throughputFigures(load: Load): Promise<readonly Figure[]> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-bench-'));
  const whole = await startWhole({
    ...{ dataFolder, ports: 'free', policies: false },
    mostChildren: availableParallelism(),
  });
  const money = new Money(new Chapters(whole, new Story(whole.clock, false, () => {})));
  try {
    const signer = await money.chapters.enrol(whole.seed.participants[0]!);
    const hook = await money.listens(signer);
    const messages = await signedMessages(money, signer, load);
    say(`offering up to ${load.rate} a second: ${warmSeconds} s to warm up, then ${load.seconds}`);
    const began = performance.now();
    const warm = await offer(messages.splice(0, warmSeconds * load.rate), money, signer, load.rate);
    const before = cpuSeconds();
    const taken = await offer(messages, money, signer, load.rate);
    const cpu = cpuSeconds();
    const accepted = warm.accepted + taken.accepted;
    const heard = () => hook.deliveries.length;
    say(`${accepted} accepted, ${heard()} webhooks heard; waiting for the others, ${drainSeconds} s at most`);
    const tries = await drained(whole, heard, accepted);
    const settled = { accepted, heard: heard(), tries, ms: performance.now() - began };
    const states = await statesAt(whole, signer.participant.finId);
    return [
      ...figuresOf(taken, load),
      ...figuresOfMoney({ ...settled, states, payments: whole.bank.bank.payments }),
      ...sharesOf(before, cpu, taken),
    ];
  } finally {
    await money.end();
    await whole.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

const say = (sentence: string) => process.stderr.write(`throughput: ${sentence}\n`);

async function signedMessages(money: Money, signer: Submitted, { seconds, rate }: Load) {
  const messages: Awaited<ReturnType<Money['signed']>>[] = [];
  const count = (warmSeconds + seconds) * rate;
  say(`signing ${count} messages`);
  for (let at = 0; at < count; at++) {
    const creditor = { id_schema: 'CLID', id: `${10_000_000 + at}-1` };
    const order = { account: '4242424242', currency: 'CLP', amount: '1', creditor };
    messages.push(await money.signed(signer, money.content(signer, order, randomUUID())));
  }
  return messages;
}

type Message = Awaited<ReturnType<typeof signedMessages>>[number];

/** At the rate, or as fast as answers come when that is slower; ends with its time, whatever is left. */
async function offer(
  messages: readonly Message[],
  { chapters }: Money,
  { participant }: Submitted,
  rate: number,
): Promise<Taken> {
  const taken: Taken = { latencies: [], errors: new Map(), accepted: 0, seconds: 0, machineLoad: 0 };
  const began = performance.now();
  const due = (at: number) => began + (at * 1000) / rate;
  const end = due(messages.length);
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < messages.length && performance.now() < end; at = next++) {
      const early = due(at) - performance.now();
      if (early > 0) await pause(early);
      const sent = performance.now();
      const { status, body } = await chapters.ask('network', participant, payoutPath, messages[at]!);
      taken.latencies.push(performance.now() - sent);
      if (status === 200) taken.accepted++;
      else {
        const { errors } = body as { errors?: { error_code: string }[] };
        const said = `${status} ${errors?.[0]?.error_code ?? ''}`;
        taken.errors.set(said, (taken.errors.get(said) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  taken.seconds = (performance.now() - began) / 1000;
  taken.machineLoad = loadavg()[0]!;
  return taken;
}

/** Until every webhook was heard or the time is over. @returns how often the network's time was moved on */
async function drained({ clock }: Whole, heard: () => number, wanted: number): Promise<number> {
  const end = performance.now() + drainSeconds * 1000;
  let [last, since, tries] = [heard(), performance.now(), 0];
  while (heard() < wanted && performance.now() < end) {
    if (heard() !== last) [last, since] = [heard(), performance.now()];
    else if (performance.now() - since > stillMs) {
      say(`${heard()} of ${wanted} webhooks heard; what is left waits for its next try`);
      await clock.advance({ seconds: onwardSeconds });
      [since, tries] = [performance.now(), tries + 1];
    }
    await pause(200);
  }
  return tries;
}

/** How many payouts of the participant stand in which state in the network's own list. */
async function statesAt({ laptop }: Whole, participant: string): Promise<ReadonlyMap<string, number>> {
  const { stack } = laptop.nodes.find(({ name }) => name === 'network')!;
  const client = new DynamoDBClient({
    ...{ endpoint: laptop.dynamodbUrl, region: 'us-east-1' },
    credentials: { accessKeyId: 'bench', secretAccessKey: 'local' },
  });
  const payouts = payoutReader(dynamoDbTable({ client, name: stack.resource('NodeTable') }));
  const states = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const page = await payouts.list(participant, { limit: 1000, ...(cursor !== undefined && { cursor }) });
    for (const { state } of page.items) states.set(state, (states.get(state) ?? 0) + 1);
    cursor = page.cursor;
  } while (cursor !== undefined);
  client.destroy();
  return states;
}

const told = (
  kind: string,
  what: string,
  value: number,
  unit: Figure['unit'],
  reference: string,
): Figure => ({
  ...{ id: `throughput${kind && `-${kind}`}`, what, value, unit, reference },
  holds: true,
});

const none = (kind: string, what: string, value: number, reference: string): Figure => ({
  ...told(kind, what, value, 'count', reference),
  aim: 0,
  holds: value === 0,
});

function figuresOf(
  { accepted, seconds, latencies, errors, machineLoad }: Taken,
  { rate }: Load,
): readonly Figure[] {
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const failed = [...errors.values()].reduce((sum, count) => sum + count, 0);
  const machine = `${availableParallelism()} cores, load ${machineLoad.toFixed(1)}`;
  return [
    told('', `messages accepted a second, of ${rate} offered`, accepted / seconds, 'count', machine),
    told('p50', `milliseconds to the answer, ${underWay} under way`, quantile(0.5), 'ms', 'timed'),
    told('p99', `milliseconds to the answer, ${underWay} under way`, quantile(0.99), 'ms', 'timed'),
    none(
      'errors',
      `answers other than 200, of ${latencies.length}`,
      failed,
      said(Object.fromEntries(errors)) || 'none',
    ),
  ];
}

interface Settled {
  /** With those that were sent to warm up. */
  readonly accepted: number;
  readonly heard: number;
  readonly tries: number;
  /** From the first message to the last webhook that was waited for. */
  readonly ms: number;
  readonly states: ReadonlyMap<string, number>;
  readonly payments: Whole['bank']['bank']['payments'];
}

/** Accepted is recorded; recorded is paid once, or pending; a webhook says so once, and only of what was paid. */
function figuresOfMoney({ accepted, heard, tries, ms, states, payments }: Settled): readonly Figure[] {
  const keys = new Set(payments.filter(({ status }) => status === 'ok').map(({ key }) => key));
  const { ok = 0, pending = 0, ...others } = Object.fromEntries(states);
  const recorded = [...states.values()].reduce((sum, count) => sum + count, 0);
  const [books, list] = ["the bank's books", "the network's list"];
  const waited = `timed; time moved on ${tries} times for what was tried again`;
  return [
    told('settled', 'payouts a second from the message to the webhook', (heard * 1000) / ms, 'count', waited),
    none('lost', 'accepted and not recorded, or the reverse', Math.abs(accepted - recorded), list),
    none('failed', `neither paid nor pending, of ${recorded}`, recorded - ok - pending, said(others) || list),
    none('twice', `paid twice, of ${keys.size}`, payments.length - keys.size, books),
    none('unpaid', 'said to be paid, and not in the books', Math.max(0, ok - keys.size), books),
    none('unheard', 'webhooks of what is not paid, or twice', Math.max(0, heard - ok), 'counted'),
    told('pending', `recorded and not paid when the time was over, of ${recorded}`, pending, 'count', list),
  ];
}

const said = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([what, count]) => `${count} times ${what}`)
    .join(', ');

/** What bounds it: processor time while messages came, largest first. */
function sharesOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  { seconds, accepted }: Taken,
): readonly Figure[] {
  const used = [...after].map(([name, at]) => ({ name, spent: at - (before.get(name) ?? 0) }));
  const all = used.reduce((sum, { spent }) => sum + spent, 0);
  const cores = availableParallelism();
  return [
    told('cpu', 'cores that the network used', all / seconds, 'count', `of ${cores}`),
    told('cpu', 'milliseconds of a core, for each message accepted', (all * 1000) / accepted, 'ms', 'timed'),
    ...used
      .sort((a, b) => b.spent - a.spent)
      .slice(0, 10)
      .map(({ name, spent }) =>
        told('cpu', name, spent / all, 'ratio', 'all processor time of the network meanwhile'),
      ),
  ];
}

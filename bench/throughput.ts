// How many signed payouts a second does the whole local network bear, both nodes and the bank on one machine, and what
// bounds it? Messages are signed beforehand and offered at a fixed rate; what is accepted must be paid exactly once.
// Not in the default run: it takes every core of the machine, for the seconds that it offers messages, as many (a minute
// at least) for what was accepted to be paid, and two minutes more where that stands still. It says on stderr where it stands.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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
/** What is still under way so long after the last answer (or as long as messages were offered) is told, and left. */
const leastDrainSeconds = 60;
/** When nothing came for so long, what is left waits for its next try: the network's time is moved on, so often at most. */
const stillMs = 10_000;
const onwards = { seconds: 300, times: 12 } as const;

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
  const whole = await startWhole({ dataFolder, ports: 'free' });
  const money = new Money(new Chapters(whole, new Story(whole.clock, false, () => {})));
  try {
    const signer = await money.chapters.enrol(whole.seed.participants[0]!);
    const hook = await money.listens(signer);
    const messages = await signedMessages(money, signer, load);
    say(`offering ${messages.length} messages, up to ${load.rate} a second`);
    // Processes of functions start, and the certificate is proved, before the first message that is timed.
    const warm = await offer(messages.splice(0, underWay), money, signer, underWay / 4);
    const [before, began] = [cpuSeconds(), performance.now()];
    const taken = await offer(messages, money, signer, load.rate);
    const cpu = cpuSeconds();
    const accepted = warm.accepted + taken.accepted;
    say(`${accepted} accepted; waiting for what is not paid yet`);
    const heard = () => hook.deliveries.length;
    const drain = await drained(whole, heard, accepted, Math.max(leastDrainSeconds, load.seconds));
    const settled = { accepted, heard: heard(), ...drain, ms: performance.now() - began };
    return [
      ...figuresOf(taken, load),
      ...figuresOfMoney(whole.bank.bank.payments, settled),
      ...sharesOf(before, cpu, taken.seconds),
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
  say(`signing ${seconds * rate + underWay} messages`);
  for (let at = 0; at < seconds * rate + underWay; at++) {
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

interface Drain {
  /** How often time had to be moved on for what is tried again. */
  readonly tries: number;
  /** The time was over while webhooks were still coming. */
  readonly cut: boolean;
}

async function drained(
  { clock }: Whole,
  heard: () => number,
  wanted: number,
  seconds: number,
): Promise<Drain> {
  const [end, told] = [performance.now() + seconds * 1000, { at: performance.now() }];
  let [last, since, tries] = [-1, performance.now(), 0];
  while (heard() < wanted && tries <= onwards.times) {
    if (performance.now() - told.at > stillMs) {
      told.at = performance.now();
      say(`${heard()} of ${wanted} webhooks heard`);
    }
    if (heard() !== last) {
      // It goes on, and the time is over; what stands still instead gets all its tries.
      if (performance.now() > end) return { tries, cut: true };
      [last, since] = [heard(), performance.now()];
    } else if (performance.now() - since > stillMs) {
      await clock.advance({ seconds: onwards.seconds });
      [since, tries] = [performance.now(), tries + 1];
    }
    await pause(200);
  }
  return { tries, cut: false };
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
  const said = [...errors].map(([what, count]) => `${count} times ${what}`).join(', ');
  const machine = `${availableParallelism()} cores, load ${machineLoad.toFixed(1)}`;
  return [
    told('', `messages accepted a second, of ${rate} offered`, accepted / seconds, 'count', machine),
    told('p50', `milliseconds to the answer, ${underWay} under way`, quantile(0.5), 'ms', 'timed'),
    told('p99', `milliseconds to the answer, ${underWay} under way`, quantile(0.99), 'ms', 'timed'),
    none('errors', `answers other than 200, of ${latencies.length}`, failed, said || 'none'),
  ];
}

interface Settled extends Drain {
  /** With those that were sent to warm up. */
  readonly accepted: number;
  readonly heard: number;
  readonly ms: number;
}

function figuresOfMoney(
  payments: Whole['bank']['bank']['payments'],
  { accepted, heard, tries, cut, ms }: Settled,
): readonly Figure[] {
  const keys = new Set(payments.filter(({ status }) => status === 'ok').map(({ key }) => key));
  const books = "the bank's books";
  const waited = `timed; time moved on ${tries} times for what was tried again`;
  const rest = cut
    ? [
        told(
          'open',
          `accepted, not paid when the time was over, of ${accepted}`,
          accepted - keys.size,
          'count',
          books,
        ),
      ]
    : [
        none('unpaid', `accepted and not paid, of ${accepted}`, accepted - keys.size, books),
        none('unheard', 'webhooks missing or heard twice', Math.abs(accepted - heard), 'counted'),
      ];
  return [
    none('twice', `paid twice, of ${accepted}`, payments.length - keys.size, books),
    ...rest,
    told('settled', 'payouts a second from the call to the webhook', (heard * 1000) / ms, 'count', waited),
  ];
}

/** What bounds it: processor time while messages came, largest first. */
function sharesOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  seconds: number,
): readonly Figure[] {
  const used = [...after].map(([name, at]) => ({ name, spent: at - (before.get(name) ?? 0) }));
  const all = used.reduce((sum, { spent }) => sum + spent, 0);
  const available = seconds * availableParallelism();
  return [
    told('cpu', 'cores that the network used', all / seconds, 'count', `of ${available / seconds}`),
    ...used
      .sort((a, b) => b.spent - a.spent)
      .slice(0, 8)
      .map(({ name, spent }) =>
        told('cpu', name, spent / all, 'ratio', 'all processor time of the network meanwhile'),
      ),
  ];
}

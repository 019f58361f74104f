// Which schedules stand, and what does one do when its time has come? EventBridge Scheduler for Lambda, SQS and Step
// Functions targets. What was missed while the laptop slept fires once at the start. Flexible windows are taken as
// OFF; schedule groups are only names; universal targets are refused.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openTable, type Table } from './journal.ts';
import { type NextFiring, parseScheduleExpression } from './schedule-expression.ts';
import { type LocalClock, setTimer } from './timer.ts';
import {
  AwsError,
  asAwsError,
  type Json,
  jsonError,
  parseJson,
  type ServiceHandler,
  unknownOperation,
  type WireRequest,
} from './wire.ts';
import { openWork } from './work.ts';

export interface Schedule {
  readonly name: string;
  readonly group: string;
  /** The request as it came: ScheduleExpression, Target, State and so on, with the API's names. */
  readonly said: Json;
  readonly createdAt: string;
  readonly nextAt?: string;
  /** Failed deliveries of the firing that `nextAt` repeats. */
  readonly attempts: number;
  readonly firedAt?: string;
  /** The moment that the firing under way was due, kept over retries. */
  readonly dueAt?: string;
}

/** Hands the input to a target, and rejects when the target did not take it. */
export type Deliver = (targetArn: string, input: string) => Promise<void>;

export interface SchedulerOptions {
  readonly dataFolder: string;
  readonly clock: LocalClock;
  readonly region: string;
  readonly account: string;
  readonly deliver: Deliver;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #schedules: Table<Schedule>;
  readonly #firing = new Set<string>();
  readonly #work = openWork();
  #closed = false;
  #granularityMs = 0;
  #flowing: NodeJS.Timeout | undefined;
  #cancel = (): void => {};

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#schedules = openTable(join(options.dataFolder, 'schedules.jsonl'));
    this.#arm();
  }

  readonly handler: ServiceHandler = async (request) => {
    try {
      const body = JSON.stringify(this.#answer(request));
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    } catch (error) {
      return jsonError(asAwsError(error));
    }
  };

  /** Idempotent: the same request leaves the schedule and its next firing as they are. */
  seed(name: string, said: Json, group = 'default'): void {
    const known = this.#schedules.get(idOf({ name, group }));
    if (JSON.stringify(known?.said) !== JSON.stringify(said)) this.#store(name, group, said);
  }

  /**
   * While the virtual clock jumps, a rate() fires at most once in so many seconds of it: a year of a sweep every minute
   * would be half a million invocations. Where time merely flows, it fires as it says. 0, the default: always as it says.
   */
  setGranularity(seconds: number): void {
    this.#granularityMs = seconds * 1000;
    this.#arm();
  }

  /** See work.ts. */
  idle(): Promise<boolean> {
    return this.#work.idle();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    clearTimeout(this.#flowing);
    this.#schedules.close();
  }

  /** One timer for the earliest of them all; a second one, of real time, for the rates that a jump may leave out. */
  #arm(): void {
    this.#cancel();
    clearTimeout(this.#flowing);
    const due = Array.from(this.#schedules.values()).filter(
      (each) => each.nextAt && !this.#firing.has(idOf(each)),
    );
    if (due.length === 0 || this.#closed) return;
    const { clock } = this.#options;
    const fireDue = (): void => this.fireDue();
    const wakeAt = Math.min(...due.map((each) => wakeOf(each, this.#granularityMs)));
    this.#cancel = setTimer(clock, new Date(wakeAt), fireDue);
    if (this.#granularityMs === 0) return;
    const next = Math.min(...due.map(({ nextAt }) => Date.parse(nextAt!)));
    this.#flowing = setTimeout(fireDue, Math.max(50, Math.min(next - clock.now().getTime(), 60_000))).unref();
  }

  /** What a jump of the clock left out too: whoever arrives finds what would have been done until now. */
  fireDue(): void {
    const now = this.#options.clock.now().toISOString();
    for (const schedule of [...this.#schedules.values()]) {
      const isDue = schedule.nextAt !== undefined && schedule.nextAt <= now;
      if (isDue && !this.#firing.has(idOf(schedule))) void this.#work.track(this.#fire(schedule));
    }
    this.#arm();
  }

  async #fire(schedule: Schedule): Promise<void> {
    this.#firing.add(idOf(schedule));
    const dueAt = schedule.dueAt ?? schedule.nextAt!;
    const input = inputOf(schedule, dueAt, this.#arnOf(schedule));
    const failure = await this.#options.deliver(targetOf(schedule.said).arn, input).then(
      () => undefined,
      (error) => (error instanceof Error ? error : new Error(String(error))),
    );
    this.#firing.delete(idOf(schedule));
    if (this.#closed) return;
    // Deleted or replaced meanwhile: what stands now decides.
    if (this.#schedules.get(idOf(schedule)) === schedule) this.#settle(schedule, dueAt, input, failure);
    this.#arm();
  }

  #settle(schedule: Schedule, dueAt: string, input: string, failure: Error | undefined): void {
    const now = this.#options.clock.now();
    const { retries, deadLetterArn } = targetOf(schedule.said);
    if (failure && schedule.attempts < retries) {
      const seconds = Math.min(2 ** schedule.attempts, 60);
      const nextAt = new Date(now.getTime() + seconds * 1000).toISOString();
      this.#schedules.set(idOf(schedule), { ...schedule, nextAt, dueAt, attempts: schedule.attempts + 1 });
      return;
    }
    if (failure && deadLetterArn) void this.#options.deliver(deadLetterArn, input);
    if (failure) console.error(`schedule ${schedule.name}: given up: ${failure.message}`);
    const { dueAt: _, nextAt: __, ...rest } = schedule;
    const next = nextOf(schedule.said, new Date(schedule.createdAt), now);
    if (!next && schedule.said.ActionAfterCompletion === 'DELETE') this.#schedules.delete(idOf(schedule));
    else {
      const settled = { ...rest, attempts: 0, firedAt: now.toISOString() };
      this.#schedules.set(idOf(schedule), next ? { ...settled, nextAt: next.toISOString() } : settled);
    }
  }

  #store(name: string, group: string, said: Json): Schedule {
    targetOf(said);
    const now = this.#options.clock.now();
    // A rate without a StartDate fires at once: 1 ms earlier makes "after" include now.
    const next = nextOf(said, now, new Date(now.getTime() - 1));
    if (!next && /^at\(/.test(String(said.ScheduleExpression))) {
      throw new AwsError('ValidationException', `"${said.ScheduleExpression}" is in the past.`);
    }
    const stored = { name, group, said, createdAt: now.toISOString(), attempts: 0 };
    const schedule = next ? { ...stored, nextAt: next.toISOString() } : stored;
    this.#schedules.set(idOf(schedule), schedule);
    this.#arm();
    return schedule;
  }

  #answer({ method, path, query, body }: WireRequest): Json {
    const [, resource, name = '', beyond] = path.split('/').map(decodeURIComponent);
    const isKnown = ['POST', 'PUT', 'GET', 'DELETE'].includes(method);
    if (resource !== 'schedules' || name === '' || beyond !== undefined || !isKnown) {
      throw unknownOperation(`scheduler ${method} ${path}`);
    }
    const said = parseJson(body);
    const group = String(said.GroupName ?? query.get('groupName') ?? 'default');
    const known = this.#schedules.get(idOf({ name, group }));
    if (method === 'POST') {
      if (known) throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
      return { ScheduleArn: this.#arnOf(this.#store(name, group, said)) };
    }
    if (!known) throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    if (method === 'PUT') return { ScheduleArn: this.#arnOf(this.#store(name, group, said)) };
    if (method === 'GET') return this.#shown(known);
    this.#schedules.delete(idOf(known));
    this.#arm();
    return {};
  }

  #shown(schedule: Schedule): Json {
    const { name: Name, group: GroupName, said, createdAt } = schedule;
    const CreationDate = Date.parse(createdAt) / 1000;
    return { State: 'ENABLED', ...said, Name, GroupName, Arn: this.#arnOf(schedule), CreationDate };
  }

  #arnOf({ group, name }: { group: string; name: string }): string {
    return `arn:aws:scheduler:${this.#options.region}:${this.#options.account}:schedule/${group}/${name}`;
  }
}

/** When the clock must stop for this schedule. */
function wakeOf({ nextAt, firedAt, said }: Schedule, granularityMs: number): number {
  const next = Date.parse(nextAt!);
  const isRate = String(said.ScheduleExpression).startsWith('rate(');
  return isRate && firedAt ? Math.max(next, Date.parse(firedAt) + granularityMs) : next;
}

const idOf = ({ group, name }: { group: string; name: string }): string => `${group}/${name}`;

function nextOf(said: Json, createdAt: Date, after: Date): Date | undefined {
  const zone = String(said.ScheduleExpressionTimezone ?? 'UTC');
  const start = dateOf(said.StartDate);
  const next: NextFiring = parseScheduleExpression(String(said.ScheduleExpression), zone, start ?? createdAt);
  if (said.State === 'DISABLED') return undefined;
  const at = next(start && start > after ? new Date(start.getTime() - 1) : after);
  const end = dateOf(said.EndDate);
  return at && end && at > end ? undefined : at;
}

/** REST JSON carries timestamps as seconds. */
const dateOf = (value: unknown): Date | undefined =>
  value === undefined ? undefined : new Date(typeof value === 'number' ? value * 1000 : String(value));

interface Target {
  readonly arn: string;
  readonly retries: number;
  readonly deadLetterArn?: string;
}

function targetOf(said: Json): Target {
  const target = (said.Target ?? {}) as Json;
  const arn = String(target.Arn ?? '');
  if (!/^arn:aws:(lambda|sqs|states):/.test(arn)) {
    throw new AwsError(
      'ValidationException',
      `"Target.Arn" must be a Lambda function, queue or state machine, found "${arn}".`,
    );
  }
  if (typeof target.RoleArn !== 'string')
    throw new AwsError('ValidationException', '"Target.RoleArn" is required.');
  const retries = Number(((target.RetryPolicy ?? {}) as Json).MaximumRetryAttempts ?? 185);
  const deadLetterArn = ((target.DeadLetterConfig ?? {}) as Json).Arn;
  return typeof deadLetterArn === 'string' ? { arn, retries, deadLetterArn } : { arn, retries };
}

function inputOf(schedule: Schedule, dueAt: string, scheduleArn: string): string {
  const input = ((schedule.said.Target ?? {}) as Json).Input;
  const context: Record<string, string> = {
    'schedule-arn': scheduleArn,
    'scheduled-time': dueAt.replace(/\.\d+Z$/, 'Z'),
    'execution-id': randomUUID(),
    'attempt-number': String(schedule.attempts + 1),
  };
  return String(input ?? '{}').replace(
    /<aws\.scheduler\.([a-z-]+)>/g,
    (whole, name: string) => context[name] ?? whole,
  );
}

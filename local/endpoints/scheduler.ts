// Which schedules stand, and what does one do when its time has come? EventBridge Scheduler for Lambda, SQS and Step
// Functions targets. What was missed while the laptop slept fires once at the start. Flexible windows are taken as
// OFF; schedule groups are only names; universal targets are refused.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openTable } from './journal.ts';
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

export interface Scheduler {
  readonly handler: ServiceHandler;
  /** Idempotent: the same request leaves the schedule and its next firing as they are. */
  seed(name: string, said: Json, group?: string): void;
  /**
   * While the virtual clock jumps, a rate() fires at most once in so many seconds of it: a year of a sweep every minute
   * would be half a million invocations. Where time merely flows, it fires as it says. 0, the default: always as it says.
   */
  setGranularity(seconds: number): void;
  /** See work.ts. */
  idle(): Promise<boolean>;
  close(): void;
}

export function openScheduler(options: {
  dataFolder: string;
  clock: LocalClock;
  region: string;
  account: string;
  deliver: Deliver;
}): Scheduler {
  const { clock, deliver } = options;
  const schedules = openTable<Schedule>(join(options.dataFolder, 'schedules.jsonl'));
  const firing = new Set<string>();
  const work = openWork();
  let closed = false;
  let granularityMs = 0;
  let flowing: NodeJS.Timeout | undefined;
  let cancel = (): void => {};
  const arnOf = (schedule: Schedule): string =>
    `arn:aws:scheduler:${options.region}:${options.account}:schedule/${schedule.group}/${schedule.name}`;

  /** One timer for the earliest of them all; a second one, of real time, for the rates that a jump may leave out. */
  function arm(): void {
    cancel();
    clearTimeout(flowing);
    const due = Array.from(schedules.values()).filter((each) => each.nextAt && !firing.has(idOf(each)));
    if (due.length === 0 || closed) return;
    cancel = setTimer(clock, new Date(Math.min(...due.map(wakeAt))), fireDue);
    if (granularityMs === 0) return;
    const next = Math.min(...due.map(({ nextAt }) => Date.parse(nextAt!)));
    flowing = setTimeout(fireDue, Math.max(50, Math.min(next - clock.now().getTime(), 60_000))).unref();
  }

  /** When the clock must stop for this schedule. */
  function wakeAt({ nextAt, firedAt, said }: Schedule): number {
    const next = Date.parse(nextAt!);
    const isRate = String(said.ScheduleExpression).startsWith('rate(');
    return isRate && firedAt ? Math.max(next, Date.parse(firedAt) + granularityMs) : next;
  }

  function fireDue(): void {
    const now = clock.now().toISOString();
    for (const schedule of [...schedules.values()]) {
      if (schedule.nextAt && schedule.nextAt <= now && !firing.has(idOf(schedule)))
        void work.track(fire(schedule));
    }
    arm();
  }

  async function fire(schedule: Schedule): Promise<void> {
    firing.add(idOf(schedule));
    const dueAt = schedule.dueAt ?? schedule.nextAt!;
    const failure = await deliver(
      targetOf(schedule.said).arn,
      inputOf(schedule, dueAt, arnOf(schedule)),
    ).then(
      () => undefined,
      (error) => (error instanceof Error ? error : new Error(String(error))),
    );
    firing.delete(idOf(schedule));
    if (closed) return;
    // Deleted or replaced meanwhile: what stands now decides.
    if (schedules.get(idOf(schedule)) === schedule) settle(schedule, dueAt, failure);
    arm();
  }

  function settle(schedule: Schedule, dueAt: string, failure: Error | undefined): void {
    const { retries, deadLetterArn } = targetOf(schedule.said);
    if (failure && schedule.attempts < retries) {
      const seconds = Math.min(2 ** schedule.attempts, 60);
      const nextAt = new Date(clock.now().getTime() + seconds * 1000).toISOString();
      schedules.set(idOf(schedule), { ...schedule, nextAt, dueAt, attempts: schedule.attempts + 1 });
      return;
    }
    if (failure && deadLetterArn) void deliver(deadLetterArn, inputOf(schedule, dueAt, arnOf(schedule)));
    if (failure) console.error(`schedule ${schedule.name}: given up: ${failure.message}`);
    const { dueAt: _, nextAt: __, ...rest } = schedule;
    const next = nextOf(schedule.said, new Date(schedule.createdAt), clock.now());
    if (!next && schedule.said.ActionAfterCompletion === 'DELETE') schedules.delete(idOf(schedule));
    else {
      const settled = { ...rest, attempts: 0, firedAt: clock.now().toISOString() };
      schedules.set(idOf(schedule), next ? { ...settled, nextAt: next.toISOString() } : settled);
    }
  }

  function store(name: string, group: string, said: Json): Schedule {
    targetOf(said);
    const now = clock.now();
    // A rate without a StartDate fires at once: 1 ms earlier makes "after" include now.
    const next = nextOf(said, now, new Date(now.getTime() - 1));
    if (!next && /^at\(/.test(String(said.ScheduleExpression))) {
      throw new AwsError('ValidationException', `"${said.ScheduleExpression}" is in the past.`);
    }
    const stored = { name, group, said, createdAt: now.toISOString(), attempts: 0 };
    const schedule = next ? { ...stored, nextAt: next.toISOString() } : stored;
    schedules.set(idOf(schedule), schedule);
    arm();
    return schedule;
  }

  arm();
  return {
    handler: async (request) => {
      try {
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(answer(request)),
        };
      } catch (error) {
        return jsonError(asAwsError(error));
      }
    },
    seed(name, said, group = 'default') {
      const known = schedules.get(idOf({ name, group }));
      if (JSON.stringify(known?.said) !== JSON.stringify(said)) store(name, group, said);
    },
    setGranularity(seconds) {
      granularityMs = seconds * 1000;
      arm();
    },
    idle: work.idle,
    close() {
      closed = true;
      cancel();
      clearTimeout(flowing);
      schedules.close();
    },
  };

  function answer({ method, path, query, body }: WireRequest): Json {
    const [, resource, name = '', beyond] = path.split('/').map(decodeURIComponent);
    if (resource !== 'schedules' || name === '' || beyond !== undefined)
      throw unknownOperation(`scheduler ${method} ${path}`);
    const said = parseJson(body);
    const group = String(said.GroupName ?? query.get('groupName') ?? 'default');
    const known = schedules.get(idOf({ name, group }));
    if (method === 'POST') {
      if (known) throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
      return { ScheduleArn: arnOf(store(name, group, said)) };
    }
    if (!known) throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    if (method === 'PUT') return { ScheduleArn: arnOf(store(name, group, said)) };
    if (method === 'GET') {
      const created = Date.parse(known.createdAt) / 1000;
      return {
        State: 'ENABLED',
        ...known.said,
        Name: name,
        GroupName: group,
        Arn: arnOf(known),
        CreationDate: created,
      };
    }
    if (method !== 'DELETE') throw unknownOperation(`scheduler ${method} ${path}`);
    schedules.delete(idOf(known));
    arm();
    return {};
  }
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

// What if DynamoDB is busy, in conflict, or its answer is lost? No local engine ever says so: this proxy in front of one
// does, by rule or by seeded chance, and counts requests and capacity on the way. Which calls must survive it, tests say.

import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { operationNamed, readBody, signedBy } from './endpoints/wire.ts';
import { closeServer, listen } from './loopback.ts';

export type Fault =
  /** TransactWriteItems: cancelled with this reason on one of its items; single writes: TransactionConflictException. */
  | 'TransactionConflict'
  | 'TransactionInProgress'
  | 'Throttling'
  | 'ProvisionedThroughputExceeded'
  | 'InternalServerError'
  /** Permissions of the caller: policies.ts decides it. */
  | 'AccessDenied'
  /** The engine does the work, the client hears nothing: whoever tries again must not do it twice. */
  | 'LostAnswer'
  /** Neither hears anything. */
  | 'LostRequest';

export interface Call {
  /** `TransactWriteItems`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Calls before this one. */
  readonly before: number;
  /** Access key id that the request was signed with: on the laptop, the function's name. */
  readonly caller: string;
}

/** Undefined: the call passes. */
export type FaultRule = (call: Call) => Fault | undefined;

export interface Counts {
  readonly requests: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Units as DynamoDB bills them, transactions doubled by the engine. */
  readonly readUnits: number;
  readonly writeUnits: number;
  /** The same units by `Call.caller`. */
  readonly callers: Readonly<Record<string, { readonly readUnits: number; readonly writeUnits: number }>>;
}

export interface FaultProxy {
  readonly url: string;
  setRule(rule: FaultRule): void;
  counts(): Counts;
  resetCounts(): void;
  stop(): Promise<void>;
}

/** The same seed gives the same faults to the same order of calls. */
export function seededFaults(options: {
  readonly seed: number;
  /** 0 to 1. */
  readonly probability: number;
  readonly faults: readonly Fault[];
  /** Absent: TransactWriteItems, PutItem, UpdateItem, DeleteItem. */
  readonly operations?: readonly string[];
}): FaultRule {
  const random = mulberry32(options.seed);
  const operations = options.operations ?? ['TransactWriteItems', 'PutItem', 'UpdateItem', 'DeleteItem'];
  return ({ operation }) => {
    if (!operations.includes(operation)) return undefined;
    const [chance, which] = [random(), random()];
    return chance < options.probability
      ? options.faults[Math.floor(which * options.faults.length)]
      : undefined;
  };
}

/** A small generator with 32 bits of state: repeatable, nothing more. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function startFaultProxy(options: {
  target: string;
  port?: number;
  rule?: FaultRule;
  /** False: answers pass unread, and `counts` has no units. */
  metered?: boolean;
}): Promise<FaultProxy> {
  const { metered = true } = options;
  const agent = new Agent({ keepAlive: true });
  let rule = options.rule ?? (() => undefined);
  let counted = noCounts();
  let calls = 0;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const operation = operationNamed(incoming.headers) ?? '';
    const input = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Record<string, unknown>) : {};
    const caller = signedBy(incoming.headers);
    add(counted.requests, operation);
    const fault = rule({ operation, input, before: calls++, caller });
    if (fault) add(counted.faults, fault);
    if (fault === 'LostRequest') return void outgoing.destroy();
    if (fault && fault !== 'LostAnswer') return sendFault(outgoing, fault, operation, input);
    const sent = metered ? measured(operation, input, body) : body;
    const answer = await forward(agent, options.target, incoming, sent);
    if (fault) return void outgoing.destroy();
    const unasked = input.ReturnConsumedCapacity === undefined || input.ReturnConsumedCapacity === 'NONE';
    const shown =
      metered && answer.status === 200
        ? countCapacity(answer.body, unasked, counted, { operation, caller })
        : answer.body;
    send(outgoing, answer.status, shown);
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error) => {
      console.error('fault proxy:', error);
      outgoing.destroy();
    });
  });
  return {
    url: await listen(server, options.port),
    setRule(next) {
      rule = next;
    },
    counts: () => structuredClone(counted),
    resetCounts() {
      counted = noCounts();
    },
    async stop() {
      agent.destroy();
      await closeServer(server);
    },
  };
}

interface Units {
  readUnits: number;
  writeUnits: number;
}

interface Counting extends Counts, Units {
  readonly requests: Record<string, number>;
  readonly faults: Record<string, number>;
  readonly callers: Record<string, Units>;
  readUnits: number;
  writeUnits: number;
}

const noCounts = (): Counting => ({
  requests: {},
  faults: {},
  callers: {},
  readUnits: 0,
  writeUnits: 0,
});

const add = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};

const reads = ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems'];
const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];

/** Asks for the capacity, whatever the client asked for. */
function measured(operation: string, input: Record<string, unknown>, body: Buffer): Buffer {
  if (!reads.includes(operation) && !writes.includes(operation)) return body;
  const asked = input.ReturnConsumedCapacity;
  if (asked === 'TOTAL' || asked === 'INDEXES') return body;
  return Buffer.from(JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }));
}

interface Metered {
  readonly ConsumedCapacity?: Capacity | Capacity[];
}

interface Capacity {
  /** Of the table and its indexes. */
  readonly CapacityUnits: number;
}

function countCapacity(
  body: Buffer,
  unasked: boolean,
  counting: Counting,
  { operation, caller }: Pick<Call, 'operation' | 'caller'>,
): Buffer {
  const { ConsumedCapacity, ...rest } = JSON.parse(body.toString('utf8')) as Metered;
  const units = [ConsumedCapacity ?? []].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
  const kind = writes.includes(operation) ? 'writeUnits' : 'readUnits';
  counting.callers[caller] ??= { readUnits: 0, writeUnits: 0 };
  for (const each of [counting, counting.callers[caller]]) each[kind] += units;
  return unasked ? Buffer.from(JSON.stringify(rest)) : body;
}

function sendFault(
  outgoing: ServerResponse,
  fault: Fault,
  operation: string,
  input: Record<string, unknown>,
): void {
  const { status = 400, type, ...body } = faultBody(fault, operation, input);
  const text = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...body });
  send(outgoing, status, Buffer.from(text));
}

function send(outgoing: ServerResponse, status: number, body: Buffer): void {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': body.length };
  outgoing.writeHead(status, headers).end(body);
}

interface FaultBody {
  readonly status?: number;
  readonly type: string;
  readonly message: string;
  readonly CancellationReasons?: readonly { readonly Code: string; readonly Message?: string }[];
}

/** Names and messages as DynamoDB's API reference and SDK errors show them. */
function faultBody(fault: Fault, operation: string, input: Record<string, unknown>): FaultBody {
  const ongoing = 'Transaction is ongoing for the item';
  switch (fault) {
    case 'TransactionConflict': {
      if (!operation.startsWith('Transact'))
        return { type: 'TransactionConflictException', message: ongoing };
      const items = (input.TransactItems as unknown[] | undefined) ?? [];
      const CancellationReasons = items.map((_, i) =>
        i === items.length - 1 ? { Code: 'TransactionConflict', Message: ongoing } : { Code: 'None' },
      );
      const codes = CancellationReasons.map(({ Code }) => Code).join(', ');
      const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
      return { type: 'TransactionCanceledException', message, CancellationReasons };
    }
    case 'TransactionInProgress':
      return {
        type: 'TransactionInProgressException',
        message: 'The transaction with the given request token is already in progress.',
      };
    case 'AccessDenied':
      return {
        type: 'AccessDeniedException',
        message: `User is not authorized to perform: dynamodb:${operation} because no identity-based policy allows the action`,
      };
    case 'Throttling':
      return { type: 'ThrottlingException', message: 'Rate exceeded' };
    case 'ProvisionedThroughputExceeded':
      return {
        type: 'ProvisionedThroughputExceededException',
        message: 'The level of configured provisioned throughput for the table was exceeded.',
      };
    default:
      return { status: 500, type: 'InternalServerError', message: 'Internal server error' };
  }
}

function forward(
  agent: Agent,
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...incoming.headers,
      host: new URL(target).host,
      'content-length': String(body.length),
      'accept-encoding': 'identity',
    };
    const sent = request(
      target,
      { method: incoming.method ?? 'POST', path: incoming.url ?? '/', agent, headers },
      (response) => {
        readBody(response).then(
          (whole) => resolve({ status: response.statusCode ?? 500, body: whole }),
          reject,
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

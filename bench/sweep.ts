// S4 and A4: what a sweep does and costs, counted over a real engine and real sockets: how often each list comes, what
// is read and written, how much memory that takes; and, from the counts, what it costs for a million certificates.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { disableStore } from '../adapters/dynamodb/disables.ts';
import { dynamoDbTable } from '../adapters/dynamodb/dynamodb.ts';
import { enrolmentStore } from '../adapters/dynamodb/enrolment.ts';
import { sweptSources } from '../adapters/dynamodb/swept-sources.ts';
import type { Table } from '../adapters/dynamodb/table.ts';
import { createEgress } from '../adapters/http/egress.ts';
import { revocationWire } from '../adapters/http/revocation-wire.ts';
import { memoryClock, memoryIds } from '../adapters/memory/clock.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { revocationPolicy } from '../core/policy.ts';
import { type SweepSourcePorts, sweepSource } from '../functions/sweep-source/sweep-source.ts';
import { startFaultProxy } from '../local/fault-proxy.ts';
import { dynamoDbClient, startDynamoDb } from '../test/support/dynamodb.ts';
import type { Figure } from './figure.ts';
import { price } from './prices.ts';
import { issuing, makeWorld, roots, type World } from './sweep-world.ts';

const scaledTo = 1_000_000;
const fewestToScale = 50_000;
/** ListDueSources, SourcesListed, SweepSources; then one for each source. */
const transitionsBeside = 3;

export interface Window {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly conditional: number;
  readonly bodies: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Requests that write; a transaction is one. */
  readonly writes: number;
  /** Of processor time, in this process. */
  readonly seconds: number;
  /** Above what stood before, with everything collected that can be. */
  readonly peakMiB: number;
}

export interface SweepRun {
  readonly sources: number;
  readonly rows: number;
  readonly revoked: number;
  /** Every list for the first time; again ten minutes later; an hour later, unchanged; then new; then new and revoking. */
  readonly windows: Readonly<Record<'first' | 'tooSoon' | 'unchanged' | 'renewed' | 'revoking', Window>>;
}

export async function sweepRun(certificates: number, revoked = 20): Promise<SweepRun> {
  const engine = await startDynamoDb();
  const proxy = await startFaultProxy({ target: engine.endpoint });
  const { name } = await engine.table();
  const client = dynamoDbClient(proxy.url);
  const table = dynamoDbTable({ client, name });
  const clock = memoryClock('2026-06-01T12:00:00Z');
  const world = await makeWorld(
    { ...dynamoDbTable({ client: engine.client, name }), name, client: engine.client },
    certificates,
    clock.now(),
  );
  try {
    const stand = new Stand(world, table, clock);
    const sweep = () =>
      stand.window(
        () => proxy.counts(),
        () => proxy.resetCounts(),
      );
    world.publish(clock.now());
    const first = await sweep();
    clock.advance(600);
    const tooSoon = await sweep();
    clock.advance(3_000);
    const unchanged = await sweep();
    clock.advance(3_600);
    world.publish(clock.now());
    const renewed = await sweep();
    clock.advance(3_600);
    const ended = world.leafs.filter((_, n) => n % 8 === 1).slice(0, revoked);
    world.publish(clock.now(), ended);
    const revoking = await sweep();
    const windows = { first, tooSoon, unchanged, renewed, revoking };
    return { sources: roots + issuing, rows: world.rows, revoked: ended.length, windows };
  } finally {
    client.destroy();
    await world.stop();
    await proxy.stop();
    await engine.stop();
  }
}

class Stand {
  readonly world: World;
  readonly ports: SweepSourcePorts;
  readonly clock: ReturnType<typeof memoryClock>;
  #peak = 0;

  constructor(world: World, table: Table, clock: Stand['clock']) {
    this.world = world;
    this.clock = clock;
    const watched: Table = {
      ...table,
      query: async (query) => {
        const page = await table.query(query);
        // To collect takes as long as to read: only what can be large is weighed.
        if (page.items.length > 1_000) this.#peak = Math.max(this.#peak, heldBytes());
        return page;
      },
    };
    const announcer = { announce: async () => undefined, relay: async () => undefined };
    const anchors = world.anchors.map(({ der }) => ({ certificate: parseCertificate(der) }));
    this.ports = {
      clock,
      ids: memoryIds('SWEEP'),
      role: 'network',
      parties: { party: async () => undefined },
      people: { holders: async () => [] },
      disables: disableStore(watched, announcer.announce),
      enrolments: enrolmentStore({ table: watched, announcer: announcer as never }),
      sources: sweptSources(watched),
      trust: { inForce: async () => ({ version: 1, anchors, profiles: new Map() }) },
      wire: revocationWire(createEgress({ allowPrivate: true })),
      keep: async () => undefined,
      alarm: ({ id }, trouble) => {
        throw new Error(`${id}: ${trouble}`);
      },
    };
  }

  async window(
    counts: () => {
      readonly requests: Readonly<Record<string, number>>;
      readUnits: number;
      writeUnits: number;
    },
    reset: () => void,
  ): Promise<Window> {
    const { traffic } = this.world;
    Object.assign(traffic, { requests: 0, conditional: 0, bodies: 0 });
    reset();
    const before = heldBytes();
    this.#peak = before;
    const start = process.cpuUsage();
    const outcomes: Record<string, number> = {};
    const due = await this.ports.sources.due(this.clock.now(), revocationPolicy.sweptAtOnce);
    for (const source of due) {
      const { outcome } = await sweepSource(this.ports, { source });
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    const { user, system } = process.cpuUsage(start);
    const { requests, readUnits, writeUnits } = counts();
    const writing = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
    const writes = writing.reduce((sum, name) => sum + (requests[name] ?? 0), 0);
    const peakMiB = (this.#peak - before) / 2 ** 20;
    return { ...traffic, outcomes, readUnits, writeUnits, writes, seconds: (user + system) / 1e6, peakMiB };
  }
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Dollars; what is read grows with the certificates, all else with the sources. */
function costOf({ sources, rows }: SweepRun, { readUnits, writeUnits }: Window, fixed: Window): number {
  const grown = ((readUnits - fixed.readUnits) * scaledTo) / rows;
  return (
    (fixed.readUnits + grown) * price.readUnit +
    writeUnits * price.writeUnit +
    (transitionsBeside + sources) * price.transition +
    (1 + sources) * price.invocation
  );
}

function figuresOf(run: SweepRun) {
  const of = `${run.rows.toLocaleString('en')} certificates of ${run.sources} lists`;
  const count = (id: string, what: string, value: number, aim: number): Figure => ({
    id,
    what: `${what}, ${of}`,
    value,
    reference: 'counted in the local run',
    aim,
    holds: value <= aim,
    unit: 'count',
  });
  const dollars = (id: string, what: string, value: number): Figure => ({
    id,
    what: `${what}: millionths of a dollar for one sweep of 1,000,000 certificates of ${run.sources} lists`,
    value: value * 1e6,
    reference: 'counts of the local run at list prices',
    aim: 4_000,
    holds: value <= 0.004,
    unit: 'count',
  });
  return { count, dollars };
}

export async function sweepFigures(certificates = 100_000): Promise<readonly Figure[]> {
  const run = await sweepRun(certificates);
  const { first, unchanged, renewed, revoking } = run.windows;
  const { count, dollars } = figuresOf(run);
  const renewedSeconds = (renewed.seconds * scaledTo) / run.rows;
  return [
    count('S4-body', 'bodies for each new list', (first.bodies + renewed.bodies) / (2 * run.sources), 1),
    count(
      'S4-304',
      'bodies of unchanged lists; all requests conditional',
      unchanged.bodies + unchanged.requests - unchanged.conditional,
      0,
    ),
    count('S4-write', 'writes for each source where nothing is revoked', renewed.writes / run.sources, 1),
    count(
      'S4-change',
      'writes for each certificate that a list revokes',
      (revoking.writes - run.sources) / run.revoked,
      2,
    ),
    {
      ...count(
        'S4-mem',
        'MiB held at most while lists are read',
        Math.max(renewed.peakMiB, revoking.peakMiB),
        64,
      ),
      unit: 'MiB',
    },
    dollars('A4', 'no list has changed', costOf(run, unchanged, unchanged)),
    // Of few certificates, most of what is read is what a list costs by itself, which does not grow.
    ...(run.rows < fewestToScale
      ? []
      : [
          dollars('A4-new', 'every list is new and revokes nobody', costOf(run, renewed, unchanged)),
          dollars(
            'A4-cpu',
            'processor time of that (timed, collector included)',
            renewedSeconds * price.gigabyteSecond,
          ),
        ]),
  ];
}

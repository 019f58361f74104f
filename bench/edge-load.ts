// E1, the edge under load: what an HSM that takes 5 ms for each signature leaves of new connections and of those that
// are open, what handshakes leave behind in memory, and how soon a refusal and lost sessions are dealt with. By the
// clock: the machine has to be quiet.

import { readFileSync } from 'node:fs';
import type { EdgeLimits } from '../proxy/config.ts';
import { Control } from '../proxy/control.ts';
import { shakeHands } from '../proxy/handshake.ts';
import { exchange, open } from '../test/support/edge-client.ts';
import { hosts, type Stand, startStand } from '../test/support/edge-stand.ts';
import type { Figure } from './figure.ts';
import { handshakeStorm } from './handshake-storm.ts';

const slow = 'slow 5000';
const atOnce = 32;
const milliseconds = 4_000;
const handshakes = 20_000;
const get = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.none}\r\n\r\n`;

/** @param limits without the edge's own, which would end the storm */
export async function edgeLoadFigures(limits: Partial<EdgeLimits>): Promise<readonly Figure[]> {
  const stormAt = ({ port, ca }: Stand) => ({ port, ca, name: hosts.none, atOnce });
  const one = await withStand(1, limits, (stand) => {
    stand.faulty!.becomes(slow);
    return handshakeStorm({ ...stormAt(stand), milliseconds });
  });
  const [eight, p99, kilobytes] = await withStand(8, limits, async (stand) => {
    const kilobytesEach = await memoryOf(stand, () => handshakeStorm({ ...stormAt(stand), handshakes }));
    stand.faulty!.becomes(slow);
    const rate = await handshakeStorm({ ...stormAt(stand), milliseconds });
    const storm = handshakeStorm({ ...stormAt(stand), milliseconds });
    return [rate, await slowestOf(stand, milliseconds / 2, storm), kilobytesEach] as const;
  });
  const [cut, back] = await withStand(2, limits, async (stand) => [
    await cutOff(stand),
    await sessionsBack(stand),
  ]);
  const reference = 'an HSM that takes 5 ms for each signature';
  return [
    figure('E1-slow', 'handshakes by eight threads', eight / one, 'times', 3.5, `one thread; ${reference}`),
    figure(
      'E1-kept',
      'kept-alive request beside a storm of handshakes, 99th percentile',
      p99,
      'ms',
      25,
      reference,
    ),
    figure(
      'E1-mem',
      `kB held for each of ${handshakes} handshakes`,
      kilobytes,
      'count',
      0.5,
      'the same process warm',
    ),
    figure('E1-cut', 'from a refusal to its 403 on a connection kept alive', cut, 'ms', 1_000, 'one machine'),
    figure('E1-lost', 'the round that replaces sessions which the HSM closed', back, 'ms', 2_000, 'SoftHSM'),
  ];
}

function figure(
  id: string,
  what: string,
  value: number,
  unit: Figure['unit'],
  aim: number,
  reference: string,
): Figure {
  const holds = unit === 'times' ? value >= aim : value <= aim;
  return { id, what, value, unit, aim, holds, reference };
}

/** Milliseconds of the request that one in a hundred exceeds, one after another on one connection. */
async function slowestOf(stand: Stand, duration: number, storm: Promise<unknown>): Promise<number> {
  const socket = await open(stand, { name: hosts.none });
  const taken: number[] = [];
  for (const until = performance.now() + duration; performance.now() < until; ) {
    const began = performance.now();
    const answer = await exchange(socket, get);
    if (!answer.startsWith('HTTP/1.1 200')) throw new Error(`expected 200, found ${answer.slice(0, 80)}`);
    taken.push(performance.now() - began);
  }
  await storm;
  socket.destroy();
  return taken.sort((a, b) => a - b)[Math.floor(taken.length * 0.99)]!;
}

async function cutOff(stand: Stand): Promise<number> {
  const client = await stand.client();
  const socket = await open(stand, client);
  const asked = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\n\r\n`;
  await exchange(socket, asked);
  const began = performance.now();
  await stand.edge.refuse([client.issued.thumbprint]);
  const answer = await exchange(socket, asked);
  if (!answer.startsWith('HTTP/1.1 403')) throw new Error(`expected 403, found ${answer.slice(0, 80)}`);
  return performance.now() - began;
}

async function sessionsBack(stand: Stand): Promise<number> {
  const control = new Control({
    edge: stand.edge,
    refused: { refusedAmong: async () => new Set() },
    shakeHands: () => shakeHands(stand.config, stand.edge.servedHosts),
    now: () => new Date(),
    say: () => {},
  });
  await control.round();
  stand.faulty!.becomes('lost 1');
  const began = performance.now();
  if (!(await control.round())) throw new Error('expected an edge that is ready again');
  return performance.now() - began;
}

async function memoryOf(stand: Stand, handshaken: () => Promise<unknown>): Promise<number> {
  await handshaken();
  const before = residentKilobytes(stand.edge.pid!);
  await handshaken();
  return (residentKilobytes(stand.edge.pid!) - before) / handshakes;
}

const residentKilobytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);

async function withStand<T>(
  threads: number,
  limits: Partial<EdgeLimits>,
  act: (stand: Stand) => Promise<T>,
): Promise<T> {
  const stand = await startStand({ threads, limits, faulty: true, keyKind: 'P-256' });
  try {
    return await act(stand);
  } finally {
    await stand.stop();
  }
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Control } from '../../proxy/control.ts';
import { proxyLocal, shakeHands } from '../../proxy/handshake.ts';
import { proxyV2 } from '../support/edge-client.ts';
import { hosts, type Stand, startStand } from '../support/edge-stand.ts';

// Q has one machine and no certificate. What it opens and does not finish, and each handshake that it makes the HSM sign,
// counts against its own address before TLS begins; in production that address comes by PROXY protocol.
const [attacker, hurried, other, balancer] = ['127.0.0.7', '127.0.0.6', '127.0.0.8', '127.0.0.9'];

describe.each([
  ['that connect themselves', undefined],
  ['behind the load balancer', balancer],
])('sources %s', (_, by) => {
  // So few that a slow machine still comes to them in the ten seconds that are counted.
  const limits = { connections: 60, openConnections: 5, newConnections: 10 };
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand({ limits, ...(by && { proxyProtocolFrom: [`${by}/32`] }) });
  });
  afterAll(() => stand?.stop());

  function reach(source: string): Socket {
    const socket = connect({ port: stand.port, host: '127.0.0.1', localAddress: by ?? source });
    socket.on('error', () => {});
    if (by) socket.write(proxyV2(source));
    return socket;
  }

  async function shakes(source: string): Promise<boolean> {
    const tls = connectTls({ socket: reach(source), servername: hosts.none, rejectUnauthorized: false });
    tls.on('error', () => {});
    const shaken = await Promise.race([
      once(tls, 'secureConnect').then(
        () => true,
        () => false,
      ),
      once(tls, 'close').then(() => false),
    ]);
    tls.destroy();
    return shaken;
  }

  test('S28 handshakes that are begun and not ended take no more places than one source may have', async () => {
    const half = Array.from({ length: 70 }, () => reach(attacker));
    let closed = 0;
    for (const socket of half) {
      socket.on('close', () => closed++).resume();
      socket.write(Buffer.from('160301020001', 'hex'));
    }
    await expect.poll(() => closed).toBeGreaterThanOrEqual(half.length - limits.openConnections);
    // By the limit, not by the time that a handshake may take: the others have their places still.
    expect(closed).toBeLessThan(half.length);
    expect(await shakes(other)).toBe(true);
    for (const socket of half) socket.destroy();
  });

  test('S28 a source that shakes hands too often is cut off before the HSM signs, another is not', async () => {
    let shaken = 0;
    for (let at = 0; at < 15; at++) if (await shakes(hurried)) shaken++;
    expect(shaken).toBeGreaterThan(0);
    expect(shaken).toBeLessThanOrEqual(limits.newConnections);
    expect(await shakes(other)).toBe(true);
  });
});

describe('a door that is full', () => {
  const limits = { connections: 60, openConnections: 20, newConnections: 40 };
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand({ limits, proxyProtocolFrom: [`${balancer}/32`] });
  });
  afterAll(() => stand?.stop());

  const reach = (header: Uint8Array, port = stand.port): Socket => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: balancer });
    socket.on('error', () => {}).write(header);
    return socket;
  };

  test('S28 is no HSM that does not sign: the task stays ready, and nobody is cut off by a successor', async () => {
    const sources = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    const crowd = await Promise.all(
      Array.from({ length: limits.connections }, async (_, at) => {
        const socket = reach(proxyV2(sources[at % sources.length]!));
        const tls = connectTls({ socket, servername: hosts.none, rejectUnauthorized: false });
        tls.on('error', () => {});
        await once(tls, 'secureConnect');
        return tls;
      }),
    );
    const { pid } = stand.edge;
    const said: string[] = [];
    const control = new Control({
      edge: stand.edge,
      refused: { refusedAmong: async () => new Set() },
      shakeHands: () => shakeHands(stand.config, stand.edge.servedHosts),
      now: () => new Date(),
      say: (code) => said.push(code),
    });
    expect([await control.round(), said, stand.edge.pid]).toEqual([true, [], pid]);
    const health = reach(
      Buffer.concat([proxyLocal, Buffer.from('GET / HTTP/1.0\r\n\r\n')]),
      stand.healthPort,
    );
    const [answer] = (await once(health, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.[01] 200 /);
    for (const one of [...crowd, health]) one.destroy();
  });
});

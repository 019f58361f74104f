import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { Control, type ControlOptions } from '../../proxy/control.ts';
import { shakeHands } from '../../proxy/handshake.ts';
import { HsmError } from '../../proxy/hsm/hsm.ts';
import { pem } from '../../proxy/trust.ts';
import { ask } from '../support/edge-client.ts';
import { holder, type Stand, startStand } from '../support/edge-stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand?.stop());

function control(more: Partial<ControlOptions> = {}) {
  const said: string[] = [];
  const disabled = new Set<Thumbprint>();
  const made = new Control({
    edge: stand.edge,
    refused: { refusedAmong: async (seen) => new Set(seen.filter((one) => disabled.has(one))) },
    shakeHands: () => shakeHands(stand.config, stand.edge.servedHosts),
    now: () => new Date(),
    say: (code) => said.push(code),
    ...more,
  });
  return { made, said, disabled };
}

const ready = async () => (await fetch(`http://127.0.0.1:${stand.healthPort}/`)).status;

describe('readiness', () => {
  it('is there after a round in which everything holds, and ends by itself when no more rounds come', async () => {
    const { made } = control();
    expect(await made.round()).toBe(true);
    expect(await ready()).toBe(200);
    await stand.edge.setReadyUntil(new Date(Date.now() + 1_200));
    await expect.poll(ready).toBe(503);
  });

  it('is not there while the HSM does not sign', async () => {
    const edge = new Proxy(stand.edge, {
      get(target, name) {
        if (name === 'probeKeys' || name === 'reopenHsm')
          return () => {
            throw new HsmError('gone');
          };
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { made, said } = control({ edge });
    expect(await made.round()).toBe(false);
    expect(said).toContain('EDGE_HSM_SILENT');
    expect(await ready()).toBe(503);
  });

  it('is not there once the map is older than a minute', async () => {
    let now = Date.now();
    let answers = true;
    const refusedAmong = async () => {
      if (!answers) throw new Error('the table is away');
      return new Set<Thumbprint>();
    };
    const { made, said } = control({ refused: { refusedAmong }, now: () => new Date(now) });
    expect(await made.round()).toBe(true);
    answers = false;
    now += 59_000;
    expect(await made.round()).toBe(true);
    now += 2_000;
    expect(await made.round()).toBe(false);
    expect(said).toContain('EDGE_MAP_STALE');
  });

  it('ends at once when the task drains, while requests are still answered', async () => {
    const { made } = control();
    await made.round();
    const edge = {
      ...stand.edge,
      setReadyUntil: (at: Date) => stand.edge.setReadyUntil(at),
      stop: async () => {},
    };
    const draining = control({ edge: edge as never }).made.drain(300);
    await expect.poll(ready).toBe(503);
    expect((await ask(stand)).status).toBe(200);
    await draining;
  });
});

describe('a task that drains', () => {
  it('goes on refusing whom the node refuses, until it ends', async () => {
    const client = await stand.client();
    const edge = new Proxy(stand.edge, {
      get(target, name) {
        if (name === 'stop') return async () => {};
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { made, disabled } = control({ edge, everyMilliseconds: 50 });
    expect((await ask(stand, client)).status).toBe(200);
    await made.round();
    const running = made.run();
    const draining = made.drain(12_000);
    await expect.poll(ready).toBe(503);
    disabled.add(client.issued.thumbprint);
    await expect.poll(async () => (await ask(stand, client)).json.code).toBe('EDGE_CERTIFICATE_REFUSED');
    expect(await ready()).toBe(503);
    await Promise.all([draining, running]);
    await stand.edge.refuse([]);
  });
});

describe('what takes too long', () => {
  it('is looked for every few seconds, while the task drains too', async () => {
    let [looks, now] = [0, Date.now()];
    const edge = new Proxy(stand.edge, {
      get(target, name) {
        if (name === 'endLongRequests') return async () => looks++;
        if (name === 'stop') return async () => {};
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { made } = control({ edge, now: () => new Date(now) });
    for (let round = 0; round < 6; round++, now += 2_000) await made.round();
    expect(looks).toBe(2);
    await made.drain(0);
    now += 5_000;
    await made.round();
    expect(looks).toBe(3);
  });
});

describe('a certificate that is not valid', () => {
  const tomorrow = new Date(Date.now() + 86_400_000);

  it('makes no edge ready, before it begins as after it has ended', async () => {
    for (const now of [new Date(stand.edge.certificatesFrom.getTime() - 1), stand.edge.certificatesUntil]) {
      const { made } = control({ now: () => now });
      expect(await made.round()).toBe(false);
    }
    expect(await control().made.round()).toBe(true);
  });

  it.each([
    ['begins tomorrow', { notBefore: tomorrow }],
    ['ended', { notBefore: new Date(Date.now() - 3 * 86_400_000), days: 1 }],
  ])('takes the place of none that is: one that %s', async (_, more) => {
    const [name, ...others] = stand.config.names;
    const issued = await stand.psc.issue({
      holder,
      publicKey: new X509Certificate(name!.chainPem).publicKey,
      use: 'transport',
      purposes: ['serverAuth'],
      hosts: [name!.host],
      ...more,
    });
    const chainPem = issued.chain.map((der) => pem('CERTIFICATE', der)).join('');
    await expect(stand.edge.setNames([{ ...name!, chainPem }, ...others])).rejects.toThrow(
      `"${name!.host}" cannot be served: its certificate is valid from`,
    );
    expect((await ask(stand)).status).toBe(200);
  });
});

describe('a list that is late', () => {
  it('is told in the last quarter of its life, once a minute, and not before', async () => {
    let now = Date.now();
    const { made, said } = control({ now: () => new Date(now) });
    const told = () => said.filter((code) => code === 'EDGE_LISTS_LATE').length;
    await made.round();
    // The PSC's lists live for six hours.
    expect([(stand.edge.listsFreshUntil.getTime() - now) / 3_600_000 < 6.1, told()]).toEqual([true, 0]);
    now += 5 * 3_600_000;
    for (let round = 0; round < 3; round++, now += 2_000) await made.round();
    expect(told()).toBe(1);
    now += 60_000;
    await made.round();
    expect(told()).toBe(2);
  });
});

describe('cut-off', () => {
  it('follows the node in the next round, and is taken back when the node does', async () => {
    const client = await stand.client();
    const { made, said, disabled } = control();
    expect((await ask(stand, client)).status).toBe(200);
    disabled.add(client.issued.thumbprint);
    await made.round();
    expect((await ask(stand, client)).json.code).toBe('EDGE_CERTIFICATE_REFUSED');
    expect(said).toContain('EDGE_CLIENTS_REFUSED');
    disabled.clear();
    await made.round();
    expect((await ask(stand, client)).status).toBe(200);
  });
});

describe('a lost HSM session', () => {
  it('brings a successor in when handshakes fail although the HSM signs', async () => {
    const { pid } = stand.edge;
    let failed = false;
    const shake = async () => {
      if (!failed) {
        failed = true;
        throw new Error('alert internal error');
      }
      await shakeHands(stand.config, stand.edge.servedHosts);
    };
    const { made, said } = control({ shakeHands: shake });
    expect(await made.round()).toBe(true);
    expect(said).toContain('EDGE_SESSION_LOST');
    expect(stand.edge.pid).not.toBe(pid);
    expect((await ask(stand)).status).toBe(200);
  });
});

describe('a flood of handshakes', () => {
  it('makes no more than two successors a minute, however often our own one comes too late', async () => {
    let [replaced, turn, now] = [0, 0, Date.now()];
    const edge = new Proxy(stand.edge, {
      get(target, name) {
        if (name === 'replace') return async () => void replaced++;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const shake = async () => {
      if (turn++ % 2 === 0) throw new Error('none in 2000 ms');
    };
    const { made } = control({ edge, shakeHands: shake, now: () => new Date(now) });
    for (let round = 0; round < 20; round++, now += 2_000) await made.round();
    expect(replaced).toBe(2);
    // A session that is lost an hour later is another matter.
    turn = 1;
    now += 60_000;
    await made.round();
    turn = 0;
    await made.round();
    expect(replaced).toBe(3);
  });
});

it('shakes hands with every name, the one that requires a certificate included', async () => {
  await expect(shakeHands(stand.config, stand.edge.servedHosts)).resolves.toBeUndefined();
  await expect(shakeHands(stand.config, ['not.edge.test'])).rejects.toThrow(
    'no handshake as "not.edge.test"',
  );
});

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { proxyLocal, shakeHands } from '../../proxy/handshake.ts';
import { exchange, proxyV2 } from '../support/edge-client.ts';
import { hosts, type Stand, startStand } from '../support/edge-stand.ts';

/** Where the load balancer comes from: not from where the control plane does. */
const balancer = '127.0.0.9';
let stand: Stand;
beforeAll(async () => {
  stand = await startStand({ proxyProtocolFrom: [`${balancer}/32`] });
});
afterAll(() => stand?.stop());

async function health(header: Uint8Array): Promise<string> {
  const socket = connect({ port: stand.healthPort, host: '127.0.0.1', localAddress: balancer });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  // A reset is an answer too: nothing was said.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(Buffer.concat([header, Buffer.from('GET / HTTP/1.0\r\n\r\n')]));
  await closed;
  return text;
}

it('answers the health check of an NLB, which sends a LOCAL header', async () => {
  await stand.edge.setReadyUntil(new Date(Date.now() + 30_000));
  expect(await health(proxyLocal)).toMatch(/ 200 /);
  await stand.edge.setReadyUntil(new Date(0));
  expect(await health(proxyLocal)).toMatch(/ 503 /);
});

it('hears nobody who comes without the header', async () => {
  expect(await health(Buffer.alloc(0))).toBe('');
});

it('shakes hands with itself behind the header, from where no balancer is', async () => {
  await expect(shakeHands(stand.config, stand.edge.servedHosts)).resolves.toBeUndefined();
});

it.each([balancer, '127.0.0.8'])(
  'takes the header from the balancer and itself, and from %s accordingly',
  async (localAddress) => {
    const socket = connect({ port: stand.port, host: '127.0.0.1', localAddress });
    socket.on('error', () => {}).write(proxyLocal);
    const tls = connectTls({ socket, servername: hosts.none, rejectUnauthorized: false });
    const shaken = once(tls, 'secureConnect').then(
      () => true,
      () => false,
    );
    expect(await shaken).toBe(localAddress === balancer);
    tls.destroy();
  },
);

/** As a client behind the balancer. */
async function through(source: string): Promise<string> {
  const socket = connect({ port: stand.port, host: '127.0.0.1', localAddress: balancer });
  socket.write(proxyV2(source));
  const tls = connectTls({ socket, servername: hosts.none, ca: stand.ca });
  await once(tls, 'secureConnect');
  const answer = await exchange(tls, `GET /v1/x HTTP/1.1\r\nHost: ${hosts.none}\r\n\r\n`);
  tls.destroy();
  return answer.split('\r\n')[0]!;
}

it('logs a request with the address that the balancer tells', async () => {
  expect(await through('203.0.113.77')).toBe('HTTP/1.1 200 OK');
  const logged = () => stand.lines.find((line) => line.includes('203.0.113.77')) ?? '{}';
  await expect.poll(() => JSON.parse(logged()).code).toBe('EDGE_REQUEST');
});

it('loses no connection to a successor, at its door nor behind it', async () => {
  let goes = true;
  const said = new Map<string, number>();
  const load = [1, 2].map(async (at) => {
    while (goes) {
      const line = await through(`203.0.113.${at}`).catch(String);
      said.set(line, (said.get(line) ?? 0) + 1);
    }
  });
  for (let at = 0; at < 5; at++) await stand.edge.replace();
  goes = false;
  await Promise.all(load);
  expect([...said.keys()]).toEqual(['HTTP/1.1 200 OK']);
});

it('waits at its door for a ClientHello that comes byte by byte, and takes nothing else for one', async () => {
  const answers = async (hello: Uint8Array) => {
    const socket = connect({ port: stand.port, host: '127.0.0.1', localAddress: balancer });
    socket.setNoDelay(true).on('error', () => {});
    const heard = new Promise((resolve) => {
      socket.on('data', ([first]) => resolve(first)).on('close', () => resolve('closed'));
    });
    // The balancer's header comes in one piece (PROXY protocol §2), what follows it as it likes.
    socket.write(proxyV2('203.0.113.9'));
    for (const byte of hello) await new Promise((written) => socket.write(Buffer.of(byte), written));
    const first = await heard;
    socket.destroy();
    return first;
  };
  const handshakeRecord = 22;
  expect(await answers(await helloOf(hosts.none))).toBe(handshakeRecord);
  expect(await answers(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(200)))).toBe('closed');
});

/** As Node begins TLS. */
async function helloOf(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connectTls({ host: '127.0.0.1', port, servername });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  for (const one of [client, socket]) one.destroy();
  server.close();
  return hello;
}

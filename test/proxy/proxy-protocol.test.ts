import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { proxyLocal, shakeHands } from '../../proxy/handshake.ts';
import { type Stand, startStand } from '../support/edge-stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand({ proxyProtocolFrom: ['127.0.0.1/32'] });
});
afterAll(() => stand?.stop());

async function health(header: Uint8Array): Promise<string> {
  const socket = connect(stand.healthPort, '127.0.0.1');
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

it('shakes hands behind the header', async () => {
  await expect(shakeHands(stand.config, stand.edge.servedHosts)).resolves.toBeUndefined();
});

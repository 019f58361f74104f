import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { RuntimeSocket } from '../../../proxy/haproxy/runtime-socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-runtime-'));
const server = createServer();
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

// As HAProxy 2.6 writes them: its own command line, the door, and exchanges of each age.
const exchange = (id: string, frontend: string, age: string) =>
  `${id}: proto=tcpv4 src=127.0.0.1:40312 fe=${frontend} be=api srv=api ts=00 epoch=0 age=${age} calls=2 rate=0 cpu=0 lat=0 rq[f=48800000h,i=0,an=00h,rx=30s,wx=,ax=] rp[f=80000000h,i=0,an=00h,rx=,wx=,ax=] scf=[8,0h,fd=30,rex=,wex=] scb=[8,0h,fd=31,rex=,wex=] exp=29s rc=0 c_exp=`;
const shown = [
  exchange('0x1', 'edge', '59s'),
  exchange('0x2', 'edge', '1m0s'),
  exchange('0x3', 'door', '5m1s'),
  exchange('0x4', 'edge', '2h3m'),
  exchange('0x5', 'GLOBAL', '1d4h'),
  exchange('0x6', 'edge', '1d0h'),
  exchange('0x7', 'edge', '0s'),
].join('\n');

it('ends what one front end has carried for longer, and nothing else', async () => {
  const told: string[] = [];
  server.on('connection', (socket) => {
    let command = '';
    socket.on('data', (chunk) => {
      command += chunk;
      if (!command.endsWith('\n')) return;
      told.push(command.trim());
      socket.end(command.startsWith('show sess') ? `${shown}\n\n` : '\n');
    });
  });
  const path = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  expect(await new RuntimeSocket(path).endOlder('edge', 60)).toBe(3);
  expect(told).toEqual(['show sess', 'shutdown session 0x2;shutdown session 0x4;shutdown session 0x6']);
});

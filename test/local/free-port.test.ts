import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, portsBelow } from '../../local/free-port.ts';

const module = new URL('../../local/free-port.ts', import.meta.url).href;
const elsewhere = `const { freePort } = await import('${module}');
console.log(JSON.stringify(await Promise.all(Array.from({ length: 300 }, freePort))));`;

test('no port is given twice while who asked for it lives, in whatever process', async () => {
  const ours = await Promise.all(Array.from({ length: 300 }, freePort));
  const script = ['--input-type=module', '-e', elsewhere];
  const theirs: number[] = JSON.parse(execFileSync(process.execPath, script, { encoding: 'utf8' }));
  expect(new Set([...ours, ...theirs]).size).toBe(600);
});

test('a port that was given can be listened on', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  await new Promise((resolve) => server.close(resolve));
});

test('ports are none that the system gives to others, unless it gives all that it has', () => {
  expect([14_000, 16_000, 32_768, 49_152].map(portsBelow)).toEqual([2_000, 4_000, 20_000, 20_000]);
  expect(portsBelow(1_024)).toBe(20_000);
});

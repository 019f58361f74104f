import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { isAlive } from '../../local/is-alive.ts';

const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-restart-'));
const started: ChildProcess[] = [];
let ports: string;

beforeAll(async () => {
  const [a, b, c, d, psc] = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()]);
  ports = JSON.stringify({ network: { api: a, pages: b }, operator: { api: c, pages: d }, psc });
});

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(dataFolder, { recursive: true, force: true });
});

/** Resolves with the process and the one line that it says when it has done its task. */
async function run(task: 'enrol' | 'resume', ...more: string[]) {
  const script = join(import.meta.dirname, '../support/whole-process.ts');
  const child = spawn(process.execPath, [script, task, dataFolder, ports, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let [out, errors] = ['', ''];
  child.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise<{ child: ChildProcess; said: Record<string, unknown> }>((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      out += chunk;
      const line = /^\{.*\}$/m.exec(out)?.[0];
      if (line) resolve({ child, said: JSON.parse(line) });
    });
    child.once('exit', (code) => reject(new Error(`${task} ended with ${code}: ${errors.slice(-2_000)}`)));
  });
}

/** All that a process has started, and what those have. */
function descendantsOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const below = (of: number): number[] =>
    parents.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function parentOf(name: string): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Those that still live after a while in which all could have ended. */
async function remaining(pids: readonly number[]): Promise<number[]> {
  const end = performance.now() + 120_000;
  while (pids.some(isAlive) && performance.now() < end) await pause(100);
  return pids.filter(isAlive);
}

test('an enrolment survives kill -9 while the apoderado is awaited: the mailed link still works', async () => {
  const first = await run('enrol');
  const processes = [first.child.pid!, ...descendantsOf(first.child.pid!)];
  expect(processes.length).toBeGreaterThan(3);
  first.child.removeAllListeners('exit');
  first.child.kill('SIGKILL');
  expect(await remaining(processes)).toEqual([]);

  const second = await run('resume', JSON.stringify(first.said));
  expect(second.said).toEqual({ status: 303, network: 'active', operator: 'active' });

  // Ctrl-C at the terminal.
  const others = descendantsOf(second.child.pid!);
  expect(others.length).toBeGreaterThan(2);
  second.child.removeAllListeners('exit');
  const exited = new Promise((resolve) => second.child.once('exit', resolve));
  second.child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(await remaining(others)).toEqual([]);
}, 900_000);

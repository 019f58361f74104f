import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../local/is-alive.ts';
import { firstLineOf } from '../support/first-line.ts';
import { onCleanUp } from './endpoints/support.ts';

describe('is alive', () => {
  it('is a process that runs', () => {
    expect([process.pid, 1].map(isAlive)).toEqual([true, true]);
  });

  it('is not a process that has ended, though nobody has waited for it', async () => {
    // A program that knows nothing of it takes the place of the shell that made one.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onCleanUp(async () => void parent.kill('SIGKILL'));
    const pid = Number(await firstLineOf(parent.stdout));
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(process.kill(pid, 0)).toBe(true);
  });

  it('is not a number that no process has', async () => {
    const gone = spawn('/bin/true');
    await once(gone, 'exit');
    expect(isAlive(gone.pid!)).toBe(false);
  });
});

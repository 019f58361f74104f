import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../local/clock.ts';
import {
  eventFrom,
  hintFor,
  invokeAlone,
  invokeRunning,
  refusalOf,
  requireFunction,
} from '../../local/invoke.ts';
import { startLaptop } from '../../local/laptop.ts';
import { reset } from '../../local/reset.ts';
import {
  readRun,
  readStarting,
  removeStarting,
  requireRun,
  writeRun,
  writeStarting,
} from '../../local/run-file.ts';
import { freshFolder, onCleanUp } from './endpoints/support.ts';
import { laptopOptions } from './fixtures/laptop-options.ts';
import { built } from './lambda/support.ts';

let buildFolder: string;
beforeAll(async () => {
  buildFolder = await built();
});

describe('invoke', () => {
  it('invokes in a laptop of its own when none runs', async () => {
    const options = laptopOptions(freshFolder(), buildFolder, new VirtualClock());
    const answered = await invokeAlone(options, { logicalId: 'DoFunction', event: '{}' });
    expect(JSON.parse(answered.payload)).toMatchObject({ name: 'network-DoFunction', invocations: 1 });
    expect(answered.log).toContain('invocation 1');
  });

  it('invokes in the running laptop and tells what the function threw', async () => {
    const clock = new VirtualClock();
    const laptop = await startLaptop(laptopOptions(freshFolder(), buildFolder, clock));
    onCleanUp(async () => {
      await laptop.stop();
      clock.stop();
    });
    const answered = await invokeRunning(laptop.endpoints.url, 'network-DoFunction', '{"act":"throw"}');
    expect([answered.functionError, JSON.parse(answered.payload).errorType]).toEqual([
      'Unhandled',
      'TypeError',
    ]);
    await expect(invokeRunning(laptop.endpoints.url, 'network-None', '{}')).rejects.toThrow('network-None');
  });
});

it('tells a refusal, which a workflow would hear, from a fault', () => {
  const answered = (payload: object) => ({
    payload: JSON.stringify(payload),
    functionError: 'Unhandled',
    log: '',
  });
  expect(refusalOf(answered({ errorType: 'Refusal', errorMessage: 'No.' }))).toBe('No.');
  expect(refusalOf(answered({ errorType: 'TypeError', errorMessage: 'x is not y' }))).toBeUndefined();
  expect(refusalOf({ payload: '{"errorType":"Refusal"}', log: '' })).toBeUndefined();
  expect(refusalOf({ payload: '{"outcome":"REFUSED","code":"ACT_UNKNOWN"}', log: '' })).toBe('ACT_UNKNOWN.');
  for (const payload of ['', 'null', '{"outcome":"ENDED"}'])
    expect(refusalOf({ payload, log: '' })).toBeUndefined();
});

it('names the functions that there are where it is asked for another', () => {
  expect(() => requireFunction('SendMail')).toThrow(/"SendMail" in template\.yaml.*SendMailFunction/s);
  requireFunction('SendMailFunction');
});

describe('a sample event', () => {
  const sample = 'events/03-check-revocation.json';

  it('takes an id of the caller’s own in place of the example', () => {
    expect(JSON.parse(eventFrom(sample, ['enrolmentId=MINE']))).toEqual({ enrolmentId: 'MINE' });
    for (const wrong of ['enrolment=MINE', 'enrolmentId', 'enrolmentId='])
      expect(() => eventFrom(sample, [wrong])).toThrow(
        `${wrong}: expected <member>=<value>, a member of enrolmentId`,
      );
  });

  it('is told to be one where it is refused, and how to name another', () => {
    expect(hintFor(eventFrom(sample))).toContain('--with enrolmentId=');
    expect(hintFor(eventFrom(sample, ['enrolmentId=MINE']))).not.toContain('--with');
  });

  it('that is no JSON is named', () => {
    expect(() => eventFrom('README.md')).toThrow('"README.md" is not JSON');
  });
});

describe('a start', () => {
  it('claims the folder, and says who has claimed it already', () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'starting'), JSON.stringify({ pid: 2 ** 22 + 1 }));
    expect([writeStarting(folder), writeStarting(folder)]).toEqual([undefined, process.pid]);
  });
});

describe('reset', () => {
  const run = (pid: number) => ({ pid, awsUrl: '', mailUrl: '', clockUrl: '', pscUrl: '', nodes: [] });

  it('removes everything that lasts', () => {
    const folder = join(freshFolder(), '.local');
    writeRun(folder, run(2 ** 22 + 1));
    reset(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('refuses while the laptop runs', () => {
    const folder = freshFolder();
    writeRun(folder, run(process.pid));
    expect(() => reset(folder)).toThrow(`process ${process.pid}`);
    expect(existsSync(folder)).toBe(true);
  });

  it('refuses while a first start is seeding, and not after one that was killed', async () => {
    const folder = freshFolder();
    writeStarting(folder);
    expect(() => reset(folder)).toThrow(`just starting (process ${process.pid})`);
    removeStarting(folder);
    writeFileSync(join(folder, 'starting'), JSON.stringify({ pid: 2 ** 22 + 1 }));
    reset(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('takes a process that has the number of one that was killed for another', () => {
    const folder = freshFolder();
    const before = { ...run(process.pid), born: '1' };
    writeFileSync(join(folder, 'run.json'), JSON.stringify(before));
    writeFileSync(join(folder, 'starting'), JSON.stringify(before));
    expect([readRun(folder), readStarting(folder)]).toEqual([undefined, undefined]);
    writeRun(folder, before);
    expect(readRun(folder)?.pid).toBe(process.pid);
  });

  it('is told apart from no run at all while the network starts', () => {
    const folder = freshFolder();
    expect(() => requireRun(folder)).toThrow('does not run: npm start');
    writeStarting(folder);
    expect(() => requireRun(folder)).toThrow(`just starting (process ${process.pid})`);
    writeRun(folder, run(process.pid));
    expect(requireRun(folder).pid).toBe(process.pid);
  });

  it('takes half a file, of a process that was killed while it wrote, for no run', () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'run.json'), '{"pid": ');
    expect(readRun(folder)).toBeUndefined();
  });

  it('takes a run that was killed for no run', async () => {
    const folder = freshFolder();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeRun(folder, run(other.pid!));
    expect(readRun(folder)?.pid).toBe(other.pid);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(readRun(folder)).toBeUndefined();
  });
});

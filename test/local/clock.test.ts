import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { realClock, VirtualClock } from '../../local/clock.ts';
import { readSpan, saidAfter } from '../../local/clock-ahead.ts';
import { clockClient, startClockEndpoint } from '../../local/clock-endpoint.ts';

const start = new Date('2026-01-01T00:00:00Z');
const secondsIn = (seconds: number) => new Date(start.getTime() + seconds * 1000);

describe('the virtual clock', () => {
  test('stands still until it is advanced', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    expect(clock.now()).toEqual(start);
    await clock.advance({ seconds: 90 });
    expect(clock.now()).toEqual(secondsIn(90));
  });

  test('wakes sleepers in order of due time, each at its own time', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 30 }), async (delays) => {
        const clock = new VirtualClock({ start, frozen: true });
        const woken: number[] = [];
        for (const delay of delays) {
          void clock
            .sleepUntil(secondsIn(delay))
            .then(() => woken.push(clock.now().getTime() - start.getTime()));
        }
        await clock.advance({ seconds: 1000 });
        expect(woken).toEqual([...delays].sort((a, b) => a - b).map((delay) => delay * 1000));
      }),
    ));

  test('reaches timers that are set while it advances', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    let reminders = 0;
    const remind = async (day: number): Promise<void> => {
      await clock.sleepUntil(secondsIn(day * 86_400));
      reminders += 1;
      await remind(day + 1);
    };
    void remind(1);
    await clock.advance({ seconds: 365 * 86_400 });
    expect(reminders).toBe(365);
  });

  test('waits after each timer until every component has settled', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    const seen: string[] = [];
    let work: Promise<unknown> | undefined;
    clock.register('worker', async () => {
      if (!work) return false;
      await work;
      work = undefined;
      return true;
    });
    for (const second of [2, 1]) {
      void clock.sleepUntil(secondsIn(second)).then(() => {
        work = new Promise((resolve) => setImmediate(resolve)).then(() => {
          seen.push(`${second}@${clock.now().getTime() - start.getTime()}`);
        });
      });
    }
    await clock.advance({ seconds: 10 });
    expect(seen).toEqual(['1@1000', '2@2000']);
  });

  test('names the component that does not settle', async () => {
    const clock = new VirtualClock({ start, frozen: true, patienceMs: 20 });
    clock.register('stuck', () => new Promise(() => undefined));
    await expect(clock.advance({ seconds: 1 })).rejects.toThrow('"stuck" does not settle');
  });

  test('never goes back', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    await expect(clock.advance({ to: secondsIn(-1) })).rejects.toThrow(RangeError);
    await expect(clock.advance({ seconds: Number.NaN })).rejects.toThrow(RangeError);
  });

  test('forgets a sleeper that was aborted', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    const stop = new AbortController();
    const sleep = clock.sleepUntil(secondsIn(5), stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(clock.sleepUntil(secondsIn(5), stop.signal)).rejects.toThrow('enough');
  });

  test('flows as on the wall where it is not frozen, and a restart does not turn it back', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'clock-')), 'ahead');
    const clock = new VirtualClock({ file });
    await clock.sleepUntil(new Date(clock.now().getTime() + 5));
    const before = Date.now();
    const moved = await clock.advance({ seconds: 3600 });
    expect(moved.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(new VirtualClock({ file }).now().getTime()).toBeGreaterThanOrEqual(moved.getTime());
    clock.stop();
  });
});

test('real time is a clock too', async () => {
  const at = new Date(realClock.now().getTime() + 5);
  await realClock.sleepUntil(at);
  expect(realClock.now().getTime()).toBeGreaterThanOrEqual(at.getTime());
  await expect(realClock.sleepUntil(at, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
});

describe('the clock endpoint', () => {
  test('tells and moves the time of the process that owns it', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    const endpoint = await startClockEndpoint({ port: 0, clock });
    const client = clockClient(endpoint.url);
    expect(await client.now()).toEqual(start);
    expect(await client.advance({ seconds: 60 })).toEqual(secondsIn(60));
    expect(await client.advance({ to: secondsIn(120) })).toEqual(secondsIn(120));
    expect(clock.now()).toEqual(secondsIn(120));
    await endpoint.stop();
  });

  test('answers an advance once what its end brought about is done', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    const done: Date[] = [];
    let work: Promise<unknown> | undefined;
    const arrived = () => {
      work = Promise.resolve().then(() => done.push(clock.now()));
    };
    clock.register('work', async () => {
      const had = work !== undefined;
      await work;
      work = undefined;
      return had;
    });
    const endpoint = await startClockEndpoint({ port: 0, clock, arrived });
    await clockClient(endpoint.url).advance({ seconds: 60 });
    expect(done).toEqual([secondsIn(60)]);
    await endpoint.stop();
  });

  test('refuses anything that is not an advance', async () => {
    const clock = new VirtualClock({ start, frozen: true });
    const endpoint = await startClockEndpoint({ port: 0, clock });
    for (const body of ['', '{}', '{"seconds":"5"}', '{"seconds":-5}', '{"to":"yesterday"}', 'null']) {
      const response = await fetch(`${endpoint.url}/advance`, { method: 'POST', body });
      expect([body, response.status]).toEqual([body, 400]);
    }
    expect((await fetch(`${endpoint.url}/else`)).status).toBe(400);
    expect(clock.now()).toEqual(start);
    await endpoint.stop();
  });
});

describe('npm run clock', () => {
  test('takes a number and a unit, and nothing else', () => {
    expect(['90s', '10m', '1h', '31d'].map(readSpan)).toEqual([90, 600, 3600, 31 * 86_400]);
    for (const wrong of [undefined, '', '0d', '-1h', '1', 'd', '1.5h', '1w', '1 h'])
      expect(() => readSpan(wrong)).toThrow('Usage: npm run clock');
  });

  test('says what no longer goes together with the machine’s own time', () => {
    const told = (ahead: number) => saidAfter(new Date(start.getTime() + ahead * 1000), start);
    expect(told(1)).toMatch(/^It is 2026-01-01T00:00:01.000Z at the network\.\n.*HEAD_SILENT.*$/);
    expect(told(3600)).not.toContain('MESSAGE_TOO_OLD');
    expect(told(86_401)).toContain('MESSAGE_TOO_OLD');
  });
});

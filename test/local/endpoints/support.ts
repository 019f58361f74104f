// What does every endpoint test need? Endpoints on a fresh folder, a clock that stands until it is told, and the
// SDK's settings to reach them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type EndpointOptions, type Endpoints, startEndpoints } from '../../../local/endpoints/endpoints.ts';
import type { LocalClock } from '../../../local/endpoints/timer.ts';

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export function onCleanUp(cleanUp: () => Promise<void> | void): void {
  cleanUps.push(cleanUp);
}

export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Stands still; `moveTo` wakes whoever waited for a moment that has come. */
export class StandingClock implements LocalClock {
  #now: Date;
  #sleepers: { at: Date; wake: () => void }[] = [];

  constructor(start: string) {
    this.#now = new Date(start);
  }

  now(): Date {
    return this.#now;
  }

  sleepUntil(at: Date, signal?: AbortSignal): Promise<void> {
    if (at <= this.#now) return Promise.resolve();
    return new Promise((wake, reject) => {
      this.#sleepers.push({ at, wake });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  moveTo(moment: string): void {
    this.#now = new Date(moment);
    const due = this.#sleepers.filter(({ at }) => at <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now);
    for (const { wake } of due) wake();
  }
}

export const morning = '2026-03-02T09:00:00.000Z';

export async function endpointsOn(
  dataFolder: string,
  options: Partial<EndpointOptions> = {},
): Promise<Endpoints> {
  const endpoints = await startEndpoints({ dataFolder, clock: new StandingClock(morning), ...options });
  let running = true;
  const stop = async (): Promise<void> => {
    if (running) await endpoints.stop();
    running = false;
  };
  onCleanUp(stop);
  return { ...endpoints, stop };
}

export const clientOf = (endpoint: string) =>
  ({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  }) as const;

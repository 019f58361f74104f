// What time is it? The machine's clock. On a laptop, and nowhere else, a virtual clock may be asked instead, once per
// invocation, so that a year of reminders runs in seconds (GET APODERA_CLOCK_URL + `/now` answers
// `{"now": "<RFC 3339>"}`).

import { get } from 'node:http';
import type { Clock } from '../core/ports.ts';

export interface NodeClock extends Clock {
  /** Call it first in every invocation. Does nothing but where the virtual clock is on. */
  tune(): Promise<void>;
  /** Minutes may pass in no time: nobody should wait for them in real time. */
  readonly isVirtual: boolean;
}

/** @throws Error where a deployed node was given a virtual clock. */
export function nodeClock(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): NodeClock {
  const url = environment.APODERA_CLOCK_URL;
  if (!url) return { now: () => new Date(), tune: async () => {}, isVirtual: false };
  if (environment.NODE_STAGE !== 'local') throw new Error('"APODERA_CLOCK_URL" is for NODE_STAGE local only');
  let offsetMilliseconds = 0;
  return {
    isVirtual: true,
    now: () => new Date(Date.now() + offsetMilliseconds),
    async tune() {
      const answer = (await json(`${url}/now`)) as { now?: unknown };
      const now = typeof answer.now === 'string' ? Date.parse(answer.now) : Number.NaN;
      if (Number.isNaN(now)) throw new Error('the virtual clock gave no "now"');
      offsetMilliseconds = now - Date.now();
    },
  };
}

/** Not by fetch: on the laptop every invocation asks, and fetch costs it twice as much. */
async function json(url: string): Promise<unknown> {
  const response = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    get(url, { signal: AbortSignal.timeout(5_000) }, resolve).on('error', reject);
  });
  let text = '';
  for await (const chunk of response) text += chunk.toString('utf8');
  return JSON.parse(text);
}

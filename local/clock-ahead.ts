// How does an hour, or a month, pass on this laptop? npm run clock -- 1h, or 31d: the running network's time moves ahead,
// and whatever falls due on the way happens. It never goes back; npm run reset begins anew.

import { clockClient } from './clock-endpoint.ts';
import { requireRun } from './run-file.ts';

const usage = 'Usage: npm run clock -- <how far ahead: 90s, 10m, 1h or 31d>';
const seconds = { s: 1, m: 60, h: 3600, d: 86_400 };
/** Each request well under the 300 s that fetch waits for an answer. */
const stepSeconds = seconds.d;

/** @throws Error with the usage */
export function readSpan(text: string | undefined): number {
  const [, count, unit] = /^([1-9]\d{0,4})([smhd])$/.exec(text ?? '') ?? [];
  if (!count || !unit) throw new Error(usage);
  return Number(count) * seconds[unit as keyof typeof seconds];
}

/** What moving the clock costs, told once it has moved. */
export function saidAfter(now: Date, machine: Date): string {
  const behind = now.getTime() - machine.getTime();
  const lines = [
    `It is ${now.toISOString()} at the network.`,
    'Heads of the evidence are signed once a day on the way: of a long one the audit says HEAD_SILENT, and is right.',
  ];
  if (behind > seconds.d * 1000)
    lines.push(
      'What you sign carries this machine’s time: more than a day behind, it is refused as MESSAGE_TOO_OLD.',
      'Reading goes on, and so do the pages; npm run reset begins anew.',
    );
  return lines.join('\n');
}

async function main([span]: readonly string[]): Promise<void> {
  let left = readSpan(span);
  const clock = clockClient(requireRun('.local').clockUrl);
  for (; left > 0; left -= stepSeconds) await clock.advance({ seconds: Math.min(left, stepSeconds) });
  console.log(saidAfter(await clock.now(), new Date()));
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

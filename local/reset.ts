// How does the laptop begin anew? Removes everything that lasts; never under a running laptop. Run: npm run reset

import { rmSync } from 'node:fs';
import { readRun, readStarting } from './run-file.ts';

/** Throws while the laptop that uses the folder runs. */
export function reset(dataFolder: string): void {
  const run = readRun(dataFolder);
  if (run)
    throw new Error(`The network runs (process ${run.pid}): Ctrl-C where "npm start" runs, then again.`);
  const starting = readStarting(dataFolder);
  if (starting)
    throw new Error(
      `The network is just starting (process ${starting}): wait until it runs, or Ctrl-C it, then again.`,
    );
  rmSync(dataFolder, { recursive: true, force: true });
}

if (import.meta.main) {
  try {
    reset('.local');
    console.log('.local/ is removed; the next start begins with an empty network.');
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

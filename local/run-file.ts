// Is the laptop running, and where? `npm start` writes one small file into the data folder; invoke, reset and the demo
// read it. It holds addresses, no secrets.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { birthOf, isAlive } from './is-alive.ts';

export interface Run {
  readonly pid: number;
  /** Endpoints of the small services, Lambda among them. */
  readonly awsUrl: string;
  readonly mailUrl: string;
  readonly clockUrl: string;
  readonly pscUrl: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly apiOrigin: string;
    readonly pagesOrigin: string;
  }[];
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'run.json');

const startingOf = (dataFolder: string): string => join(dataFolder, 'starting');

/** A process, also for who reads it once its number has gone to another: in a container they are soon given again. */
interface Claim {
  readonly pid: number;
  readonly born?: string | undefined;
}

const claimOf = (pid: number): Claim => ({ pid, born: birthOf(pid) });

/** The process that wrote the file and still lives. */
function livingIn<T extends Claim>(file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  const claim = parsed<T>(readFileSync(file, 'utf8'));
  if (!claim || !Number.isInteger(claim.pid) || claim.pid < 1 || !isAlive(claim.pid)) return undefined;
  return claim.born === undefined || claim.born === birthOf(claim.pid) ? claim : undefined;
}

/** Undefined for half a file, of a process that was killed while it wrote. */
function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/**
 * From the first moment of a start until it runs, or has failed: seeding takes a while.
 * @returns the process that has claimed the folder already, where there is one; then nothing is written
 */
export function writeStarting(dataFolder: string): number | undefined {
  mkdirSync(dataFolder, { recursive: true });
  const other = readStarting(dataFolder);
  if (other !== undefined) return other;
  removeStarting(dataFolder);
  try {
    writeFileSync(startingOf(dataFolder), JSON.stringify(claimOf(process.pid)), { flag: 'wx' });
    return undefined;
  } catch (error) {
    const first = readStarting(dataFolder);
    if (first === undefined) throw error;
    return first;
  }
}

export function removeStarting(dataFolder: string): void {
  rmSync(startingOf(dataFolder), { force: true });
}

/** The process that is starting on this folder; undefined when none is. */
export function readStarting(dataFolder: string): number | undefined {
  return livingIn<Claim>(startingOf(dataFolder))?.pid;
}

export function writeRun(dataFolder: string, run: Run): void {
  mkdirSync(dataFolder, { recursive: true });
  const claimed = { ...run, ...claimOf(run.pid) };
  writeFileSync(fileOf(dataFolder), `${JSON.stringify(claimed, null, 2)}\n`);
}

/** Undefined when nothing runs, a file left behind by a killed process included. */
export function readRun(dataFolder: string): Run | undefined {
  return livingIn<Run>(fileOf(dataFolder));
}

/** @throws Error that says what to do where nothing runs, or not yet */
export function requireRun(dataFolder: string): Run {
  const run = readRun(dataFolder);
  if (run) return run;
  const starting = readStarting(dataFolder);
  if (starting) throw new Error(`The network is just starting (process ${starting}): wait until it runs.`);
  throw new Error('The network does not run: npm start');
}

export function removeRun(dataFolder: string): void {
  rmSync(fileOf(dataFolder), { force: true });
}

// Is the laptop running, and where? `npm start` writes one small file into the data folder; invoke, reset and the demo
// read it. It holds addresses, no secrets.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

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

/** From the first moment of a start until it runs, or has failed: seeding takes a while. */
export function writeStarting(dataFolder: string): void {
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(startingOf(dataFolder), String(process.pid));
}

export function removeStarting(dataFolder: string): void {
  rmSync(startingOf(dataFolder), { force: true });
}

/** The process that is starting on this folder; undefined when none is. */
export function readStarting(dataFolder: string): number | undefined {
  if (!existsSync(startingOf(dataFolder))) return undefined;
  const pid = Number(readFileSync(startingOf(dataFolder), 'utf8'));
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
}

export function writeRun(dataFolder: string, run: Run): void {
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(fileOf(dataFolder), `${JSON.stringify(run, null, 2)}\n`);
}

/** Undefined when nothing runs, a file left behind by a killed process included. */
export function readRun(dataFolder: string): Run | undefined {
  if (!existsSync(fileOf(dataFolder))) return undefined;
  const run = JSON.parse(readFileSync(fileOf(dataFolder), 'utf8')) as Run;
  return isAlive(run.pid) ? run : undefined;
}

export function removeRun(dataFolder: string): void {
  rmSync(fileOf(dataFolder), { force: true });
}

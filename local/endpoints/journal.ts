// How does a local endpoint keep its state over `kill -9`? Each change is one line appended to a file before
// the call is answered; opening the file replays it. The operating system keeps the bytes when the process
// dies; a power cut is out of scope (no fsync). One process per file: two writers would mix lines.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Table<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<T>;
  readonly size: number;
  close(): void;
}

/** Below this many lines a journal is never rewritten while in use. */
const rewriteFromLines = 5_000;

export function openTable<T>(file: string): Table<T> {
  mkdirSync(dirname(file), { recursive: true });
  const rows = existsSync(file) ? replay<T>(readFileSync(file, 'utf8')) : new Map<string, T>();
  let lines = 0;
  let descriptor = 0;
  const rewrite = (): void => {
    if (descriptor) closeSync(descriptor);
    const text = Array.from(rows, ([key, value]) => `${JSON.stringify([key, value])}\n`).join('');
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    descriptor = openSync(file, 'a', 0o600);
    lines = rows.size;
  };
  const append = (line: unknown[]): void => {
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
    lines += 1;
    if (lines > rewriteFromLines && lines > 4 * rows.size) rewrite();
  };
  rewrite();
  return {
    get: (key) => rows.get(key),
    set(key, value) {
      rows.set(key, value);
      append([key, value]);
    },
    delete(key) {
      if (rows.delete(key)) append([key]);
    },
    keys: () => rows.keys(),
    values: () => rows.values(),
    get size() {
      return rows.size;
    },
    close: () => closeSync(descriptor),
  };
}

function replay<T>(text: string): Map<string, T> {
  const rows = new Map<string, T>();
  const lines = text.split('\n');
  lines.pop(); // What follows the last newline is empty, or a line cut short by a kill and never answered.
  for (const line of lines) {
    const row = JSON.parse(line) as [string, T] | [string];
    if (row.length === 2) rows.set(row[0], row[1]);
    else rows.delete(row[0]);
  }
  return rows;
}

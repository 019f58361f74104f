// Which process had the processor? CPU seconds of this process and of all that it started, by what they are, read from
// /proc (Linux). A process that ends in between takes what it used with it.

import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. */
const ticks = 100;

/** By name: `this process`, a function's, or the program's. */
export function cpuSeconds(): ReadonlyMap<string, number> {
  const parents = new Map<number, { readonly parent: number; readonly seconds: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // After the name in parentheses: state, parent, ...; user and system time are the 14th and 15th of the whole line.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const seconds = (Number(fields[11]) + Number(fields[12])) / ticks;
    if (stat) parents.set(Number(name), { parent: Number(fields[1]), seconds });
  }
  const shares = new Map<string, number>();
  for (const [pid, { seconds }] of parents) {
    if (!isOurs(pid, parents)) continue;
    const name = pid === process.pid ? 'this process' : nameOf(pid);
    shares.set(name, (shares.get(name) ?? 0) + seconds);
  }
  return shares;
}

function isOurs(pid: number, parents: ReadonlyMap<number, { readonly parent: number }>): boolean {
  for (let at: number | undefined = pid; at; at = parents.get(at)?.parent)
    if (at === process.pid) return true;
  return false;
}

function nameOf(pid: number): string {
  const named = /AWS_LAMBDA_FUNCTION_NAME=([^\0]+)/.exec(read(`/proc/${pid}/environ`));
  return named?.[1] ?? read(`/proc/${pid}/comm`).trim();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

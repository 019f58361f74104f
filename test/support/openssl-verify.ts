// What does `openssl verify -x509_strict` say of many chains? One process for all chains with the same options:
// their names differ, so they do not meet. Only for tests.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pemOf } from './certificates.ts';

export interface ChainToVerify {
  readonly id: string;
  readonly anchor: Uint8Array;
  readonly intermediates: readonly Uint8Array[];
  readonly leaf: Uint8Array;
}

/** Demands on issuers' style that RFC 5280 §6 does not make and real PSCs break; X509_V_ERR numbers. */
export const styleOnly: ReadonlySet<number> = new Set([
  81, // pathLenConstraint of a CA without keyUsage
  85, // missing authority key identifier
  86, // missing subject key identifier
  89, // basicConstraints of a CA not critical
  92, // CA without keyUsage
]);

/** Per chain, the X509_V_ERR numbers that it printed; empty: accepted. */
export function opensslVerify(
  chains: readonly ChainToVerify[],
  now: Date,
  options: readonly string[],
): Map<string, readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-openssl-'));
  try {
    const file = (name: string, ders: readonly Uint8Array[]) => {
      const path = join(folder, name);
      writeFileSync(path, ders.map(pemOf).join('\n'));
      return path;
    };
    const anchors = file(
      'anchors.pem',
      chains.map(({ anchor }) => anchor),
    );
    const untrusted = file(
      'untrusted.pem',
      chains.flatMap(({ intermediates }) => intermediates),
    );
    const leafs = chains.map(({ id, leaf }) => file(`${id}.leaf`, [leaf]));
    const time = String(Math.floor(now.getTime() / 1000));
    const args = [
      'verify',
      '-x509_strict',
      '-auth_level',
      '1',
      '-attime',
      time,
      '-no-CApath',
      '-no-CAstore',
      '-CAfile',
      anchors,
    ];
    if (chains.some(({ intermediates }) => intermediates.length > 0)) args.push('-untrusted', untrusted);
    return readVerdicts(run([...args, ...options, ...leafs]), chains);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Accepted chains stand on stdout, errors on stderr before the line that names their file. */
function run(args: readonly string[]): { accepted: string; refused: string } {
  const { stdout, stderr, error } = spawnSync('openssl', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 300_000,
  });
  if (error) throw error;
  return { accepted: stdout, refused: stderr };
}

function readVerdicts(
  { accepted, refused }: ReturnType<typeof run>,
  chains: readonly ChainToVerify[],
): Map<string, readonly number[]> {
  const verdicts = new Map<string, readonly number[]>();
  for (const [, id] of accepted.matchAll(/([^/]+)\.leaf: OK$/gm)) verdicts.set(id!, []);
  let errors: number[] = [];
  for (const line of refused.split('\n')) {
    const error = /^error (\d+) at \d+ depth lookup/.exec(line);
    if (error) errors.push(Number(error[1]));
    const failed = /^error \S*?([^/]+)\.leaf: verification failed/.exec(line);
    const unread = /unable to load certificate|Could not (?:read|find|open).* from \S*?([^/]+)\.leaf/i.exec(
      line,
    );
    const id = failed?.[1] ?? unread?.[1];
    if (!id) continue;
    verdicts.set(id, errors.length > 0 ? errors : [1]);
    errors = [];
  }
  for (const { id } of chains) {
    if (!verdicts.has(id)) throw new Error(`openssl said nothing of chain ${id}:\n${refused.slice(0, 2000)}`);
  }
  return verdicts;
}

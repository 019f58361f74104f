// An HSM that fails when a test says so: SoftHSM behind pkcs11-shim.c, which is compiled here (g++ brings the compiler,
// and pkcs11js the headers).

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { requireEdgeMachine } from './edge-machine.ts';

export type Fault =
  | 'ok'
  | 'sign-errors'
  | 'gone'
  | `lost ${number}`
  | `pin-refused ${number}`
  | `slow ${number}`;

export interface FaultyHsm {
  /** Path of the PKCS #11 module. */
  readonly module: string;
  becomes(fault: Fault): void;
  /** Each C_Login so far, of whatever process: what it answered, `CKR_OK` being 0. */
  logins(): readonly { readonly pid: number; readonly answer: number }[];
}

export const pinIncorrect = 0xa0;

/** @param folder the test's own */
export function faultyHsm(folder: string): FaultyHsm {
  const real = requireEdgeMachine();
  const [module, faults, logins] = ['shim.so', 'fault', 'logins'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const headers = join(
    dirname(createRequire(import.meta.url).resolve('pkcs11js/package.json')),
    'includes/pkcs11',
  );
  const texts = Object.entries({ REAL: real, FAULTS: faults, LOGINS: logins });
  const defined = texts.map(([name, value]) => `-D${name}="${value}"`);
  const source = join(import.meta.dirname, 'pkcs11-shim.c');
  const args = [
    '-shared',
    '-fPIC',
    '-O1',
    '-I',
    headers,
    ...defined,
    '-o',
    module,
    source,
    '-ldl',
    '-lpthread',
  ];
  execFileSync('gcc', args, { timeout: 120_000 });
  writeFileSync(faults, 'ok');
  return {
    module,
    becomes(fault) {
      // Never a half: every process of the edge reads it at each call.
      writeFileSync(`${faults}.new`, fault);
      renameSync(`${faults}.new`, faults);
    },
    logins: () =>
      !existsSync(logins)
        ? []
        : readFileSync(logins, 'utf8')
            .trim()
            .split('\n')
            .map((line) => line.split(' '))
            .map(([pid, answer]) => ({ pid: Number(pid), answer: Number(answer) })),
  };
}

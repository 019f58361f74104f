// Where does a password or PIN come from? A variable, a file or the keyboard: never the command line, which every
// process of the machine can read.

import { readFileSync } from 'node:fs';
import type { Call, Option } from './command.ts';
import { UsageError } from './exit-codes.ts';

/** `new-password` as people say it. */
const inWords = (name: string) => ({ 'api-key': 'API key', pin: 'PIN' })[name] ?? name.replaceAll('-', ' ');

/** Options `--<name>-env` and `--<name>-file`. */
export function secretOptions(name: string): Record<string, Option> {
  return {
    [`${name}-env`]: {
      type: 'string',
      value: '<variable>',
      help: `environment variable that holds the ${inWords(name)}`,
    },
    [`${name}-file`]: {
      type: 'string',
      value: '<file>',
      help: `file whose first line is the ${inWords(name)}`,
    },
  };
}

/** `twice`: a new secret, typed again to be sure. @throws UsageError */
export async function readSecret(call: Call, name: string, { twice = false } = {}): Promise<string> {
  const variable = call.text(`${name}-env`);
  const file = call.text(`${name}-file`);
  if (variable !== undefined && file !== undefined) {
    throw new UsageError(`"--${name}-env" and "--${name}-file" exclude each other`);
  }
  if (variable !== undefined) {
    const value = call.terminal.env[variable];
    if (!value) throw new UsageError(`the environment variable "${variable}" is empty`);
    return value;
  }
  if (file !== undefined) {
    const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/);
    if (!line) throw new UsageError(`the first line of "${file}" is empty`);
    return line;
  }
  const value = await call.terminal.askSecret(`${inWords(name)}: `);
  if (twice && (await call.terminal.askSecret(`${inWords(name)}, once more: `)) !== value) {
    throw new UsageError('the two were not the same');
  }
  return value;
}

// What a program that a test started says first. A pipe may give it in pieces.

import { once } from 'node:events';
import { createInterface } from 'node:readline';

export async function firstLineOf(output: NodeJS.ReadableStream): Promise<string> {
  const [line] = (await once(createInterface({ input: output }), 'line')) as [string];
  return line;
}

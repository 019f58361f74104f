// A log that a test can read.

import type { LogCode, LogFields } from '../log-codes.ts';
import { fitFields, type Log } from '../logger.ts';

export function memoryLog(): Log & { readonly lines: { code: LogCode; fields: LogFields }[] } {
  const lines: { code: LogCode; fields: LogFields }[] = [];
  return { lines, say: (code, fields = {}) => lines.push({ code, fields: fitFields(fields) }) };
}

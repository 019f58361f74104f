// Is this cursor one that this very list gave? It names items of the list's partition, so that nobody reads on in
// somebody else's.

import { Refusal } from '../../core/errors.ts';
import { readCursor } from './table.ts';

/** @param list the index partition that the list reads. @throws Refusal CURSOR_MALFORMED */
export function requireOwnCursor(cursor: string, list: string): void {
  let key: Readonly<Record<string, string>>;
  try {
    key = readCursor(cursor);
  } catch {
    throw new Refusal('CURSOR_MALFORMED', { parameter: 'cursor' });
  }
  const names = Object.keys(key).sort().join();
  if (names !== 'gsi1pk,gsi1sk,pk,sk' || key.gsi1pk !== list)
    throw new Refusal('CURSOR_MALFORMED', { parameter: 'cursor' });
}

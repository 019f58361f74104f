// Is this cursor one that this very list gave? It names items of the list's partition, so that nobody reads on in
// somebody else's.

import { Refusal } from '../../core/errors.ts';
import { namesNothing, readCursor } from './table.ts';

/** @param list the index partition that the list reads. @throws Refusal CURSOR_MALFORMED */
export function requireOwnCursor(
  cursor: string,
  list: string,
  /** Of what is listed: a start outside it is an error to DynamoDB. */
  range?: { readonly from: string; readonly to: string },
): void {
  let key: Readonly<Record<string, string>>;
  try {
    key = readCursor(cursor);
  } catch {
    throw new Refusal('CURSOR_MALFORMED', { parameter: 'cursor' });
  }
  const names = Object.keys(key).sort().join();
  // What no item can be named is an error to DynamoDB too.
  const possible = Object.values(key).every((part) => part !== '' && !namesNothing({ pk: '', sk: part }));
  const own = names === 'gsi1pk,gsi1sk,pk,sk' && key.gsi1pk === list && possible;
  const { gsi1sk = '' } = key;
  if (!own || (range && (gsi1sk < range.from || gsi1sk > range.to)))
    throw new Refusal('CURSOR_MALFORMED', { parameter: 'cursor' });
}

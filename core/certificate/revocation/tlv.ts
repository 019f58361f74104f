// Where does a DER element end, when its bytes may not all be here yet? Offsets only, for streams: the element
// itself is read, strictly, by der.ts once it is complete.

import { malformedCrl } from './malformed.ts';

/** The element's length is not all here yet. */
export const MORE = -1;

/** Offset past the element at `at`: it may lie beyond `limit`. Refuses indefinite, padded and huge lengths. */
export function elementEnd(bytes: Uint8Array, at: number, limit: number): number {
  const content = contentOffset(bytes, at, limit);
  if (content === MORE) return MORE;
  if (content === at + 2) return content + bytes[at + 1]!;
  let length = 0;
  for (let i = at + 2; i < content; i++) length = length * 256 + bytes[i]!;
  if (length < 0x80) throw malformedCrl('a length that is not minimal');
  return content + length;
}

/** Offset of the content of the element at `at`, or MORE. */
export function contentOffset(bytes: Uint8Array, at: number, limit: number): number {
  if (at + 2 > limit) return MORE;
  const first = bytes[at + 1]!;
  if (first < 0x80) return at + 2;
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw malformedCrl('an indefinite or oversized length');
  if (at + 2 + count > limit) return MORE;
  if (bytes[at + 2] === 0) throw malformedCrl('a length that is not minimal');
  return at + 2 + count;
}

// What does an authenticator's CBOR say? The few types that WebAuthn needs, in CTAP2's canonical form: definite
// lengths, nothing after the value where the caller asks for all of it. It knows nothing of keys or attestations.

export type Cbor = number | string | Uint8Array | boolean | null | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<number | string, Cbor>;

/** CTAP2 §8: nesting of at most four levels; one more does no harm. */
const deepest = 5;

/**
 * @returns the value and the offset after it
 * @throws RangeError for anything else
 */
export function readCbor(bytes: Uint8Array, start = 0, depth = 0): { value: Cbor; end: number } {
  if (depth > deepest) throw new RangeError('CBOR nests too deep');
  const { major, argument, end } = headOf(bytes, start);
  if (major === 0) return { value: argument, end };
  if (major === 1) return { value: -1 - argument, end };
  if (major === 2 || major === 3) {
    const content = slice(bytes, end, argument);
    const value = major === 2 ? content : new TextDecoder('utf-8', { fatal: true }).decode(content);
    return { value, end: end + argument };
  }
  if (major === 4) return readList(bytes, end, argument, depth);
  if (major === 5) return readMap(bytes, end, argument, depth);
  if (major === 7 && argument >= 20 && argument <= 22)
    return { value: argument === 22 ? null : argument === 21, end };
  throw new RangeError('CBOR of a type that authenticators do not use');
}

function headOf(bytes: Uint8Array, start: number): { major: number; argument: number; end: number } {
  const first = slice(bytes, start, 1)[0]!;
  const [major, short] = [first >> 5, first & 31];
  if (short < 24) return { major, argument: short, end: start + 1 };
  // Lengths of 8 octets never occur: an attestation has a few kilobytes.
  if (short > 26 || major === 7) throw new RangeError('CBOR length that authenticators do not use');
  const octets = 1 << (short - 24);
  const argument = slice(bytes, start + 1, octets).reduce((sum, octet) => sum * 256 + octet, 0);
  return { major, argument, end: start + 1 + octets };
}

function readList(bytes: Uint8Array, start: number, count: number, depth: number) {
  const values: Cbor[] = [];
  let end = start;
  for (let index = 0; index < count; index++) {
    const entry = readCbor(bytes, end, depth + 1);
    values.push(entry.value);
    end = entry.end;
  }
  return { value: values, end };
}

function readMap(bytes: Uint8Array, start: number, count: number, depth: number) {
  const value = new Map<number | string, Cbor>();
  let end = start;
  for (let index = 0; index < count; index++) {
    const name = readCbor(bytes, end, depth + 1);
    const entry = readCbor(bytes, name.end, depth + 1);
    const known = typeof name.value === 'number' || typeof name.value === 'string';
    if (!known || value.has(name.value as number | string)) throw new RangeError('CBOR map with a bad name');
    value.set(name.value as number | string, entry.value);
    end = entry.end;
  }
  return { value, end };
}

function slice(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) throw new RangeError('CBOR ends too early');
  return bytes.subarray(start, start + length);
}

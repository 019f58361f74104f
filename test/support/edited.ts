// Messages that are nearly what they should be, for properties about whatever arrives.

import fc from 'fast-check';

/** Bytes that differ from the given ones in at least one place. */
export const mutated = (bytes: Uint8Array) =>
  fc
    .tuple(
      fc.integer({ min: 0, max: bytes.length }),
      fc.integer({ min: 0, max: 8 }),
      fc.uint8Array({ maxLength: 8 }),
    )
    .map(([at, gone, put]) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]))
    .filter((other) => !other.equals(bytes));

type Path = readonly (string | number)[];
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, one]) =>
    pathsOf(one, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return [path, ...inner];
}

/** The same document with one part, however deep, replaced by any JSON or left out. */
export function edited(document: unknown) {
  const paths = pathsOf(document).filter((path) => path.length > 0);
  const value = fc.oneof(
    fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }),
    // Half a letter has no UTF-8, and no key is as long.
    fc.constantFrom('\ud83d', 'x'.repeat(3000)),
  );
  return fc.tuple(fc.constantFrom(...paths), value).map(([path, put]) => {
    const copy = structuredClone(document);
    const holder = path.slice(0, -1).reduce((one, name) => (one as never)[name], copy) as never as Record<
      string | number,
      unknown
    >;
    holder[path.at(-1)!] = put;
    return copy;
  });
}

// Which bytes stand for a JSON value when it is hashed or signed? Those of RFC 8785 (JCS).
// It does not say what the value means; every type that is hashed carries a `type` tag of its own.

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/**
 * RFC 8785. Members that are `undefined` are left out, as in JSON.stringify.
 * @throws TypeError for what has no I-JSON form: NaN, infinities, bigint, lone surrogates, Date, Map and the like.
 */
export function canonicalJson(value: Json): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      // RFC 8785 §3.2.2.3: ECMAScript's own Number to String, which JSON.stringify uses.
      if (!Number.isFinite(value)) throw new TypeError(`expected a finite number, found ${value}`);
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : canonicalStructure(value);
    default:
      throw new TypeError(`expected a JSON value, found ${typeof value}`);
  }
}

function canonicalStructure(value: readonly Json[] | { readonly [name: string]: Json | undefined }): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`expected a plain object, found ${prototype?.constructor?.name}`);
  }
  const record = value as { readonly [name: string]: Json | undefined };
  // RFC 8785 §3.2.3: names sorted by UTF-16 code units, which is what sort() without a comparator does.
  const members = Object.keys(record)
    .sort()
    .filter((name) => record[name] !== undefined)
    .map((name) => `${canonicalString(name)}:${canonicalJson(record[name] as Json)}`);
  return `{${members.join(',')}}`;
}

function canonicalString(text: string): string {
  // RFC 8785 §3.2.2.2: a lone surrogate has no UTF-8 form; JSON.stringify would escape it silently.
  if (!text.isWellFormed()) throw new TypeError('expected well-formed Unicode, found a lone surrogate');
  return JSON.stringify(text);
}

// Is this JSON the manifest's shape, member by member? Anything missing, of another type or unknown is refused:
// two people signed what they understood. What the members mean is not asked here.

import { Refusal } from '../errors.ts';
import type { Thumbprint } from './thumbprint.ts';

export function malformedManifest(parameter: string, expected: string): Refusal {
  return new Refusal('ANCHORS_MALFORMED', { parameter, expected });
}

/** One JSON object; `done()` refuses members that nobody read. */
export class JsonReader {
  readonly path: string;
  readonly #members: Map<string, unknown>;

  constructor(value: unknown, path = 'manifest') {
    this.path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformedManifest(path, 'an object');
    }
    this.#members = new Map(Object.entries(value));
  }

  text(name: string): string {
    return this.matching(name, /^[^\p{Cc}\p{Cf}]{1,500}$/u);
  }

  optionalText(name: string): string | undefined {
    return this.#members.get(name) === undefined ? undefined : this.text(name);
  }

  matching(name: string, form: RegExp): string {
    const value = this.#take(name);
    if (typeof value !== 'string' || !form.test(value)) throw this.#wrong(name, `text like ${form}`);
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.#take(name);
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw this.#wrong(name, values.join(' or '));
    return found;
  }

  boolean(name: string): boolean {
    const value = this.#take(name);
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false');
    return value;
  }

  /** Whole and positive, at most `max`; absent: `byDefault`. */
  number(name: string, byDefault: number | undefined, max: number): number {
    const value = this.#take(name) ?? byDefault;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > max) {
      throw this.#wrong(name, `a whole number from 1 to ${max}`);
    }
    return value;
  }

  /** RFC 3339, UTC. */
  time(name: string): Date {
    const text = this.matching(name, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/);
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) throw this.#wrong(name, 'a time');
    return date;
  }

  bytes(name: string): Uint8Array {
    const text = this.matching(name, /^[A-Za-z0-9+/]+={0,2}$/);
    return Buffer.from(text, 'base64');
  }

  /** Distinct texts; absent: none. */
  list(name: string, form: RegExp): string[] {
    const value = this.#take(name) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list');
    const texts = value.map((item) => {
      if (typeof item !== 'string' || !form.test(item))
        throw this.#wrong(name, `a list of texts like ${form}`);
      return item;
    });
    if (new Set(texts).size !== texts.length) throw this.#wrong(name, 'no value twice');
    return texts;
  }

  thumbprints(name: string): Thumbprint[] {
    return this.list(name, /^[A-Za-z0-9_-]{43}$/) as Thumbprint[];
  }

  member(name: string): JsonReader {
    return new JsonReader(this.#take(name), `${this.path}.${name}`);
  }

  optionalMember(name: string): JsonReader | undefined {
    return this.#members.get(name) === undefined ? undefined : this.member(name);
  }

  /** Each object of the list, read to its last member. */
  each<T>(name: string, read: (json: JsonReader) => T): T[] {
    const value = this.#take(name);
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list');
    return value.map((item, at) => {
      const json = new JsonReader(item, `${this.path}.${name}[${at}]`);
      const result = read(json);
      json.done();
      return result;
    });
  }

  done(): void {
    for (const name of this.#members.keys()) throw this.#wrong(name, 'no such member');
  }

  #take(name: string): unknown {
    const value = this.#members.get(name);
    this.#members.delete(name);
    return value;
  }

  #wrong(name: string, expected: string): Refusal {
    return malformedManifest(`${this.path}.${name}`, expected);
  }
}

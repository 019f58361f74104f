// Where in these bytes does each string of a known shape stand? A cursor over JSON in UTF-8 that reads what its caller
// expects next, and throws `unusual` at anything else: wrong, or only spelled in another way, it does not ask. Whether
// the whole is UTF-8 is asked before. It runs over every byte of every payout: hence one load and one store of the
// cursor a call, and characters as numbers.

/** Not an error: the general reader decides. One value, because making errors costs more than the reading. */
export const unusual = new Error('not spelled as usual');

/** 1 for each byte that the expression matches. */
const tableOf = (expression: RegExp) =>
  Uint8Array.from({ length: 256 }, (_, byte) => (expression.test(String.fromCharCode(byte)) ? 1 : 0));

/** ASCII that stands for itself in a JSON string (RFC 8259 §7). */
const PLAIN = tableOf(/^[ -!#-[\]-\x7f]$/);
const NAME = tableOf(/^[A-Za-z0-9._:-]$/);
const DIGIT = tableOf(/^[0-9]$/);
const ESCAPED = tableOf(/^["\\/bfnrt]$/);
const HEX = tableOf(/^[0-9A-Fa-f]$/);
const NULL = Buffer.from('null');

const LONGEST_NAME = 64;

/** The members that an object may have. */
export class Names {
  /** Each with its closing quote. */
  readonly all: readonly Uint8Array[];
  /** Where a scanner keeps what it read before each of them, and at the opening. */
  readonly slot: number;
  static #slots = 0;

  constructor(...all: readonly string[]) {
    this.all = all.map((name) => Buffer.from(`${name}"`));
    this.slot = Names.#slots;
    Names.#slots += all.length + 2;
    if (Names.#slots > MOST_SLOTS) throw new RangeError(`more than ${MOST_SLOTS} places for names`);
  }
}

const MOST_SLOTS = 64;

export class Scanner {
  readonly #bytes: Buffer;
  #at = 0;
  /**
   * Where and how long, in these very bytes, was what stood between two values the last time? Who writes a thousand
   * payouts writes it alike each time: equal bytes in the same place of the grammar need not be read again. Made once
   * there is a second item in a list.
   */
  #before: number[] = [];
  #view: DataView | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Opens an object and reads the name of its first member and the colon. @returns its place among the names */
  first(names: Names): number {
    const slot = names.slot + names.all.length + 1;
    if (this.#isAsBefore(slot)) return 0;
    const opened = afterSpace(this.#bytes, this.#at);
    if (this.#bytes[opened] !== 0x7b /* { */) throw unusual;
    return this.#member(opened + 1, names, 0, slot);
  }

  /** The same for the next member; -1 where the object is closed. @param likely where it probably stands */
  next(names: Names, likely: number): number {
    const slot = names.slot + likely;
    if (this.#isAsBefore(slot)) return likely;
    const at = afterSpace(this.#bytes, this.#at);
    const byte = this.#bytes[at];
    if (byte === 0x2c /* , */) return this.#member(at + 1, names, likely, slot);
    if (byte !== 0x7d /* } */) throw unusual;
    this.#at = at + 1;
    return -1;
  }

  openList(): void {
    const at = afterSpace(this.#bytes, this.#at);
    if (this.#bytes[at] !== 0x5b /* [ */) throw unusual;
    this.#at = at + 1;
  }

  /** Another item follows; else the list is closed. */
  nextInList(): boolean {
    const at = afterSpace(this.#bytes, this.#at);
    const byte = this.#bytes[at];
    if (byte !== 0x2c /* , */ && byte !== 0x5d /* ] */) throw unusual;
    this.#at = at + 1;
    if (byte === 0x2c && !this.#view) {
      this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
      this.#before = Array(2 * MOST_SLOTS).fill(0);
    }
    return byte === 0x2c;
  }

  end(): void {
    if (afterSpace(this.#bytes, this.#at) !== this.#bytes.length) throw unusual;
  }

  /** Any string of that many UTF-16 units. */
  string(least: number, most: number): void {
    const start = this.#quoted();
    const end = run(this.#bytes, start, PLAIN);
    let units = end - start;
    this.#at = end + 1;
    if (this.#bytes[end] !== 0x22) units += this.#unusualUnits(end);
    if (units < least || units > most) throw unusual;
  }

  stringOrNull(most: number): void {
    if (!this.null()) this.string(0, most);
  }

  null(): boolean {
    if (!isHere(this.#bytes, this.#at, NULL)) return false;
    this.#at += NULL.length;
    return true;
  }

  /** A string without escapes, in ASCII. @param before returned where it is said again */
  plain(least: number, most: number, before: string): string {
    const start = this.#quoted();
    const end = run(this.#bytes, start, PLAIN);
    if (end - start < least || end - start > most) throw unusual;
    return this.#close(start, end, before);
  }

  /** 1 to 64 of A-Z a-z 0-9 . _ : - */
  name(before = ''): string {
    const start = this.#quoted();
    const end = run(this.#bytes, start, NAME);
    if (end === start || end - start > LONGEST_NAME) throw unusual;
    return this.#close(start, end, before);
  }

  /** 1 to 18 digits, then perhaps a dot and digits: 19 characters at most. */
  decimal(): string {
    const start = this.#quoted();
    let end = run(this.#bytes, start, DIGIT);
    if (end === start || end - start > 18) throw unusual;
    if (this.#bytes[end] === 0x2e /* . */) {
      const fraction = end + 1;
      end = run(this.#bytes, fraction, DIGIT);
      if (end === fraction || end - start > 19) throw unusual;
    }
    return this.#close(start, end, '');
  }

  exactly(text: string): void {
    const start = this.#quoted();
    if (this.#close(start, start + text.length, text) !== text) throw unusual;
  }

  #member(from: number, { all }: Names, likely: number, slot: number): number {
    const bytes = this.#bytes;
    const start = afterSpace(bytes, from) + 1;
    if (bytes[start - 1] !== 0x22) throw unusual;
    let which = likely < all.length ? likely : 0;
    for (let tried = 0; tried < all.length; tried++) {
      const name = all[which]!;
      if (isHere(bytes, start, name)) {
        const colon = afterSpace(bytes, start + name.length);
        if (bytes[colon] !== 0x3a /* : */) throw unusual;
        const value = afterSpace(bytes, colon + 1);
        if (which === likely) this.#remember(slot, value);
        this.#at = value;
        return which;
      }
      which = which + 1 < all.length ? which + 1 : 0;
    }
    throw unusual;
  }

  #remember(slot: number, end: number): void {
    if (!this.#view) return;
    this.#before[2 * slot] = this.#at;
    this.#before[2 * slot + 1] = end - this.#at;
  }

  /** Goes on past what stood here the last time, if it stands here again. Four bytes at a time: it never is shorter. */
  #isAsBefore(slot: number): boolean {
    const view = this.#view;
    if (!view) return false;
    const length = this.#before[2 * slot + 1]!;
    const at = this.#at;
    if (length === 0 || at + length > this.#bytes.length) return false;
    const before = this.#before[2 * slot]!;
    const last = length - 4;
    for (let next = 0; next < last; next += 4)
      if (view.getInt32(at + next) !== view.getInt32(before + next)) return false;
    if (view.getInt32(at + last) !== view.getInt32(before + last)) return false;
    this.#at = at + length;
    return true;
  }

  #quoted(): number {
    if (this.#bytes[this.#at] !== 0x22) throw unusual;
    return this.#at + 1;
  }

  #close(start: number, end: number, before: string): string {
    if (this.#bytes[end] !== 0x22) throw unusual;
    this.#at = end + 1;
    return isAgain(this.#bytes, start, end, before) ? before : sliceOf(this.#bytes, start, end);
  }

  /** Goes on past the closing quote. @returns UTF-16 units on the way */
  #unusualUnits(from: number): number {
    const bytes = this.#bytes;
    let units = 0;
    let at = from;
    for (; bytes[at] !== 0x22; at++) {
      const byte = bytes[at];
      if (byte === undefined || byte < 0x20) throw unusual;
      if (byte === 0x5c) at = endOfEscape(bytes, at + 1);
      // UTF-8, RFC 3629 §3: bytes that continue a character count nothing; four bytes are two units.
      if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
    }
    this.#at = at + 1;
    return units;
  }
}

/** toString('latin1') without its looking at the arguments; Node's own, left out of its types. */
function sliceOf(bytes: Buffer, start: number, end: number): string {
  return (bytes as Buffer & { latin1Slice(start: number, end: number): string }).latin1Slice(start, end);
}

/** Where the bytes of that table end. */
function run(bytes: Uint8Array, from: number, table: Uint8Array): number {
  let at = from;
  while (at < bytes.length && table[bytes[at]!] === 1) at++;
  return at;
}

function afterSpace(bytes: Uint8Array, from: number): number {
  // One space or none, as Python and JavaScript write.
  let at = bytes[from] === 0x20 ? from + 1 : from;
  for (let byte = bytes[at]!; byte <= 0x20; byte = bytes[++at]!)
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
  return at;
}

function isHere(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false;
  return true;
}

function isAgain(bytes: Uint8Array, start: number, end: number, before: string): boolean {
  if (end - start !== before.length) return false;
  for (let at = start; at < end; at++) if (bytes[at] !== before.charCodeAt(at - start)) return false;
  return true;
}

/** @param at past the backslash @returns where its last byte stands */
function endOfEscape(bytes: Uint8Array, at: number): number {
  if (ESCAPED[bytes[at]!] === 1) return at;
  if (bytes[at] !== 0x75 /* u */) throw unusual;
  for (let digit = 1; digit <= 4; digit++) if (HEX[bytes[at + digit]!] !== 1) throw unusual;
  return at + 4;
}

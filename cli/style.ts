// Colours and columns, where a terminal shows them. NO_COLOR, --no-color, a pipe or --json: plain text.

export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string) => text;

export function styleFor(colours: boolean): Style {
  return colours
    ? { good: sgr(32, 39), bad: sgr(31, 39), doubtful: sgr(33, 39), dim: sgr(2, 22), bold: sgr(1, 22) }
    : { good: plain, bad: plain, doubtful: plain, dim: plain, bold: plain };
}

/** Left column as wide as its widest text; two blanks between. */
export function columns(rows: readonly (readonly [string, string])[], indent = '  '): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}  ${right}`.trimEnd()).join('\n');
}

/** Text of a certificate on a terminal: no escape sequences, no direction marks. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

// How does a text become the square that a telephone's camera reads? ISO/IEC 18004, byte mode, error correction L,
// versions 1 to 10: up to 271 bytes, enough for an otpauth URI. Drawn on the server, so that no script is needed.

/** Error-correction codewords per block and number of blocks at level L, versions 1 to 10 (table 9). */
const eccPerBlock = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18];
const blockCount = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4];

type Grid = (boolean | undefined)[][];

/** Rows of dark (true) and light modules, without the quiet zone. @throws RangeError beyond 271 bytes */
export function qrModules(text: string): readonly (readonly boolean[])[] {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  const codewords = interleaved(dataCodewords(bytes, version), version);
  const candidates = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => drawn(version, codewords, mask));
  const scored = candidates.map((grid) => ({ grid, penalty: penaltyOf(grid) }));
  return scored.reduce((best, each) => (each.penalty < best.penalty ? each : best)).grid;
}

/** One path in module units, with the quiet zone of 4: `viewBox` is `0 0 size size`. */
export function qrPath(text: string): { readonly size: number; readonly path: string } {
  const modules = qrModules(text);
  const path = modules.map((row, y) =>
    [
      ...row
        .map((dark) => (dark ? '1' : '0'))
        .join('')
        .matchAll(/1+/g),
    ]
      .map(({ 0: run, index }) => `M${index + 4} ${y + 4}h${run.length}v1h-${run.length}z`)
      .join(''),
  );
  return { size: modules.length + 8, path: path.join('') };
}

function rawCodewords(version: number): number {
  const alignments = version < 2 ? 0 : Math.floor(version / 7) + 2;
  const plain = (16 * version + 128) * version + 64;
  const taken = version < 2 ? 0 : (25 * alignments - 10) * alignments - 55 + (version >= 7 ? 36 : 0);
  return Math.floor((plain - taken) / 8);
}

const dataLength = (version: number) =>
  rawCodewords(version) - eccPerBlock[version - 1]! * blockCount[version - 1]!;

function versionFor(length: number): number {
  for (let version = 1; version <= 10; version++) {
    const overheadBits = 4 + (version < 10 ? 8 : 16);
    if (length * 8 + overheadBits <= dataLength(version) * 8) return version;
  }
  throw new RangeError(`expected at most 271 bytes, found ${length}`);
}

function dataCodewords(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const push = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  const capacity = dataLength(version) * 8;
  push(0, Math.min(4, capacity - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) push(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0),
  );
}

/** Reed-Solomon per block, then column by column; the later blocks may be one longer. */
function interleaved(data: readonly number[], version: number): number[] {
  const [ecc, blocks] = [eccPerBlock[version - 1]!, blockCount[version - 1]!];
  const raw = rawCodewords(version);
  const shorter = blocks - (raw % blocks);
  const shortData = Math.floor(raw / blocks) - ecc;
  const divisor = generator(ecc);
  let start = 0;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const part = data.slice(start, start + shortData + (block < shorter ? 0 : 1));
    start += part.length;
    return { part, check: remainder(part, divisor) };
  });
  const columns = Array.from({ length: shortData + 1 }, (_, i) =>
    parts.flatMap(({ part }) => part.slice(i, i + 1)),
  );
  const checks = Array.from({ length: ecc }, (_, i) => parts.map(({ check }) => check[i]!));
  return [...columns.flat(), ...checks.flat()];
}

/** GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

function generator(degree: number): number[] {
  const result = [...Array<number>(degree - 1).fill(0), 1];
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) result[j] = multiply(result[j]!, root) ^ (result[j + 1] ?? 0);
    root = multiply(root, 2);
  }
  return result;
}

function remainder(data: readonly number[], divisor: readonly number[]): number[] {
  const result = Array<number>(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ result.shift()!;
    result.push(0);
    for (const [i, coefficient] of divisor.entries()) result[i] = result[i]! ^ multiply(coefficient, factor);
  }
  return result;
}

const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function drawn(version: number, codewords: readonly number[], mask: number): boolean[][] {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => Array<boolean | undefined>(size).fill(undefined));
  drawFunctions(grid, version);
  drawFormat(grid, mask);
  let bit = 0;
  for (const [x, y] of zigzag(size)) {
    if (grid[y]![x] !== undefined) continue;
    const dark = ((codewords[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1;
    grid[y]![x] = (dark === 1) !== masks[mask]!(x, y);
    bit++;
  }
  return grid as boolean[][];
}

/** Two columns at a time from the right, up and down in turn, past the timing column. */
function* zigzag(size: number): Iterable<readonly [number, number]> {
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) yield [x, upward ? size - 1 - step : step];
  }
}

function drawFunctions(grid: Grid, version: number): void {
  const size = grid.length;
  for (let i = 0; i < size; i++) {
    grid[6]![i] = i % 2 === 0;
    grid[i]![6] = i % 2 === 0;
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(grid, x, y, 4, [0, 1, 3]);
  const places = alignmentPlaces(version);
  const last = places.length - 1;
  for (const [i, x] of places.entries())
    for (const [j, y] of places.entries())
      if (!((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)))
        square(grid, x, y, 2, [0, 2]);
  if (version >= 7) drawVersion(grid, version);
}

/** Rings around a centre; `dark` are the distances that are dark. */
function square(grid: Grid, cx: number, cy: number, reach: number, dark: readonly number[]): void {
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      const row = grid[cy + dy];
      if (row && cx + dx >= 0 && cx + dx < grid.length)
        row[cx + dx] = dark.includes(Math.max(Math.abs(dx), Math.abs(dy)));
    }
}

function alignmentPlaces(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const end = version * 4 + 10;
  const step = Math.ceil((end - 6) / (count - 1) / 2) * 2;
  const rest = Array.from({ length: count - 1 }, (_, i) => end - i * step).reverse();
  return [6, ...rest];
}

function drawFormat(grid: Grid, mask: number): void {
  const size = grid.length;
  // Level L is 01; BCH(15,5), then the fixed pattern of the standard.
  const data = (0b01 << 3) | mask;
  let check = data;
  for (let i = 0; i < 10; i++) check = (check << 1) ^ ((check >>> 9) * 0x537);
  const bits = ((data << 10) | check) ^ 0x5412;
  const bit = (i: number) => ((bits >>> i) & 1) === 1;
  for (let i = 0; i <= 5; i++) grid[i]![8] = bit(i);
  grid[7]![8] = bit(6);
  grid[8]![8] = bit(7);
  grid[8]![7] = bit(8);
  for (let i = 9; i < 15; i++) grid[8]![14 - i] = bit(i);
  for (let i = 0; i < 8; i++) grid[8]![size - 1 - i] = bit(i);
  for (let i = 8; i < 15; i++) grid[size - 15 + i]![8] = bit(i);
  grid[size - 8]![8] = true;
}

function drawVersion(grid: Grid, version: number): void {
  let check = version;
  for (let i = 0; i < 12; i++) check = (check << 1) ^ ((check >>> 11) * 0x1f25);
  const bits = (version << 12) | check;
  for (let i = 0; i < 18; i++) {
    const dark = ((bits >>> i) & 1) === 1;
    const [a, b] = [grid.length - 11 + (i % 3), Math.floor(i / 3)];
    grid[b]![a] = dark;
    grid[a]![b] = dark;
  }
}

/** Runs, blocks, finder look-alikes and balance (7.8.3.1): a lower sum reads better. */
function penaltyOf(grid: readonly (readonly boolean[])[]): number {
  const size = grid.length;
  const columns = grid.map((_, x) => grid.map((row) => row[x]!));
  let penalty = 0;
  for (const line of [...grid, ...columns]) {
    const text = line.map((dark) => (dark ? '1' : '0')).join('');
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) penalty += run.length - 2;
    for (let i = 0; i + 11 <= size; i++)
      if (['10111010000', '00001011101'].includes(text.slice(i, i + 11))) penalty += 40;
  }
  for (let y = 0; y + 1 < size; y++)
    for (let x = 0; x + 1 < size; x++) {
      const here = grid[y]![x];
      if (here === grid[y]![x + 1] && here === grid[y + 1]![x] && here === grid[y + 1]![x + 1]) penalty += 3;
    }
  const dark = grid.flat().filter(Boolean).length;
  return penalty + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10));
}

// One line of `npm run bench`, and how a ratio is taken on noisy cores: the reference in the same loop, both orders,
// CPU time, the median of the pairwise ratios, and an A/A control that says whether the run may be believed.

export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly reference: string;
  /** Absent: the figure only tells, and holds. */
  readonly aim?: number;
  readonly holds: boolean;
  /** `ratio`: at most the aim; `times`: how many times better than a peer, at least the aim; others: at most. */
  readonly unit: 'ratio' | 'times' | 'MiB' | 'ms' | 'count' | 'dollars';
  /** The reference against itself; outside 0.97 to 1.03 the run is invalid. */
  readonly control?: number;
}

export type Work = () => void | Promise<void>;

export interface Paired {
  /** Median of CPU(a) / CPU(b). */
  readonly ratio: number;
  /** Median of CPU(b) / CPU(b). */
  readonly control: number;
  /** Median milliseconds of CPU of one run of `a`. */
  readonly milliseconds: number;
}

/** Taken again, twice at most, when the control says that the machine was not itself. */
export async function paired(a: Work, b: Work, pairs = 40, sliceMilliseconds = 4): Promise<Paired> {
  const [runsA, runsB] = [await runsIn(a, sliceMilliseconds), await runsIn(b, sliceMilliseconds)];
  let taken = await take(a, b, runsA, runsB, pairs);
  for (let again = 0; again < 2 && !isBelievable(taken); again++)
    taken = await take(a, b, runsA, runsB, pairs);
  return taken;
}

async function take(a: Work, b: Work, runsA: number, runsB: number, pairs: number): Promise<Paired> {
  const ratios: number[] = [];
  const controls: number[] = [];
  const own: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0;
    const before = order ? await cpuOf(a, runsA) : undefined;
    const reference = await cpuOf(b, runsB);
    const measured = before ?? (await cpuOf(a, runsA));
    ratios.push(measured / reference);
    own.push(measured / 1000);
    // Two more of the reference, side by side: what `a` leaves to the collector is not in them.
    await cpuOf(b, 1);
    const [one, other] = [await cpuOf(b, runsB), await cpuOf(b, runsB)];
    controls.push(order ? one / other : other / one);
  }
  return { ratio: median(ratios), control: median(controls), milliseconds: median(own) };
}

export function isBelievable({ control }: { readonly control: number }): boolean {
  return Math.abs(control - 1) <= 0.03;
}

export function median(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[values.length >> 1]!;
}

/** Warms up for a second of CPU, as long as V8 may take to compile it all, then finds how many runs fill a slice. */
async function runsIn(work: Work, milliseconds: number): Promise<number> {
  let [spent, runs] = [0, 0];
  for (; spent < 1e6 || runs < 5; runs += 5) spent += 5 * (await cpuOf(work, 5));
  return Math.max(1, Math.round((milliseconds * 1000) / (await cpuOf(work, Math.min(runs, 50)))));
}

/** Microseconds of CPU per run, all threads. */
export async function cpuOf(work: Work, runs: number): Promise<number> {
  const start = process.cpuUsage();
  for (let n = 0; n < runs; n++) {
    const done = work();
    if (done) await done;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / runs;
}

export function print(figures: readonly Figure[]): void {
  for (const { id, what, value, unit, aim, reference, holds, control } of figures) {
    const trust = control === undefined ? '' : ` (control ${control.toFixed(3)})`;
    const sign = unit === 'times' ? '>=' : '<=';
    const verdict = aim === undefined ? '' : ` ${sign} ${aim} ${holds ? 'holds' : 'FAILS'}`;
    console.log(`${id} ${what}: ${value.toFixed(2)} ${unit}${verdict}; ${reference}${trust}`);
  }
}

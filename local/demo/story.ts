// A readable timeline: what happens, when by the network's clock, and whether what was verified holds.

import type { VirtualClock } from '../clock.ts';

/** Nothing in the demo takes longer in real time. */
const patienceMs = 60_000;
const pollMs = 200;

export class Story {
  readonly #clock: VirtualClock;
  readonly #colour: boolean;
  readonly #say: (line: string) => void;
  verified = 0;

  constructor(clock: VirtualClock, colour: boolean, say: (line: string) => void = console.log) {
    this.#clock = clock;
    this.#colour = colour;
    this.#say = say;
  }

  chapter(title: string): void {
    this.#say(`\n${this.#paint('1', title)}`);
  }

  async tell(what: string): Promise<void> {
    this.#say(`  ${this.#time()}  ${what}`);
  }

  /** Looks again until it holds: decisions travel between nodes. @throws Error with what was found instead */
  async verify(what: string, look: () => Promise<string>, expected: string): Promise<void> {
    const end = performance.now() + patienceMs;
    let found = await look();
    while (found !== expected && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      found = await look();
    }
    if (found !== expected) throw new Error(`${what}: expected "${expected}", found "${found}"`);
    this.verified++;
    this.#say(`  ${this.#time()}  ${this.#paint('32', '✓')} ${what}: ${found}`);
  }

  #time(): string {
    return this.#paint('2', this.#clock.now().toISOString().slice(0, 16).replace('T', ' '));
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

// What does the control plane do while the edge runs? Asks the node which clients are refused, makes the HSM sign,
// shakes hands with itself, and says "ready" for a short while ahead: whatever stops this loop ends readiness too.

import { setTimeout as delay } from 'node:timers/promises';
import type { Edge } from './edge.ts';
import type { RefusedSource } from './refused.ts';

export interface ControlOptions {
  readonly edge: Pick<
    Edge,
    | 'seenClients'
    | 'refused'
    | 'refuse'
    | 'probeKeys'
    | 'setReadyUntil'
    | 'replace'
    | 'stop'
    | 'listsFreshUntil'
  >;
  readonly refused: RefusedSource;
  /** A handshake with each name; rejects with why not. */
  readonly shakeHands: () => Promise<void>;
  readonly now: () => Date;
  readonly say: (code: ControlCode, fields?: Readonly<Record<string, string | number>>) => void;
  /** Between two rounds. 2,000 by default: aim is 30 s from decision to refusal. */
  readonly everyMilliseconds?: number;
}

export const controlCodes = {
  EDGE_MAP_STALE: 'The node could not be asked which clients are refused; not ready after a minute of that.',
  EDGE_HSM_SILENT: 'The HSM does not sign; not ready until it does.',
  EDGE_SESSION_LOST: 'Handshakes fail although the HSM signs: a successor with new sessions takes over.',
  EDGE_LISTS_LATE: 'A revocation list of the truststore is late or soon will be.',
  EDGE_CLIENTS_REFUSED: 'Client certificates are refused from now on.',
  EDGE_DRAINING: 'Not ready any more; connections end before the task does.',
} as const;
export type ControlCode = keyof typeof controlCodes;

/** The map's greatest age (edge.md item 5), and how far ahead readiness is promised. */
const mapMilliseconds = 60_000;
const promisedMilliseconds = 10_000;
const listMarginMilliseconds = 6 * 3_600_000;
/** The NLB may go on sending this long after "not ready"; Fargate gives 120 s in all. */
const drainMilliseconds = 100_000;
const endMilliseconds = 15_000;

export class Control {
  readonly #options: ControlOptions;
  #mapAt: number;
  #ended = false;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#mapAt = Number.NEGATIVE_INFINITY;
  }

  /** Until `end`. Never rejects. */
  async run(): Promise<void> {
    const { everyMilliseconds = 2_000 } = this.#options;
    while (!this.#ended) {
      await this.round();
      await delay(everyMilliseconds, undefined, { ref: false });
    }
  }

  /** One look at everything; answers whether the edge is ready. */
  async round(): Promise<boolean> {
    const { edge, now, say } = this.#options;
    await this.#renewMap();
    const signs = this.#hsmSigns();
    const shakes = signs && (await this.#shakesHands());
    if (edge.listsFreshUntil.getTime() - listMarginMilliseconds < now().getTime()) {
      say('EDGE_LISTS_LATE', { freshUntil: edge.listsFreshUntil.toISOString() });
    }
    const leftOfMap = this.#mapAt + mapMilliseconds - now().getTime();
    const ready = shakes && leftOfMap > 0 && !this.#ended;
    const ahead = ready ? Math.min(promisedMilliseconds, leftOfMap) : -1_000;
    // Untold, HAProxy holds to the last promise, which ends by itself.
    const told = await edge.setReadyUntil(new Date(now().getTime() + ahead)).then(
      () => true,
      () => false,
    );
    return ready && told;
  }

  /** Not ready at once, ends accepting late, ends in time. */
  async drain(milliseconds: number = drainMilliseconds): Promise<void> {
    const { edge, now, say } = this.#options;
    this.#ended = true;
    say('EDGE_DRAINING');
    // Untold, the last promise ends by itself, well within the wait.
    await edge.setReadyUntil(new Date(now().getTime() - 1_000)).catch(() => {});
    await delay(milliseconds);
    await edge.stop(endMilliseconds);
  }

  end(): void {
    this.#ended = true;
  }

  async #renewMap(): Promise<void> {
    const { edge, refused, now, say } = this.#options;
    const asked = now();
    try {
      // Who was refused is asked about again: a suspension can be lifted.
      const seen = [...new Set([...(await edge.seenClients()), ...edge.refused])];
      const next = await refused.refusedAmong(seen, asked);
      if (!sameMembers(next, edge.refused)) {
        await edge.refuse(next);
        say('EDGE_CLIENTS_REFUSED', { count: next.size });
      }
      this.#mapAt = asked.getTime();
    } catch (error) {
      say('EDGE_MAP_STALE', { reason: (error as Error).message });
    }
  }

  #hsmSigns(): boolean {
    try {
      this.#options.edge.probeKeys();
      return true;
    } catch (error) {
      this.#options.say('EDGE_HSM_SILENT', { reason: (error as Error).message });
      return false;
    }
  }

  async #shakesHands(): Promise<boolean> {
    const { shakeHands, edge, say } = this.#options;
    try {
      await shakeHands();
      return true;
    } catch (error) {
      say('EDGE_SESSION_LOST', { reason: (error as Error).message });
    }
    try {
      await edge.replace();
      await shakeHands();
      return true;
    } catch (error) {
      say('EDGE_SESSION_LOST', { reason: (error as Error).message });
      return false;
    }
  }
}

function sameMembers(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

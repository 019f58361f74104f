// What does the control plane do while the edge runs? Asks the node which clients are refused, makes the HSM sign,
// shakes hands with itself, and says "ready" for a short while ahead: whatever stops this loop ends readiness too.

import { setTimeout as delay } from 'node:timers/promises';
import type { Edge } from './edge.ts';
import type { EdgeCode, SayEdge } from './log.ts';
import type { RefusedSource } from './refused.ts';

export interface ControlOptions {
  readonly edge: Pick<
    Edge,
    | 'seenClients'
    | 'refused'
    | 'refuse'
    | 'probeKeys'
    | 'setReadyUntil'
    | 'endLongRequests'
    | 'replace'
    | 'stop'
    | 'listsFreshUntil'
    | 'listsWarnFrom'
    | 'certificatesFrom'
    | 'certificatesUntil'
    | 'reopenHsm'
  >;
  readonly refused: RefusedSource;
  /** A handshake with each name; rejects with why not. */
  readonly shakeHands: () => Promise<void>;
  readonly now: () => Date;
  readonly say: SayEdge;
  /** Between two rounds. 2,000 by default: aim is 30 s from decision to refusal. */
  readonly everyMilliseconds?: number;
}

/** The map's greatest age, and how far ahead readiness is promised. */
const mapMilliseconds = 60_000;
const promisedMilliseconds = 10_000;
/** Between two looks at what takes too long: each one names every exchange. */
const lookMilliseconds = 5_000;
const certificateMarginMilliseconds = 30 * 86_400_000;
/** Of one warning; alarms count them over five minutes. */
const warnedEveryMilliseconds = 60_000;
/** Each successor logs in anew. Without a handshake between them, more would only try a changed PIN until it locks. */
const mostSuccessors = 2;
/** They count until one shakes hands and those before it have ended: a flood in which we come too late makes no crowd. */
const successorMilliseconds = 60_000;
const endMilliseconds = 15_000;

export class Control {
  readonly #options: ControlOptions;
  #mapAt: number;
  #draining = false;
  #ended = false;
  #successors = 0;
  #successorAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isReady = false;
  readonly #warnedAt = new Map<EdgeCode, number>();

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#mapAt = Number.NEGATIVE_INFINITY;
  }

  /** Until `end`, or until it has drained. Never rejects. */
  async run(): Promise<void> {
    const { everyMilliseconds = 2_000 } = this.#options;
    while (!this.#ended) {
      await this.round();
      await delay(everyMilliseconds, undefined, { ref: false });
    }
  }

  /** One look at everything; answers whether the edge is ready. */
  async round(): Promise<boolean> {
    const { edge, now } = this.#options;
    await this.#renewMap();
    await this.#endLongRequests();
    // Until the task ends it answers what comes: only who is refused is still of interest.
    if (this.#draining) return false;
    const signs = this.#hsmSigns();
    const shakes = signs && (await this.#shakesHands());
    this.#warn();
    const leftOfMap = this.#mapAt + mapMilliseconds - now().getTime();
    const valid = edge.certificatesFrom <= now() && edge.certificatesUntil > now();
    const ready = shakes && leftOfMap > 0 && valid && !this.#draining;
    const ahead = ready ? Math.min(promisedMilliseconds, leftOfMap) : -1_000;
    // Untold, HAProxy holds to the last promise, which ends by itself.
    const told = await edge.setReadyUntil(new Date(now().getTime() + ahead)).then(
      () => true,
      () => false,
    );
    this.#isReady = ready && told;
    return this.#isReady;
  }

  /** As the last round found it. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Not ready at once; accepts for so long all the same, for the NLB goes on sending; then ends in time. */
  async drain(milliseconds: number): Promise<void> {
    const { edge, now, say } = this.#options;
    this.#draining = true;
    this.#isReady = false;
    say('EDGE_DRAINING');
    // Untold, the last promise ends by itself, well within the wait.
    await edge.setReadyUntil(new Date(now().getTime() - 1_000)).catch(() => {});
    await delay(milliseconds);
    this.#ended = true;
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
      if (!this.#ended) say('EDGE_MAP_STALE', { reason: (error as Error).message });
    }
  }

  /** Where HAProxy does not answer, the map is not renewed either, and that is said. */
  async #endLongRequests(): Promise<void> {
    const { edge, now } = this.#options;
    if (now().getTime() < this.#lookedAt + lookMilliseconds) return;
    this.#lookedAt = now().getTime();
    await edge.endLongRequests().catch(() => {});
  }

  #warn(): void {
    const { edge, now, say } = this.#options;
    const at = now().getTime();
    const warn = (code: EdgeCode, from: number, until: Date): void => {
      if (at < from || at < (this.#warnedAt.get(code) ?? 0) + warnedEveryMilliseconds) return;
      this.#warnedAt.set(code, at);
      say(code, { until: until.toISOString() });
    };
    const { listsFreshUntil, listsWarnFrom, certificatesUntil } = edge;
    warn('EDGE_LISTS_LATE', listsWarnFrom.getTime(), listsFreshUntil);
    const endsSoon = certificatesUntil.getTime() - certificateMarginMilliseconds;
    warn('EDGE_CERTIFICATE_ENDS', endsSoon, certificatesUntil);
  }

  #hsmSigns(): boolean {
    const { edge, say } = this.#options;
    try {
      edge.probeKeys();
      return true;
    } catch (first) {
      try {
        edge.reopenHsm();
        say('EDGE_HSM_REOPENED', { reason: (first as Error).message });
        return true;
      } catch (error) {
        say('EDGE_HSM_SILENT', { reason: (error as Error).message });
        return false;
      }
    }
  }

  async #shakesHands(): Promise<boolean> {
    const { edge, say, now } = this.#options;
    if (await this.#shaken()) {
      if (now().getTime() - this.#successorAt >= successorMilliseconds) this.#successors = 0;
      return true;
    }
    if (this.#successors >= mostSuccessors) return false;
    this.#successors++;
    this.#successorAt = now().getTime();
    try {
      await edge.replace();
    } catch (error) {
      say('EDGE_SESSION_LOST', { reason: (error as Error).message, successors: this.#successors });
      return false;
    }
    return this.#shaken();
  }

  async #shaken(): Promise<boolean> {
    const { shakeHands, say } = this.#options;
    try {
      await shakeHands();
      return true;
    } catch (error) {
      say('EDGE_SESSION_LOST', { reason: (error as Error).message, successors: this.#successors });
      return false;
    }
  }
}

function sameMembers(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

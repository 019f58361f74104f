// What is given to the edge changes while it runs: names and chains, the truststore, the key of the MAC. Each is asked
// for twice a minute and taken over by itself; what cannot be read or is refused leaves the last good one in force.

import { setTimeout as delay } from 'node:timers/promises';
import type { EdgeKey } from '../core/edge-identity.ts';
import { Refusal } from '../core/errors.ts';
import type { Edge } from './edge.ts';
import type { MacKeys } from './given/mac-key.ts';
import type { GivenNames } from './given/names.ts';
import type { TruststoreReader } from './given/truststore.ts';
import type { EdgeCode, SayEdge } from './log.ts';

export interface ChangesParts {
  readonly edge: Pick<Edge, 'setNames' | 'setTrust' | 'setMacKey'>;
  /** Undefined: those of `version` are the newest. */
  readonly names: (version: number) => Promise<GivenNames | undefined>;
  readonly trust: Pick<TruststoreReader, 'next'>;
  readonly macKeys: () => Promise<readonly EdgeKey[]>;
  readonly chosen: MacKeys;
  /** In force at the start. */
  readonly at: { readonly namesVersion: number; readonly macKeyId: string };
  readonly now: () => Date;
  readonly say: SayEdge;
  /** 30,000 by default: with the publisher's five minutes, a truststore arrives within six (B-042). */
  readonly everyMilliseconds?: number;
}

export class Changes {
  readonly #parts: ChangesParts;
  #namesVersion: number;
  #macKeyId: string;
  #ended = false;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
    [this.#namesVersion, this.#macKeyId] = [parts.at.namesVersion, parts.at.macKeyId];
  }

  /** Until `end`. Never rejects. */
  async run(): Promise<void> {
    const { everyMilliseconds = 30_000 } = this.#parts;
    while (!this.#ended) {
      await delay(everyMilliseconds, undefined, { ref: false });
      if (!this.#ended) await this.round();
    }
  }

  async round(): Promise<void> {
    await this.#tried('EDGE_MAC_UNREAD', () => this.#macKey());
    await this.#tried('EDGE_TRUST_REFUSED', () => this.#trust());
    await this.#tried('EDGE_NAMES_REFUSED', () => this.#names());
  }

  end(): void {
    this.#ended = true;
  }

  async #macKey(): Promise<void> {
    const { edge, macKeys, chosen, now, say } = this.#parts;
    const key = chosen.choose(await macKeys(), now());
    if (key.id === this.#macKeyId) return;
    await edge.setMacKey(key);
    this.#macKeyId = key.id;
    say('EDGE_MAC_CHANGED', { keyId: key.id });
  }

  async #trust(): Promise<void> {
    const { edge, trust, say } = this.#parts;
    const next = await trust.next();
    if (!next || next.version === 0) return;
    await edge.setTrust(next.trust);
    next.taken();
    say('EDGE_TRUST_CHANGED', { version: next.version });
  }

  async #names(): Promise<void> {
    const { edge, names, say } = this.#parts;
    const next = await names(this.#namesVersion);
    if (!next) return;
    await edge.setNames(next.names);
    this.#namesVersion = next.version;
    say('EDGE_NAMES_CHANGED', { version: next.version });
  }

  async #tried(code: EdgeCode, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { message, name } = error as Error;
      this.#parts.say(code, { reason: message, kind: error instanceof Refusal ? error.code : name });
    }
  }
}

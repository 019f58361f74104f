// With which key does the edge sign requests? With one that every authorizer knows: they read the secret again every
// 30 s, so that a new version is signed with only a minute after it was seen, and the one before until then.

import type { EdgeKey } from '../../core/edge-identity.ts';

/** Twice what an authorizer keeps a secret (adapters/secrets-manager/secrets.ts). */
export const adoptedAfterMilliseconds = 60_000;

export class MacKeys {
  readonly #seenAt = new Map<string, number>();

  /** @param keys those of the secret, newest first. */
  choose(keys: readonly EdgeKey[], now: Date): EdgeKey {
    const [newest, before] = keys;
    if (!newest) throw new Error("the edge's secret has no value");
    for (const { id } of keys) if (!this.#seenAt.has(id)) this.#seenAt.set(id, now.getTime());
    const age = now.getTime() - this.#seenAt.get(newest.id)!;
    // An edge that begins signs with the older one first: it cannot know since when the newer one is there.
    return before && age < adoptedAfterMilliseconds ? before : newest;
  }
}

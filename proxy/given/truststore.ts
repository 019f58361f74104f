// Which truststore may the edge take next? The newest that the node signed, never an older one than was in force, here
// or at any edge; each list by its hash; and only a pair of CAs and lists that was checked.

import type { KeyObject } from 'node:crypto';
import type { TruststoreShelf } from '../../adapters/s3/truststore.ts';
import type { Stage } from '../../core/certificate/anchors.ts';
import { openTruststore } from '../../core/truststore/manifest.ts';
import { type CheckedTrust, checkTrust } from '../trust.ts';

export interface TruststoreParts {
  readonly shelf: Pick<TruststoreShelf, 'manifest' | 'list'>;
  /** The least version that counts, by the node's table. */
  readonly least: () => Promise<number>;
  /** Public keys that may sign it, by key id. */
  readonly keys: () => Promise<ReadonlyMap<string, KeyObject>>;
  readonly stage: Stage;
  readonly now: () => Date;
}

export interface GivenTrust {
  readonly trust: CheckedTrust;
  /** 0: nothing was ever published. */
  readonly version: number;
}

export class TruststoreReader {
  readonly #parts: TruststoreParts;
  #etag: string | undefined;
  #version = 0;

  constructor(parts: TruststoreParts) {
    this.#parts = parts;
  }

  /**
   * Undefined: the one at hand is the newest. `taken` says that what was given is in force; untold, it is given again.
   * @throws Refusal; Transient
   */
  async next(): Promise<(GivenTrust & { taken(): void }) | undefined> {
    const { shelf, now } = this.#parts;
    const fetched = await shelf.manifest(this.#etag);
    if (fetched === 'UNCHANGED') return undefined;
    if (!fetched) return this.#nothing();
    const { version, authorities, lists } = await this.#open(fetched.file);
    const trust = checkTrust(
      { authorities, lists: await Promise.all(lists.map((sha256) => shelf.list(sha256))) },
      now(),
    );
    const taken = (): void => {
      [this.#etag, this.#version] = [fetched.etag, version];
    };
    return { trust, version, taken };
  }

  async #open(file: Uint8Array) {
    const { least, keys, stage } = this.#parts;
    const leastVersion = Math.max(await least(), this.#version);
    return openTruststore(file, { stage, keys: await keys(), leastVersion });
  }

  /** Before the first publication; afterwards a missing file is as good as an older one. */
  async #nothing() {
    if (this.#version > 0 || (await this.#parts.least()) > 0) {
      throw new Error('the manifest of the truststore is gone from the bucket');
    }
    return { trust: checkTrust({ authorities: [], lists: [] }, this.#parts.now()), version: 0, taken() {} };
  }
}

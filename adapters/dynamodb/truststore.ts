// Which version of the edge's truststore is the newest, and which list was kept for each source? One item, written by
// publish-truststore alone. A version is reserved before it is published and counts as least afterwards, so that two
// publishers never give two files one number, and an older file is refused by an edge that has just begun.

import type { Key } from './schema.ts';
import { absent, any, ConditionFailed, compare, equals, number, type Table } from './table.ts';

const truststoreKey: Key = { pk: 'TRUSTSTORE', sk: 'TRUSTSTORE' };

export interface KeptList {
  /** The sweep's word for the body it read last. */
  readonly heard: string | undefined;
  /** SHA-256 of what is kept. */
  readonly list: string;
}

export interface TruststoreRecord {
  /** Reserved, published or not; 0 before the first. */
  readonly version: number;
  /** Of the content in force; empty before the first. */
  readonly content: string;
  readonly kept: ReadonlyMap<string, KeptList>;
}

export interface TruststoreRecords {
  read(): Promise<TruststoreRecord>;
  /** False: somebody else took the number. */
  reserve(version: number): Promise<boolean>;
  settle(record: TruststoreRecord): Promise<void>;
}

export function truststoreRecords(table: Table): TruststoreRecords {
  return {
    async read() {
      const item = await table.get(truststoreKey);
      if (!item) return { version: 0, content: '', kept: new Map() };
      const kept = JSON.parse(String(item.kept ?? '[]')) as [string, KeptList][];
      return { version: number(item, 'version'), content: String(item.content ?? ''), kept: new Map(kept) };
    },
    async reserve(version) {
      const when = version === 1 ? absent() : equals('version', version - 1);
      try {
        await table.write({ update: truststoreKey, change: { set: { version } }, when });
        return true;
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
    },
    async settle({ version, content, kept }) {
      const set = { least: version, content, kept: JSON.stringify([...kept]) };
      const when = any(absent('least'), compare('least', '<=', version));
      await table.write({ update: truststoreKey, change: { set }, when }).catch((error: unknown) => {
        // A newer one was published meanwhile.
        if (!(error instanceof ConditionFailed)) throw error;
      });
    },
  };
}

/** The least version that an edge may take; 0 before the first. */
export async function leastTruststore(table: Pick<Table, 'get'>): Promise<number> {
  return Number((await table.get(truststoreKey))?.least ?? 0);
}

// Was this node bootstrapped, and how often? One sealed item: deleting it is found by the audit, not by a second
// "first" bootstrap without notice, because people who hold office are counted too.

import type { Bootstrap, Bootstraps } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import type { Table } from './table.ts';

const key = { pk: 'NODE', sk: 'BOOTSTRAP' };

export function bootstraps(table: Table, sealer: Sealer): Bootstraps {
  return {
    async bootstrap() {
      const item = await table.get(key);
      return item && (await openRecord<Bootstrap>(sealer, item, ['at']));
    },
  };
}

export function bootstrapWrite(
  sealer: Sealer,
  bootstrap: Bootstrap,
  proofs: readonly string[],
): Promise<SealedWrite> {
  return sealedWrite(sealer, key, bootstrap, proofs);
}

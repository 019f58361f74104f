// Which of the client certificates that the edge has seen does the node refuse by now? Asked of the node's own sealed
// statuses every few seconds; what the node has never heard of is let through, for the authorizer decides about it.

import { statusStore } from '../adapters/dynamodb/certificate.ts';
import { frozen } from '../adapters/dynamodb/parties.ts';
import type { Table } from '../adapters/dynamodb/table.ts';
import type { Thumbprint } from '../core/certificate/thumbprint.ts';
import { Refusal } from '../core/errors.ts';
import type { Sealer } from '../core/ports.ts';

export interface RefusedSource {
  /** Those of `seen` that are disabled, revoked or expired, or whose participant is suspended. */
  refusedAmong(seen: readonly Thumbprint[], now: Date): Promise<ReadonlySet<Thumbprint>>;
}

/** Asked about where nobody was seen yet: without an answer of the node, "nobody is refused" is not known. */
const nobody = 'A'.repeat(43) as Thumbprint;

export function nodeRefused(table: Table, sealer: Pick<Sealer, 'check'>): RefusedSource {
  const statuses = statusStore(table, sealer);

  async function isRefused(thumbprint: Thumbprint, now: Date): Promise<boolean> {
    try {
      const status = await statuses.status(thumbprint);
      if (!status) return false;
      if (status.networkStatus === 'disabled' || status.validity === 'revoked') return true;
      if (status.validity === 'expired' || now > status.notAfter) return true;
      if (status.powerUntil !== undefined && now > status.powerUntil) return true;
      return await frozen(table, sealer, status.participant);
    } catch (error) {
      // A status whose seal does not hold gives no right.
      if (error instanceof Refusal) return true;
      throw error;
    }
  }

  return {
    async refusedAmong(seen, now) {
      const refused = new Set<Thumbprint>();
      if (seen.length === 0) await isRefused(nobody, now);
      for (let at = 0; at < seen.length; at += 16) {
        const some = seen.slice(at, at + 16);
        const answers = await Promise.all(some.map((one) => isRefused(one, now)));
        for (const [index, one] of some.entries()) if (answers[index]) refused.add(one);
      }
      return refused;
    },
  };
}

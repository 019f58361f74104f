// Wires list-due-sources, the first task of the revocation sweep: ids of the sources whose next attempt is due.

import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { revocationPolicy } from '../../core/policy.ts';

const parts = nodeParts('list-due-sources', { seals: false, queueUrls: {} });
const sources = sweptSources(parts.table);

export async function handler(): Promise<{
  readonly outcome: 'DUE' | 'NOTHING_DUE';
  readonly sources: readonly string[];
}> {
  await parts.clock.tune();
  const due = await sources.due(parts.clock.now(), revocationPolicy.sweptAtOnce);
  return { outcome: due.length > 0 ? 'DUE' : 'NOTHING_DUE', sources: due };
}

// Which leafs speak for all that stand below the same certificates? A few, because the path of one may no longer hold.

import { revocationPolicy } from '../policy.ts';
import type { Dependant, SweptRow, SweptSources } from './ports.ts';

/** `members`: rows below the same issuers. At most `many` leafs; none where no leaf is left below them. */
export async function representatives(
  sources: Pick<SweptSources, 'rows' | 'dependants'>,
  members: readonly SweptRow[],
  many: number = revocationPolicy.representatives,
): Promise<readonly Dependant[]> {
  const leafs = await sources.dependants(members.filter(({ leaf }) => leaf).slice(0, many));
  const [first] = members;
  if (leafs.length > 0 || first?.under === undefined) return leafs;
  for await (const page of sources.rows(first.under, { issuers: first.issuers, pageOf: many })) {
    const found = await sources.dependants(page);
    if (found.length > 0) return found;
  }
  return [];
}

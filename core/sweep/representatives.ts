// Which leafs speak for all that stand below the same certificates? A few, because the path of one may no longer hold.

import { revocationPolicy } from '../policy.ts';
import type { Dependant, SweptRow, SweptSources } from './ports.ts';

/** `members`: rows below the same issuers. Empty where no leaf is left below them. */
export async function representatives(
  sources: Pick<SweptSources, 'rows' | 'dependants'>,
  members: readonly SweptRow[],
): Promise<readonly Dependant[]> {
  const some = (rows: readonly SweptRow[]) =>
    sources.dependants(rows.slice(0, revocationPolicy.representatives));
  const leafs = await some(members.filter(({ leaf }) => leaf));
  const [first] = members;
  if (leafs.length > 0 || first?.under === undefined) return leafs;
  for await (const page of sources.rows(first.under, first.issuers)) {
    const found = await some(page);
    if (found.length > 0) return found;
  }
  return [];
}

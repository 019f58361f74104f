// Is what happened here on record, and was the record signed lately? The chains as the table holds them. Whether they
// are whole only an audit tells (apodera evidence audit): it reads every link, and does not trust this node.

import type { LastHead } from '../../core/evidence/ports.ts';
import type { Sight } from '../../core/people/sight.ts';
import type { ConsolePorts } from './console-ports.ts';
import { partiesInSight } from './participants.ts';

export interface ChainRow {
  /** A participant's fin_id, or a name of the node's own. */
  readonly scope: string;
  readonly name?: string;
  readonly records: number;
  /** Not chained yet. */
  readonly waiting: number;
  readonly since?: Date;
}

export interface EvidenceShown {
  readonly chains: readonly ChainRow[];
  readonly lastHead?: LastHead;
}

/** For those who see the node; what waits longest comes first. */
export async function evidenceInSight(ports: ConsolePorts, sight: Sight): Promise<EvidenceShown | undefined> {
  if (sight.of !== 'node') return undefined;
  const [heads, waiting, lastHead, parties] = await Promise.all([
    ports.evidence.heads(),
    ports.evidence.waiting(),
    ports.evidence.lastHead(),
    partiesInSight(ports, sight),
  ]);
  const names = new Map(parties.map(({ finId, name }) => [finId, name]));
  const unchained = new Map(waiting.map((each) => [each.scope, each]));
  const scopes = [...new Set([...heads.keys(), ...unchained.keys()])].sort();
  const chains = scopes.map((scope): ChainRow => {
    const name = names.get(scope);
    const waits = unchained.get(scope);
    return {
      scope,
      ...(name && { name }),
      records: heads.get(scope)?.seq ?? 0,
      waiting: waits?.count ?? 0,
      ...(waits && { since: waits.since }),
    };
  });
  const at = ({ since }: ChainRow) => since?.getTime() ?? Number.POSITIVE_INFINITY;
  return { chains: chains.sort((a, b) => at(a) - at(b)), ...(lastHead && { lastHead }) };
}

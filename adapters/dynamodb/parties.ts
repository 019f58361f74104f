// Where do participants, payout operators and networks stand? One sealed profile each, and an index of all.

import type { Party } from '../../core/people/party.ts';
import type { Parties } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import { isFrozen, suspensionKey } from './suspensions.ts';
import { type Key, queryAll, type Table } from './table.ts';

export const partyKey = (finId: string): Key => ({ pk: `PART#${finId}`, sk: 'PROFILE' });

/** Of another node, and of nobody that is known here: only what stands. @throws Refusal SEAL_BROKEN */
export async function frozen(table: Table, sealer: Pick<Sealer, 'check'>, finId: string): Promise<boolean> {
  const [profile, flag] = await Promise.all([table.get(partyKey(finId)), table.get(suspensionKey(finId))]);
  const isParticipant = profile && (await openRecord<Party>(sealer, profile, [])).kind === 'participant';
  return isParticipant ? isFrozen(sealer, finId, flag) : flag !== undefined && flag.state !== 'none';
}

export function parties(table: Table, sealer: Sealer): Parties {
  return {
    frozen: (finId) => frozen(table, sealer, finId),
    async party(finId) {
      const item = await table.get(partyKey(finId));
      return item && (await openRecord<Party>(sealer, item, []));
    },
    async parties() {
      const found: Party[] = [];
      for await (const item of queryAll(table, { hash: 'PARTIES', index: 'GSI1' }))
        found.push(await openRecord<Party>(sealer, item, []));
      return found;
    },
  };
}

export function partyWrite(sealer: Sealer, party: Party, proofs: readonly string[]): Promise<SealedWrite> {
  const beside = { gsi1pk: 'PARTIES', gsi1sk: `${party.kind}#${party.finId}` };
  return sealedWrite(sealer, partyKey(party.finId), party, proofs, beside);
}

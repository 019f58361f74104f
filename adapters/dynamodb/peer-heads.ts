// Which heads of its peers does this node hold? The newest of each in an item of its own, every one of them in evidence.

import { type Peer, peerHeadRecord } from '../../core/evidence/peer-heads.ts';
import type { LastHead } from '../../core/evidence/ports.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { Log } from '../logger.ts';
import { evidencePut } from './evidence.ts';
import { absent, any, ConditionFailed, compare, type Table } from './table.ts';

export interface PeerHeads {
  /** Never throws: what could not be kept now comes again with the next message. */
  hold(peer: Peer, head: LastHead): Promise<void>;
}

export function peerHeads(parts: {
  readonly table: Table;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): PeerHeads {
  const { table, clock, ids, log } = parts;

  async function keep(peer: Peer, { number, hash }: LastHead): Promise<void> {
    const key = { pk: `PEERHEAD#${peer.finId}`, sk: 'HEAD' };
    const known = await table.get(key);
    const evidence = evidencePut(peerHeadRecord(ids.next(), peer, { number, hash }, clock.now()));
    if (known?.number === number && known.hash !== hash) {
      // One number, two heads: the peer's evidence was signed twice over. Both are kept.
      log.say('EVIDENCE_BROKEN', { kind: 'peerHead', payoutOperator: peer.finId, count: number });
      await table.transact([evidence]);
    } else if (!known || Number(known.number) < number) {
      const when = any(absent(), compare('number', '<', number));
      await table.transact([{ put: { ...key, number, hash }, when }, evidence]);
    }
  }

  return {
    async hold(peer, head) {
      try {
        await keep(peer, head);
      } catch (error) {
        if (error instanceof ConditionFailed) return;
        log.say('FAULT', { kind: 'peerHead', error: (error as Error).name });
      }
    },
  };
}

// D-p99: how long after the answer to a disable is a message signed with that certificate still taken (M4)? Two processes
// of the network over a real engine, the one that takes payouts warm and with all its caches full; the edge and the
// gateway, which hold nothing back, are not in it.

import { disableStand } from '../test/support/disable.ts';
import { startDynamoDb } from '../test/support/dynamodb.ts';
import { codesOf, now, payoutWorld, swept } from '../test/support/payouts.ts';
import type { Figure } from './figure.ts';

const aim = 2_000;

export interface DisableRun {
  /** Milliseconds from the answer to the refusal, each. */
  readonly refusedAfter: readonly number[];
  /** Messages that were taken after the answer. */
  readonly taken: number;
}

export async function disableRun(runs: number): Promise<DisableRun> {
  const engine = await startDynamoDb();
  try {
    const table = await engine.table();
    const stand = disableStand('network', table);
    const { sealer, clock, root } = stand;
    clock.set(now);
    const over = { table, sealer, clock, root };
    // It holds the debtor's profile and settings; its own certificate goes on and is the last one left.
    const payouts = await payoutWorld({ ...over, leaf: stand.leaf('bench last') });
    const { sk: _, pk, ...source } = swept(clock.now());
    const sources = [pk.slice('SRC#'.length)];
    await table.write({ put: { pk, sk: 'SOURCE', ...source } });
    const refusedAfter: number[] = [];
    let taken = 0;
    for (let run = 0; run < runs; run++) {
      const leaf = await stand.active(stand.leaf('bench disabled'), { sources, keyThumbprint: `K${run}` });
      const pay = async (id: string) => {
        const message = { creationDate: clock.now(), payouts: [{ id: `${run}-${id}`, amount: '1' }] };
        return codesOf(await payouts.send(message, leaf)).join();
      };
      const before = await pay('before');
      if (before !== 'RECORDED') throw new Error(`the payout before the disable: ${before}`);
      await stand.disable({ thumbprint: leaf.thumbprint }, { by: leaf });
      const answered = performance.now();
      for (let more = 0; (await pay(`after-${more}`)) !== 'CERTIFICATE_NOT_ACTIVE'; more++) taken++;
      refusedAfter.push(performance.now() - answered);
    }
    return { refusedAfter, taken };
  } finally {
    await engine.stop();
  }
}

export async function disableFigures(runs = 200): Promise<readonly Figure[]> {
  const { refusedAfter, taken } = await disableRun(runs);
  const p99 = [...refusedAfter].sort((a, b) => a - b)[Math.ceil(0.99 * runs) - 1]!;
  const reference = `${runs} disables over a real engine`;
  return [
    {
      id: 'D-p99',
      what: 'from the answer to a disable to the refusal of the next message, 99th percentile',
      value: p99,
      reference,
      aim,
      holds: p99 <= aim,
      unit: 'ms',
    },
    {
      id: 'D-taken',
      what: 'messages taken after the answer',
      value: taken,
      reference,
      aim: 0,
      holds: taken === 0,
      unit: 'count',
    },
  ];
}

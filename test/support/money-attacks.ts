// What attacks on money are made of: words between nodes that a test signs in whose name it likes.

import { signPssDigest } from '../../adapters/memory/signer.ts';
import { signDetached } from '../../core/message/jws.ts';
import { nodeMessageBytes } from '../../core/message/outgoing.ts';
import type { Nodes } from './payout-bank.ts';
import { bank, debtor, now, otherBank } from './payouts.ts';

export const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const institution = (finId: string) => ({ finId, finIdSchema: 'SHINKANSEN' });

/** A message between nodes, signed by whom it says it is from. */
export async function said(
  nodes: Nodes,
  from: string,
  to: string,
  action: string,
  parameters: object,
  by = from,
) {
  const body = nodeMessageBytes(
    { id: `attack-${Math.random()}`, createdAt: nodes.net.clock.now() },
    { sender: institution(from), receiver: institution(to), action, parameters: parameters as never },
  );
  const key = nodes.keys[by]!;
  const signature = await signDetached(body, key.der, {
    sign: async (digest) => signPssDigest(key.key, digest),
  });
  const node = { [bank]: nodes.operator, [otherBank]: nodes.otherOperator }[to] ?? nodes.network;
  const answer = await node.take(from, signature, body);
  const { code } = JSON.parse(Buffer.from(answer.body).toString()) as { code?: string };
  return { status: answer.status, code };
}

export async function forwardOf(
  nodes: Nodes,
  messageId: string,
  ids: readonly string[],
  change: object = {},
) {
  const recorded = await nodes.network.ports.moves.original(debtor, messageId);
  const transactions = await Promise.all(
    ids.map(async (id) => ({
      transaction_id: id,
      shinkansen_transaction_id: (await nodes.network.ports.moves.find(debtor, id))?.networkTransactionId,
    })),
  );
  return {
    message: Buffer.from(recorded!.original.bytes).toString('base64'),
    signature: recorded!.original.signature,
    payout_operator: bank,
    transactions,
    not_after: hours(24).toISOString(),
    ...change,
  };
}

// What attacks on money start from: a network, a payout operator and its bank, and words between nodes that a test signs
// in whose name it likes.

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { signDetached } from '../../core/message/jws.ts';
import { nodeMessageBytes } from '../../core/message/outgoing.ts';
import { type RunningBank, startBank } from '../../local/bank/serve.ts';
import { payoutNodes } from './payout-nodes.ts';
import { bank, debtor, now, otherBank } from './payouts.ts';

export type Nodes = Awaited<ReturnType<typeof payoutNodes>>;

/** For a test file: one bank, with the debtor's account and somebody else's, as new before each test. */
export function payoutBank() {
  let running: RunningBank;
  beforeAll(async () => {
    running = await startBank();
  });
  afterAll(() => running.stop());
  beforeEach(() => {
    running.bank.mode = 'ok';
    running.bank.payments.length = 0;
    const account = { currency: 'CLP', balanceMinor: 100_000_000n, holder: 'x' };
    running.bank.accounts.set('4242424242', { ...account, number: '4242424242', taxId: '76111111-6' });
    running.bank.accounts.set('99', { ...account, number: '99', taxId: '11111111-1' });
  });
  return {
    running: {
      get bank() {
        return running.bank;
      },
    },
    start: () => payoutNodes({ bankUrl: running.url }),
  };
}

/** At the network and at the payout operator. */
export const states = async (nodes: Nodes, id: string) => [
  (await nodes.network.ports.moves.find(debtor, id))?.state,
  (await nodes.operator.ports.moves.find(debtor, id))?.state,
];

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
  return JSON.parse(Buffer.from(answer.body).toString()) as { code?: string };
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

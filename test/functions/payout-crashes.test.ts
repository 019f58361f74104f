import { expect, test } from 'vitest';
import { atEveryAwait, type DoomedProcess } from '../support/crash.ts';
import { type Nodes, payoutBank, states } from '../support/payout-bank.ts';
import { payoutMessage } from '../support/payouts.ts';

// From the participant's message to its webhook every process may die: at any call of a table, of the bank's core, or of
// another node. The participant sends again what was not answered, and time passes; money moves once.

const { running, start } = payoutBank();

/** Every call of a node to its table, and of the operator to its core, is a place to die. */
function doom(nodes: Nodes, doomed: DoomedProcess): () => void {
  const ports = [nodes.net.table, nodes.op.table, nodes.operator.ports.executor];
  const honest = ports.map((port) => ({ ...port }));
  for (const [at, port] of ports.entries()) Object.assign(port, doomed.wrap({ ...honest[at]! }));
  return () => {
    for (const [at, port] of ports.entries()) Object.assign(port, honest[at]);
  };
}

test.each(['unknown', 'error'] as const)(
  'a payout whose processes die at any await moves money once, or not at all: a core that answers "%s"',
  async (mode) => {
    const places = await atEveryAwait(async (doomed) => {
      running.bank.payments.length = 0;
      running.bank.mode = mode;
      const nodes = await start();
      const body = payoutMessage({ messageId: 'm', payouts: [{ id: 't' }] });
      const revive = doom(nodes, doomed);
      const ended = await doomed.run(async () => {
        await nodes.net.send(body);
        await nodes.run();
      });
      revive();
      expect(['RECORDED', 'KNOWN']).toContain((await nodes.net.send(body)).outcome);
      for (let round = 0; round < 4; round++) {
        nodes.advance(600);
        await nodes.network.sweep();
        await nodes.operator.sweep();
        await nodes.run();
      }
      const end = mode === 'error' ? 'error' : 'ok';
      expect(await states(nodes, 't')).toEqual([end, end]);
      expect(running.bank.payments).toHaveLength(1);
      for (const node of ['net', 'op'] as const) {
        const counters = [...nodes[node].items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
        expect(counters.map(({ spent }) => Number(spent))).toEqual(
          Array(3).fill(mode === 'error' ? 0 : 1000),
        );
      }
      const told = nodes.webhook.received.map((one) => Buffer.from(one.body).toString());
      expect(new Set(told).size).toBe(1);
      return ended;
    });
    expect(places).toBeGreaterThan(60);
  },
  120_000,
);

import { expect, test } from 'vitest';
import { readConfig } from '../../adapters/config.ts';
import { bankCore } from '../../adapters/payout-delivery-parts.ts';
import { serve } from '../support/http-server.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { debtor } from '../support/payouts.ts';

// The bank's core over HTTP as a payout operator's deployment names and describes it (docs/payout.md#the-banks-core).

/** A core that has never seen any order: it hangs up at its first `silent` questions, and on the first order if that is `lost`. */
async function forgetfulCore({ silent = 0, lost = true } = {}) {
  const orders: string[] = [];
  let unanswered = silent;
  const answers = (payment: string) => JSON.stringify({ status: 'ok', reference: payment });
  const server = await serve((request, response) => {
    const [, noun, name] = (request.url ?? '').split('/');
    const key = String(request.headers['idempotency-key']);
    if (noun === 'accounts' && name !== 'resolve')
      response.end(JSON.stringify({ holder_tax_id: '76111111-6' }));
    else if (noun === 'payments' && request.method === 'GET' && unanswered-- > 0) response.destroy();
    else if (request.method === 'GET' || noun === 'accounts')
      response.writeHead(404).end('{"status":"never_seen"}');
    else if (orders.push(key) > (lost ? 1 : 0)) response.end(answers(key));
    else response.destroy();
  });
  const questions = () =>
    server.asked.filter(({ method, url }) => method === 'GET' && url.startsWith('/pay'));
  return { url: server.at(), orders, questions };
}

const described = (url: string, more: object = {}) =>
  bankCore(readConfig(['executorUrl', 'executorIdempotent'], { EXECUTOR_URL: url, ...more }));

/** One payout, and hours in which it is tried again. */
async function paidThrough(executor: ReturnType<typeof described>) {
  const nodes = await payoutNodes({ bankUrl: 'http://none', executor });
  await nodes.net.send({ payouts: [{ id: 't-1' }] });
  await nodes.run();
  for (const seconds of [120, 7200]) {
    nodes.advance(seconds);
    await nodes.operator.sweep();
    await nodes.run();
  }
  return nodes;
}

test('a core that nobody declared idempotent and whose answer got lost is asked by the key, and never sent the order again', async () => {
  const core = await forgetfulCore();
  const nodes = await paidThrough(described(core.url));
  expect(core.orders).toEqual([`${debtor}~t-1`]);
  // Before the order, and after it.
  expect(core.questions().map(({ url }) => url)).toEqual(Array(2).fill(`/payments/${debtor}~t-1`));
  expect((await nodes.operator.ports.moves.find(debtor, 't-1'))?.state).toBe('executing');
  expect((await nodes.network.ports.moves.find(debtor, 't-1'))?.state).toBe('pending');
  expect(JSON.stringify(nodes.operator.log.lines)).toContain('PAYMENT_NEVER_SEEN');
});

test('a core that cannot be asked is asked again later: nothing was ordered, nobody has to decide', async () => {
  const core = await forgetfulCore({ silent: 1, lost: false });
  const nodes = await paidThrough(described(core.url));
  expect(core.orders).toEqual([`${debtor}~t-1`]);
  expect((await nodes.network.ports.moves.find(debtor, 't-1'))?.state).toBe('ok');
  expect(JSON.stringify(nodes.operator.log.lines)).not.toContain('PAYMENT_NEVER_SEEN');
});

test('a core that is declared idempotent is sent under the same key what it says it never saw', async () => {
  const core = await forgetfulCore();
  const nodes = await paidThrough(described(core.url, { EXECUTOR_IDEMPOTENT: 'yes' }));
  expect(core.orders).toEqual([`${debtor}~t-1`, `${debtor}~t-1`]);
  expect(core.questions()).toHaveLength(1);
  expect((await nodes.network.ports.moves.find(debtor, 't-1'))?.state).toBe('ok');
});

test.each(['true', 'YES', '1'])('refuses to start on "%s" as a promise of idempotency', (word) => {
  expect(() => described('http://core', { EXECUTOR_IDEMPOTENT: word })).toThrow(/EXECUTOR_IDEMPOTENT/);
});

import { expect, test } from 'vitest';
import { httpExecutor } from '../../adapters/executor/http.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { Transient } from '../../core/errors.ts';
import { serve } from '../support/http-server.ts';

// What the bank's core calls a payment is its own affair: whatever it says beside `ok`, the payout must be written down.

async function foundBy(said: object) {
  const core = await serve((_request, response) => response.end(JSON.stringify(said)));
  return httpExecutor({ url: core.at(), idempotent: true }).find('FINTECH_CL~t-1');
}

test.each([
  ['cut within a letter of two halves', `${'r'.repeat(63)}💸`],
  ['half a letter', '\ud83d'],
  ['no text', { deep: [1] }],
  ['nothing that could be made one', { toString: 1 }],
  ['nothing', null],
])('S6 a reference that is %s has a form in evidence', async (_, reference) => {
  const found = await foundBy({ status: 'ok', reference });
  expect(found.outcome).toBe('OK');
  expect(() => canonicalJson(found as never)).not.toThrow();
});

test('the core’s words are cut to what travels, whole letters only', async () => {
  const found = await foundBy({
    status: 'error',
    code: 'error_no_funds',
    message: `${'m'.repeat(499)}💸`,
  });
  expect(found).toMatchObject({ outcome: 'ERROR', status: 'error_no_funds' });
  expect((found as { message: string }).message.isWellFormed()).toBe(true);
});

/** Each request as the test wants it answered. */
async function coreThat(answer: Parameters<typeof serve>[0], timeout?: number) {
  const core = await serve(answer);
  return httpExecutor({ url: core.at(), idempotent: false, ...(timeout !== undefined && { timeout }) });
}

const order = {
  key: 'FINTECH_CL~t-1',
  money: { currency: 'CLP', amountMinor: 1n },
  debtorAccount: '1',
  creditor: {},
  description: '',
} as const;

test('a core that says that it never saw a key has never seen it', async () => {
  const core = await coreThat((_, response) => response.writeHead(404).end('{"status":"never_seen"}'));
  expect(await core.find(order.key)).toEqual({ outcome: 'NEVER_SEEN' });
});

test.each([
  ['a proxy’s 404', 404, '{"message":"no Route matched with those values"}'],
  ['an empty object', 404, '{}'],
  ['a page', 404, '<h1>Not Found</h1>'],
  ['a list', 404, '["never_seen"]'],
  ['a broken gateway', 502, '{"status":"never_seen"}'],
])('S6 %s says nothing of a payment: it is asked again', async (_, status, body) => {
  const core = await coreThat((_request, response) => response.writeHead(status).end(body));
  await expect(core.find(order.key)).rejects.toBeInstanceOf(Transient);
  expect(await core.pay(order)).toEqual({ outcome: 'UNKNOWN' });
});

test('silence is not known yet', async () => {
  const core = await coreThat(() => {}, 50);
  expect(await core.pay(order)).toEqual({ outcome: 'UNKNOWN' });
  await expect(core.find(order.key)).rejects.toBeInstanceOf(Transient);
});

import { expect, test } from 'vitest';
import { httpExecutor } from '../../adapters/executor/http.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startBank } from '../../local/bank/serve.ts';

const account = { number: '1', holder: 'A', taxId: '1-9', currency: 'CLP', balanceMinor: 100n };

test('the bank remembers over a restart what it paid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-bank-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'new', 'bank.json');
  const first = await startBank([account], { file });
  const order = { debtor_account: '1', creditor: { account: '2' }, currency: 'CLP', amount: '30' };
  const headers = { 'idempotency-key': 'k' };
  const paid = await fetch(`${first.url}/payments`, { method: 'POST', headers, body: JSON.stringify(order) });
  expect(await paid.json()).toMatchObject({ reference: 'k', status: 'ok' });
  await first.stop();
  const second = await startBank([account], { file });
  onTestFinished(second.stop);
  const answer = async (path: string) => (await fetch(second.url + path)).json();
  expect(await answer('/payments/k')).toMatchObject({ reference: 'k', status: 'ok' });
  expect(await answer('/accounts/1')).toMatchObject({ balance_minor: '70' });
});

import { expect, test } from 'vitest';
import { counterKey, debitWrite } from '../../../adapters/dynamodb/payout-items.ts';
import { creditorKeys } from '../../../core/payout/creditor.ts';
import { debitsOf } from '../../../core/payout/limits.ts';

const limits = { CLP: { day: 1_000n, creditor: 100n } };
const debits = (id: string, account: string) =>
  debitsOf(
    [
      {
        money: { currency: 'CLP', amountMinor: 1n },
        creditor: creditorKeys(
          {
            identification: { id_schema: 'CLID', id },
            financial_institution: { fin_id: 'BANCO' },
            account,
          },
          'CLP',
        ),
      },
    ],
    limits,
    '2026-06-01',
  );

test('no item of a counter shows whom it counts', () => {
  const writes = debits('12345678-5', '4242').map((debit) => debitWrite('P', debit));
  const text = JSON.stringify(writes, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  expect(text).not.toMatch(/12345678|4242/);
});

test('each whom and kind has a counter of its own, the same one each time', () => {
  const keys = [...debits('12345678-5', '4242'), ...debits('8765432-1', '4243')].map(
    (debit) => counterKey('P', debit).pk,
  );
  // The day's is both messages'.
  expect(new Set(keys).size).toBe(5);
  expect(counterKey('P', debits('12345678-5', '4242')[1]!).pk).toBe(keys[1]);
});

// The simulated bank as its clerk sees it: balances and payments.

import type { Bank } from './bank.ts';

const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
const row = (...cells: readonly string[]) =>
  `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
const table = (title: string, heads: readonly string[], rows: readonly string[]) =>
  `<h2>${title}</h2><table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.join('')}</table>`;

export function bankPage({ accounts, payments, mode }: Bank): string {
  const accountRows = [...accounts.values()].map(({ number, holder, taxId, currency, balanceMinor }) =>
    row(number, holder, taxId, currency, String(balanceMinor)),
  );
  const paymentRows = payments.map((one) =>
    row(one.key, one.debtorAccount, one.creditorAccount, one.currency, String(one.amountMinor), one.status),
  );
  const style = 'body{font:16px system-ui;margin:2rem}td,th{padding:.2rem 1rem;text-align:left}';
  return `<!doctype html><html lang="en"><title>Simulated bank</title><style>${style}</style>
<h1>Simulated bank</h1><p>Behaviour: ${mode}. Amounts are in the smallest unit.</p>
${table('Accounts', ['Account', 'Holder', 'Tax id', 'Currency', 'Balance'], accountRows)}
${table('Payments', ['Key', 'From', 'To', 'Currency', 'Amount', 'State'], paymentRows)}</html>`;
}

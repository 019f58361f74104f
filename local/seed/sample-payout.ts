// What does a newcomer send first? A message of one payout from the first participant's account at the simulated bank.
// Who signs it, and with what, the newcomer says.

import { randomUUID } from 'node:crypto';
import { accounts, nodeIdentities, participants } from './cast.ts';

/** The body to sign and send; its message is as old as `now`. */
export function samplePayout(now: Date): { readonly transactionId: string; readonly body: string } {
  const participant = participants[0]!;
  const account = accounts.find((one) => one.taxId === participant.taxId)!;
  const { finId, finIdSchema } = nodeIdentities.network;
  const institution = { fin_id: nodeIdentities.operator.finId, fin_id_schema: 'SHINKANSEN' };
  const transactionId = randomUUID();
  const document = {
    header: {
      sender: { fin_id: participant.finId, fin_id_schema: 'SHINKANSEN' },
      receiver: { fin_id: finId, fin_id_schema: finIdSchema },
      message_id: randomUUID(),
      creation_date: now.toISOString(),
    },
    transactions: [
      {
        transaction_type: 'payout',
        transaction_id: transactionId,
        currency: account.currency,
        amount: '1500',
        description: 'Primer pago',
        execution_date: now.toISOString(),
        debtor: {
          name: participant.name,
          identification: { id_schema: 'CLID', id: participant.taxId },
          financial_institution: institution,
          account: account.number,
          account_type: 'current_account',
          email: participant.people.find(({ office }) => office === 'apoderado')!.email,
        },
        creditor: {
          name: 'Proveedor Ficticio',
          identification: { id_schema: 'CLID', id: '22222222-2' },
          financial_institution: institution,
          account: '777',
          account_type: 'current_account',
          email: 'cobros@proveedor.example',
        },
      },
    ],
  };
  return { transactionId, body: `${JSON.stringify({ document }, undefined, 2)}\n` };
}

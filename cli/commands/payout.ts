// Money leaves here: sign a file of payouts exactly as it lies there, send it, and read what became of it.

import { readFileSync } from 'node:fs';
import { readChain } from '../../core/certificate/chain-file.ts';
import { signDetached } from '../../core/message/jws.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { privateKeyOptions, withPrivateKey } from '../keys/private-key.ts';
import { apiOptions, NodeRefusal, nodeApi } from '../node-api.ts';
import { columns } from '../style.ts';

const noun: Noun = {
  summary: 'Send signed payouts and read what became of them.',
  verbs: {
    send: {
      summary: 'sign a message of payouts and send it, byte for byte',
      positionals: [{ name: 'file', help: 'the JSON message, signed and sent as it is' }],
      options: {
        certificate: {
          type: 'string',
          value: '<file>',
          required: true,
          help: 'your active certificate in PEM, issuers may follow',
        },
        ...privateKeyOptions,
        ...apiOptions,
      },
      notes: 'A message that was recorded before is done too: its ids are the ones of the first time.',
      run: send,
    },
    show: {
      summary: 'show one payout',
      positionals: [{ name: 'payout', help: "your transaction_id, or the network's" }],
      options: apiOptions,
      run: show,
    },
  },
};
export default noun;

interface Line {
  readonly transaction_id: string;
  readonly shinkansen_transaction_id: string;
}

async function send(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const body = readFileSync(call.argument(0));
  const [certificate] = readChain(readFileSync(call.required('certificate')));
  const signature = await withPrivateKey(call, (key) => signDetached(body, certificate!, key));
  const answer = await api.post('/v1/messages/payouts', body, signature).catch(known);
  const lines = answer.transactions as readonly Line[];
  const rows = lines.map((line): [string, string] => [line.transaction_id, line.shinkansen_transaction_id]);
  return { json: answer, text: columns(rows) };
}

/** 409 repeats the first answer: for the caller it is the answer. */
function known(error: unknown): Record<string, unknown> {
  if (error instanceof NodeRefusal && 'transactions' in error.problem)
    return error.problem as Record<string, unknown>;
  throw error;
}

async function show(call: Call): Promise<Outcome> {
  const answer = await nodeApi(call).get(`/v1/payouts/${encodeURIComponent(call.argument(0))}`);
  const response = answer.response as { response_status: string; response_message: string } | undefined;
  const rows: [string, string][] = [
    ['payout', `${answer.transaction_id}  ${answer.shinkansen_transaction_id}`],
    ['state', String(answer.status)],
    ['amount', `${answer.amount} ${answer.currency}`],
    ['payout operator', String(answer.payout_operator)],
  ];
  if (response) rows.push(['response', `${response.response_status} ${response.response_message}`.trim()]);
  const exitCode =
    answer.status === 'ok'
      ? exitCodes.DONE
      : answer.status === 'error'
        ? exitCodes.REFUSED
        : exitCodes.PENDING;
  return { json: answer, text: columns(rows), exitCode };
}

// Money leaves here: sign a file of payouts exactly as it lies there, send it, and read what became of it.

import { readFileSync } from 'node:fs';
import type { Call, Noun, Outcome } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeNew } from '../keys/key-file.ts';
import { signatureBy, signatureOptions } from '../keys/private-key.ts';
import { apiOptions, NodeRefusal, nodeApi } from '../node-api.ts';
import { columns, printable } from '../style.ts';

const noun: Noun = {
  summary: 'Send signed payouts and read what became of them.',
  verbs: {
    send: {
      summary: 'sign a message of payouts and send it, byte for byte',
      positionals: [{ name: 'file', help: 'the JSON message, signed and sent as it is' }],
      options: {
        ...signatureOptions,
        ...apiOptions,
      },
      notes: 'A message that was recorded before is done too: its ids are the ones of the first time.',
      run: send,
    },
    export: {
      summary: 'list all payouts of one day, for reconciliation',
      options: {
        day: {
          type: 'string',
          value: '<YYYY-MM-DD>',
          required: true,
          help: 'in your time zone, as limits count it',
        },
        status: { type: 'string', value: 'pending|ok|error', help: 'only those' },
        ...apiOptions,
      },
      notes:
        'CSV on standard output, oldest first, with a header line; --json gives the same as JSON, with sums.\n' +
        'A day can change while payouts of it are pending: reconcile when none is.',
      run: exportDay,
    },
    show: {
      summary: 'show one payout',
      positionals: [{ name: 'payout', help: "your transaction_id, or the network's" }],
      options: {
        answer: {
          type: 'string',
          value: '<file>',
          help: "write the payout operator's answer there, and its signature beside it, as <file>.jws",
        },
        ...apiOptions,
      },
      notes:
        'To check that answer: apodera message verify <file> --signature <file>.jws, with its --certificate.',
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
  const signature = await signatureBy(call, call.required('certificate'), body);
  const { answer, before } = await api
    .post('/v1/messages/payouts', body, signature)
    .then((first) => ({ answer: first, before: false }), known);
  const lines = answer.transactions as readonly Line[];
  const rows = lines.map((line): [string, string] => [line.transaction_id, line.shinkansen_transaction_id]);
  const what = before
    ? 'already recorded: nothing was sent twice, these are the ids of the first time'
    : 'recorded: the payout operator is asked to pay';
  const next = `To see what became of it: apodera payout show ${lines[0]?.transaction_id ?? '<transaction_id>'}`;
  const named: [string, string] = ['your transaction_id', "the network's"];
  return { json: answer, text: [what, columns([named, ...rows]), '', next].join('\n') };
}

/** 409 repeats the first answer: for the caller it is the answer. */
function known(error: unknown) {
  if (error instanceof NodeRefusal && 'transactions' in error.problem)
    return { answer: error.problem as Record<string, unknown>, before: true };
  throw error;
}

const columnsOfDay = [
  'shinkansen_transaction_id',
  'transaction_id',
  'message_id',
  'created_at',
  'payout_operator',
  'currency',
  'amount',
  'status',
] as const;
type Payout = Readonly<Record<(typeof columnsOfDay)[number], string>>;

async function exportDay(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const day = call.required('day');
  const status = call.text('status');
  const payouts: Payout[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      day,
      limit: '100',
      ...(status && { status }),
      ...(cursor && { cursor }),
    });
    const page = await api.get(`/v1/payouts?${query}`);
    payouts.push(...(page.payouts as readonly Payout[]));
    cursor = (page.next_cursor as string | null) ?? undefined;
  } while (cursor !== undefined);
  payouts.reverse();
  const lines = [
    columnsOfDay.join(','),
    ...payouts.map((one) => columnsOfDay.map((name) => csv(one[name])).join(',')),
  ];
  return { json: { day, payouts, sums: sumsOf(payouts) }, text: lines.join('\n') };
}

/** RFC 4180; a cell that a spreadsheet would run as a formula becomes text. */
function csv(value: string): string {
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

function sumsOf(payouts: readonly Payout[]) {
  const groups = Map.groupBy(payouts, ({ currency, status }) => `${currency} ${status}`);
  return [...groups].map(([name, all]) => {
    const [currency, status] = name.split(' ');
    const decimals = Math.max(0, ...all.map(({ amount }) => amount.split('.')[1]?.length ?? 0));
    const minor = all.reduce((sum, { amount }) => sum + minorOf(amount, decimals), 0n);
    const digits = minor.toString().padStart(decimals + 1, '0');
    const amount = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    return { currency, status, count: all.length, amount };
  });
}

function minorOf(amount: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

async function show(call: Call): Promise<Outcome> {
  const answer = await nodeApi(call).get(`/v1/payouts/${encodeURIComponent(call.argument(0))}`);
  const response = answer.response as
    | { response_status: string; response_message: string | null }
    | undefined;
  const rows: [string, string][] = [
    ['payout', `${answer.transaction_id}  ${answer.shinkansen_transaction_id}`],
    ['state', String(answer.status)],
    ['amount', `${answer.amount} ${answer.currency}`],
    ['payout operator', String(answer.payout_operator)],
  ];
  if (response) {
    // A bank's own words, on their way to a terminal.
    const said = `${response.response_status} ${response.response_message ?? ''}`.trim();
    rows.push(['response', printable(said)]);
  }
  const file = call.text('answer');
  if (file !== undefined)
    rows.push(...writeAnswer(file, answer.operator_answer as OperatorAnswer | undefined));
  const exitCode =
    answer.status === 'ok'
      ? exitCodes.DONE
      : answer.status === 'error'
        ? exitCodes.REFUSED
        : exitCodes.PENDING;
  return { json: answer, text: columns(rows), exitCode };
}

interface OperatorAnswer {
  /** base64 */
  readonly message: string;
  readonly signature: string;
}

/** Byte for byte, as the payout operator signed it. */
function writeAnswer(file: string, answer: OperatorAnswer | undefined): [string, string][] {
  if (!answer) return [['answer', 'none yet: the payout operator has not answered']];
  writeNew(file, Buffer.from(answer.message, 'base64'), 0o600);
  writeNew(`${file}.jws`, answer.signature, 0o600);
  return [['answer', `${file}, its signature ${file}.jws`]];
}

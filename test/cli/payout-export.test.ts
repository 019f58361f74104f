import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { closeServer, listen } from '../../local/loopback.ts';
import { apodera } from '../support/terminal.ts';

let server: Server;
let api: string;
const asked: string[] = [];
const payout = (id: string, amount: string, status: string, message_id = 'm-1') => ({
  transaction_id: id,
  shinkansen_transaction_id: `n-${id}`,
  message_id,
  status,
  currency: 'USD',
  amount,
  payout_operator: 'BANCO_CL',
  created_at: '2026-06-01T15:00:00.000Z',
});
const operatorAnswer = { message: Buffer.from('{"a": 1}').toString('base64'), signature: 'h..s' };
const answered = { ...payout('t-2', '1', 'ok'), operator_answer: operatorAnswer };
const refused = {
  ...payout('t-4', '1', 'error'),
  response: { response_status: 'error', response_message: 'closed\u001b[1A\u001b[2K\n  state  ok' },
};
const paid = { ...payout('t-5', '1', 'ok'), response: { response_status: 'ok', response_message: null } };
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/v1/payouts/t-2') return response.end(JSON.stringify(answered));
    if (request.url === '/v1/payouts/t-4') return response.end(JSON.stringify(refused));
    if (request.url === '/v1/payouts/t-5') return response.end(JSON.stringify(paid));
    if (request.url === '/v1/payouts/t-1') return response.end(JSON.stringify(payout('t-1', '1', 'pending')));
    const second = request.url?.includes('cursor=next');
    const payouts = second
      ? [payout('t-1', '0.10', 'ok', '=cmd|"x"')]
      : [payout('t-3', '5', 'error'), payout('t-2', '0.2', 'ok')];
    response.end(JSON.stringify({ payouts, next_cursor: second ? null : 'next' }));
  });
  api = await listen(server);
});
afterAll(() => closeServer(server));

const env = () => ({
  APODERA_API: api,
  APODERA_PARTICIPANT: 'FINTECH_CL',
  APODERA_API_KEY: 'key',
});

test('a day is exported whole, oldest first, as CSV that no spreadsheet runs', async () => {
  const { out, exitCode } = await apodera(['payout', 'export', '--day', '2026-06-01'], { env: env() });
  expect(exitCode).toBe(0);
  expect(out.split('\n')).toEqual([
    'shinkansen_transaction_id,transaction_id,message_id,created_at,payout_operator,currency,amount,status',
    `n-t-1,t-1,"'=cmd|""x""",2026-06-01T15:00:00.000Z,BANCO_CL,USD,0.10,ok`,
    'n-t-2,t-2,m-1,2026-06-01T15:00:00.000Z,BANCO_CL,USD,0.2,ok',
    'n-t-3,t-3,m-1,2026-06-01T15:00:00.000Z,BANCO_CL,USD,5,error',
    '',
  ]);
  expect(asked[0]).toBe('/v1/payouts?day=2026-06-01&limit=100');
});

test('its sums are exact, by currency and state', async () => {
  const { out } = await apodera(['payout', 'export', '--day', '2026-06-01', '--json'], { env: env() });
  expect((JSON.parse(out) as { sums: unknown }).sums).toEqual([
    { currency: 'USD', status: 'ok', count: 2, amount: '0.30' },
    { currency: 'USD', status: 'error', count: 1, amount: '5' },
  ]);
});

test('the payout operator’s answer is written byte for byte, with its signature, once there is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-answer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const show = (id: string, file: string) =>
    apodera(['payout', 'show', id, '--answer', join(folder, file)], { env: env() });
  expect((await show('t-2', 'two')).exitCode).toBe(0);
  const written = ['two', 'two.jws'].map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(written).toEqual(['{"a": 1}', 'h..s']);
  expect((await show('t-1', 'one')).out).toContain('has not answered');
  expect(readdirSync(folder)).toHaveLength(2);
});

test('a bank’s words move no cursor and begin no line', async () => {
  const { out, exitCode } = await apodera(['payout', 'show', 't-4'], { env: env() });
  expect(out).not.toContain('\u001b');
  expect(out.split('\n').filter((line) => /^\s*state\b/.test(line))).toEqual(['  state            error']);
  expect(exitCode).toBe(3);
  expect((await apodera(['payout', 'show', 't-5'], { env: env() })).out).toMatch(/^ {2}response +ok$/m);
});

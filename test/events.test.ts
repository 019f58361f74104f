import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock } from '../local/clock.ts';
import { invokeRunning } from '../local/invoke.ts';
import { type Laptop, startLaptop } from '../local/laptop.ts';
import { laptopNodes } from '../local/nodes.ts';

// Each function's sample event, as API Gateway, Step Functions, SQS, Scheduler or another function sends it, answered
// by the bundle that would be deployed, in a stack with empty tables: what it then says is stated here.
const free = { api: 0, pages: 0 };
const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-events-'));
const clock = new VirtualClock();
let laptop: Laptop;

beforeAll(async () => {
  laptop = await startLaptop({
    templateFile: 'template.yaml',
    gatewayFile: 'openapi/generated/gateway.json',
    buildFolder: '.cache/events',
    dataFolder,
    clock,
    policies: true,
    nodes: laptopNodes({ network: free, operator: free }).filter(({ name }) => name === 'network'),
  });
});

afterAll(async () => {
  await laptop?.stop();
  clock.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

const refusedOverHttp = (statusCode: number, code: string) => ({
  statusCode,
  body: expect.stringContaining(`"code":"${code}"`),
});
const html = (statusCode: number, words: string) => ({ statusCode, body: expect.stringContaining(words) });
const listed = (what: string) => ({ statusCode: 200, body: expect.stringContaining(`"${what}":[]`) });
const nothingFailed = { batchItemFailures: [] };

/** By event file. `error`: what the state machine hears, a Refusal with this sentence. */
const expected: Readonly<Record<string, { answer?: unknown; error?: string }>> = {
  'authorize-request': { answer: { policyDocument: { Statement: [{ Effect: 'Deny' }] } } },
  'admit-enrolment': { answer: refusedOverHttp(403, 'PARTICIPANT_UNKNOWN') },
  'check-revocation': { error: 'There is no such enrolment.' },
  'notify-enrolment': { error: 'There is no such enrolment.' },
  'ask-confirmation': { error: 'There is no such enrolment.' },
  'send-mail': { answer: nothingFailed },
  'record-bounce': { answer: { persons: 0 } },
  'serve-confirmation': { answer: html(404, '<html lang="es"') },
  'check-factor': { answer: { outcome: 'REFUSED', code: 'FACTOR_WRONG' } },
  'request-certificate': { answer: { outcome: 'REFUSED', code: 'PERSON_UNKNOWN' } },
  'drive-execution': { answer: nothingFailed },
  'expire-decision': { answer: { outcome: 'EXPIRED' } },
  'forward-enrolment': { error: 'There is no such enrolment.' },
  'forward-disable': { error: 'There is no such disable.' },
  'deliver-message': { answer: nothingFailed },
  'receive-node-message': { answer: refusedOverHttp(403, 'PEER_UNKNOWN') },
  'settle-enrolment': { error: 'There is no such enrolment.' },
  'read-certificates': { answer: listed('certificates') },
  'withdraw-enrolment': { answer: refusedOverHttp(403, 'PARTICIPANT_UNKNOWN') },
  'disable-certificate': { answer: refusedOverHttp(403, 'PARTICIPANT_UNKNOWN') },
  'renew-api-key': { answer: refusedOverHttp(403, 'API_KEY_NOT_VALID') },
  'register-webhook': { answer: refusedOverHttp(403, 'API_KEY_NOT_VALID') },
  'admit-payout': { answer: refusedOverHttp(503, 'ANCHORS_MISSING') },
  'read-payouts': { answer: listed('payouts') },
  'sweep-payouts': { answer: { undone: 0 } },
  'execute-payouts': { answer: nothingFailed },
  'watch-payouts': { answer: { open: 0 } },
  'bootstrap-node': { answer: { outcome: 'DONE', result: { count: 1 } } },
  'serve-suspension': { answer: html(200, 'name="password"') },
  'follow-suspension': { answer: { outcome: 'NOTHING' } },
  'serve-people': { answer: html(200, 'name="password"') },
  'serve-admin': { answer: { statusCode: 303 } },
  'apply-act': { answer: { outcome: 'REFUSED', code: 'ACT_UNKNOWN' } },
  'serve-console': { answer: { statusCode: 303 } },
  'list-due-sources': { answer: { outcome: 'NOTHING_DUE', sources: [] } },
  'sweep-source': { answer: { outcome: 'NOT_DUE' } },
  'publish-truststore': { answer: { outcome: 'NO_ANCHORS', version: 0 } },
  'expire-certificates': { answer: { expired: 0, rotated: 0, reminded: 0 } },
  'sweep-outbox': { answer: { announced: expect.any(Number) } },
  'chain-evidence': { answer: { chained: expect.any(Number) } },
  'sign-evidence-heads': { answer: { number: expect.any(Number), broken: 0 } },
};

const files = readdirSync('events').filter((file) => file.endsWith('.json'));
const nameOf = (file: string): string => file.replace(/^\d+-|\.json$/g, '');
const logicalIdOf = (file: string): string =>
  `${nameOf(file).replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}Function`;

test('every function has one event', () => {
  expect(files.map(nameOf).sort()).toEqual(readdirSync('functions').sort());
});

test.each(files)('%s is answered as stated', async (file) => {
  const functionName = laptop.nodes[0]!.host.functionName(logicalIdOf(file));
  const event = readFileSync(join('events', file), 'utf8');
  const { payload, functionError } = await invokeRunning(laptop.endpoints.url, functionName, event);
  const answer = JSON.parse(payload) as unknown;
  const stated = expected[nameOf(file)]!;
  expect(functionError).toBe(stated.error ? 'Unhandled' : undefined);
  const refused = { errorType: 'Refusal', errorMessage: expect.stringContaining(stated.error ?? '') };
  expect(answer).toMatchObject((stated.error ? refused : stated.answer) as object);
});

test('none of them asked for what the template does not permit', () => {
  expect(laptop.policies.denied()).toEqual([]);
});

import { beforeAll, beforeEach, expect, test } from 'vitest';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { outboxKey } from '../../adapters/dynamodb/outbox.ts';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { undeliveredDisables } from '../../adapters/dynamodb/undelivered.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { PostedAnswer } from '../../functions/deliver-message/deliver-message.ts';
import { driveExecution } from '../../functions/drive-execution/drive-execution.ts';
import { type ForwardDisablePorts, forwardDisable } from '../../functions/forward-disable/forward-disable.ts';
import { atEveryAwait } from '../support/crash.ts';
import { disableStand } from '../support/disable.ts';
import { network } from '../support/enrolment.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

const operator = 'BANCO_CL';
const large = {
  put: () => Promise.reject(new Error('small')),
  get: () => Promise.reject(new Error('small')),
};
const said = (status: number, body: object = {}): PostedAnswer => ({
  status,
  retryAfter: undefined,
  body: Buffer.from(JSON.stringify(body)),
});

/** A network that has just disabled a certificate, and the operator that is to hear of it. */
async function forwarding(answer: () => PostedAnswer | Error = () => said(200, { message_id: 'm' })) {
  const stand = disableStand();
  const one = await stand.active(stand.leaf('one'));
  await stand.active(stand.leaf('other'));
  await stand.disable({ thumbprint: one.thumbprint });
  const start = stand.queues.announced.find(({ id }) => id.startsWith('disable.start.'))!;
  const posted: Uint8Array[] = [];
  const lines: object[] = [];
  const ports = (over: Table = stand.table): ForwardDisablePorts => ({
    clock: stand.clock,
    ids: stand.ports.ids,
    log: { say: (code, fields) => void lines.push({ code, ...fields }) },
    node: network,
    signer: party,
    certificate: async () => party.certificateDer,
    messageKey: async () => party.publicKey,
    sent: sentMessages(over, large),
    async post(_url, _headers, body) {
      posted.push(body);
      const heard = answer();
      if (heard instanceof Error) throw heard;
      return heard;
    },
    peer: async (finId) => ({
      institution: { finId, finIdSchema: 'SHINKANSEN' },
      apiUrl: 'https://bank.example',
      apiKey: 'k',
    }),
    evidenceHead: async () => undefined,
    eventsUrl: async () => undefined,
    enrolments: stand.enrolments,
    disables: disableStore(over, async () => undefined),
    undelivered: undeliveredDisables(over, async () => undefined),
  });
  const disableId = start.id.split('.')[2]!;
  return { stand, one, start, disableId, posted, lines, ports };
}

let it: Awaited<ReturnType<typeof forwarding>>;
let answer: () => PostedAnswer | Error;
beforeEach(async () => {
  it = await forwarding(() => answer());
});
const attempt = () => forwardDisable(it.ports(), { disableId: it.disableId, operator });
const undelivered = () =>
  it.stand.evidence().filter(({ kind }) => kind === 'certificate.disableNotDelivered') as unknown as {
    subjects: object;
    facts: object;
  }[];

test('a disable leaves one entry, and it starts the workflow with ids alone', async () => {
  const starts: unknown[] = [];
  const executions = {
    startDisable: async (...input: unknown[]) => void starts.push(input),
    start: () => Promise.reject(new Error('no enrolment')),
    wake: () => Promise.reject(new Error('nobody waits')),
    invoke: () => Promise.reject(new Error('no step')),
  };
  const tokens = { read: async () => undefined };
  const entry = { ...it.start, kind: 'disable.start', refs: refsOf(it.start.id) } as OutboxEntry;
  expect(await driveExecution({ tokens, executions }, entry)).toBe('STARTED');
  expect(starts).toEqual([[it.disableId, [operator], undefined]]);
});

function refsOf(entryId: string): unknown {
  return [...it.stand.items.values()].find(({ sk }) => sk === outboxKey(entryId).sk)!.refs;
}

test.each([200, 409])('an operator that answers %i with its receipt has been told', async (status) => {
  answer = () => said(status, { message_id: 'm' });
  expect(await attempt()).toEqual({ outcome: 'TOLD' });
  const { document } = readEnvelope(it.posted[0]!);
  expect(document).toMatchObject({
    action: 'certificate.disable_forward',
    parameters: { thumbprints: [it.one.thumbprint] },
  });
});

test.each([
  ['500', () => said(500)],
  ['503 of a proxy', () => said(503)],
  ['409 without a receipt', () => said(409)],
  ['400 that is not its own', () => said(400)],
  ['nothing', () => new Transient('TransientEgressTimeout', 'no first byte')],
  ['an address that we refuse', () => new Refusal('EGRESS_ADDRESS_REFUSED' as never)],
  ['a fault of ours', () => new TypeError('ours')],
] as const)('%s is no answer: the workflow tries again, with the same bytes', async (_, first) => {
  answer = first;
  await expect(attempt()).rejects.toMatchObject({ name: 'TransientOperatorSilent' });
  answer = () => said(200, { message_id: 'm' });
  it.stand.clock.advance(86_400);
  expect(await attempt()).toEqual({ outcome: 'TOLD' });
  expect(Buffer.from(it.posted[1]!)).toEqual(Buffer.from(it.posted[0]!));
  expect(it.lines).toMatchObject([{ code: 'DISABLE_POSTPONED', payoutOperator: operator }]);
  expect(undelivered()).toEqual([]);
});

test('a refusal by a rule of the operator ends the attempts', async () => {
  answer = () => said(422, { code: 'FORWARD_MALFORMED' });
  await expect(attempt()).rejects.toMatchObject({ name: 'DisableRefused', message: 'FORWARD_MALFORMED' });
});

test('an operator that was given up is written down once, and rings', async () => {
  const gaveUp = { disableId: it.disableId, operator, gaveUp: 'TransientOperatorSilent' };
  expect(await forwardDisable(it.ports(), gaveUp)).toEqual({ outcome: 'NOT_DELIVERED' });
  await forwardDisable(it.ports(), gaveUp);
  expect(undelivered()).toMatchObject([
    { subjects: { disableId: it.disableId, peer: operator }, facts: { error: 'TransientOperatorSilent' } },
  ]);
  expect(it.lines).toContainEqual({
    code: 'DISABLE_NOT_DELIVERED',
    disableId: it.disableId,
    payoutOperator: operator,
    error: 'TransientOperatorSilent',
  });
  expect(it.posted).toEqual([]);
});

test('a disable that is not recorded here is told to nobody', async () => {
  const input = { disableId: 'ANOTHER', operator };
  await expect(forwardDisable(it.ports(), input)).rejects.toMatchObject({ code: 'DISABLE_UNKNOWN' });
  expect(it.posted).toEqual([]);
});

test('an attempt that dies at any await and is made again says one thing under one message_id', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const doing = await forwarding();
    const input = { disableId: doing.disableId, operator };
    const ports = { ...doing.ports(doomed.wrap(doing.stand.table)) };
    const { post } = doomed.wrap({ post: ports.post });
    const outcome = await doomed.run(() => forwardDisable({ ...ports, post }, input));
    expect(await forwardDisable(doing.ports(), input)).toEqual({ outcome: 'TOLD' });
    expect(new Set(doing.posted.map((bytes) => Buffer.from(bytes).toString())).size).toBe(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(6);
});

test('giving up that dies at any await and is done again leaves one record', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const doing = await forwarding();
    const input = { disableId: doing.disableId, operator, gaveUp: 'TransientOperatorSilent' };
    const ports = doing.ports(doomed.wrap(doing.stand.table));
    const outcome = await doomed.run(() => forwardDisable(ports, input));
    await forwardDisable(doing.ports(), input);
    const records = doing.stand.evidence().filter(({ kind }) => kind === 'certificate.disableNotDelivered');
    expect(records).toHaveLength(1);
    expect(doing.lines).toContainEqual(expect.objectContaining({ code: 'DISABLE_NOT_DELIVERED' }));
    return outcome;
  });
  expect(places).toBeGreaterThan(3);
});

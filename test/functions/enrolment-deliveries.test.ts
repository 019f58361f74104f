import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { validate as validateAnswer } from '../../adapters/http/generated/enrolment-answer-parameters.js';
import { validate as validateForward } from '../../adapters/http/generated/enrolment-forward-parameters.js';
import { validate as validateNodeMessage } from '../../adapters/http/generated/node-message.js';
import { problemOf } from '../../adapters/http/problem.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import type { OperatorRow, WithTrace } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import type { Decision } from '../../core/people/decision.ts';
import type { PostedAnswer } from '../../functions/deliver-message/deliver-message.ts';
import { type Delivery, enrolmentDeliveries } from '../../functions/deliver-message/enrolment-deliveries.ts';
import { network } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };
const clock = memoryClock();
let enrolment: Partial<Enrolment> | undefined;
let decision: Partial<Decision> | undefined;
let sealed: Partial<CertificateStatus> | undefined;
let rows: [OperatorRow, WithTrace][];
let posted: Uint8Array[];
let answer: PostedAnswer;
let deliveries: Readonly<Record<string, Delivery>>;

const says = (status: number, body: object): PostedAnswer => ({
  status,
  retryAfter: undefined,
  body: Buffer.from(JSON.stringify(body)),
});

beforeEach(() => {
  enrolment = {
    id: 'E1',
    participant: 'FINTECH_CL',
    thumbprint: 'T'.repeat(43) as Thumbprint,
    networkStatus: 'pending',
    validity: 'valid',
  };
  decision = undefined;
  sealed = undefined;
  rows = [];
  posted = [];
  answer = says(200, { message_id: 'm', status: 'pending' });
  deliveries = enrolmentDeliveries({
    clock,
    ids: memoryIds(),
    node: network,
    signer: party,
    certificate: async () => party.certificateDer,
    messageKey: async () => party.publicKey,
    sent: sentMessages(memoryTable(), { put: async () => {}, get: async () => new Uint8Array() }),
    async post(_url, _headers, body) {
      posted.push(body);
      return answer;
    },
    peer: async () => ({ institution: bank, apiUrl: 'https://bank.example', apiKey: 'k' }),
    evidenceHead: async () => undefined,
    eventsUrl: async () => 'https://fintech.example/events',
    enrolments: {
      find: async () => enrolment as Enrolment | undefined,
      messageOf: async () => ({ bytes: Buffer.from('{"the":"participant\'s own"}'), signature: 'a..b' }),
      rows: async () => [],
      async putRow(row, trace) {
        rows.push([row, trace]);
        return 'WRITTEN';
      },
    },
    statuses: { status: async () => sealed as CertificateStatus | undefined },
    decisions: { find: async () => decision as Decision | undefined },
    describe: (one) => ({ enrolment_id: one.id }),
  });
});

const entry = (kind: string) =>
  newOutboxEntry({
    id: `${kind}.E1.BANCO_CL`,
    queue: 'deliver',
    kind,
    refs: { enrolmentId: 'E1', receiver: bank.finId },
    receiver: bank.finId,
    now: clock.now(),
  });
const deliver = (kind: string) => deliveries[kind]!(entry(kind));
const said = () => readEnvelope(posted[0]!).document;

describe('enrolment.forward', () => {
  test("A-028 carries the participant's own bytes and signature, and notes that the operator has it", async () => {
    expect(await deliver('enrolment.forward')).toMatchObject({ outcome: 'RECEIVED' });
    const { parameters } = said();
    expect(validateForward(parameters)).toBe(true);
    expect(validateNodeMessage({ document: said() })).toBe(true);
    expect(parameters).toEqual({
      enrolment_id: 'E1',
      message: Buffer.from('{"the":"participant\'s own"}').toString('base64'),
      signature: 'a..b',
    });
    expect(rows).toMatchObject([
      [
        { enrolmentId: 'E1', operator: 'BANCO_CL', status: 'pending' },
        {
          evidence: [{ kind: 'enrolment.forwarded', scope: 'FINTECH_CL', facts: { said: 'pending' } }],
          outbox: [],
        },
      ],
    ]);
  });

  test.each([
    ['rejected', 'rejected' as const],
    ['disabled', 'disabled' as const],
    ['unknown', undefined],
  ])('says nothing of an enrolment that is %s by now', async (_, networkStatus) => {
    enrolment = networkStatus && { ...enrolment, networkStatus };
    expect(await deliver('enrolment.forward')).toEqual({ outcome: 'NOWHERE' });
    expect([posted, rows]).toEqual([[], []]);
  });

  test('a refusal without signature rejects nothing, but ends the waiting', async () => {
    answer = says(400, { code: 'PARTICIPANT_UNKNOWN' });
    expect(await deliver('enrolment.forward')).toEqual({ outcome: 'REFUSED', code: 'PARTICIPANT_UNKNOWN' });
    expect(rows).toMatchObject([
      [
        { status: 'silent', code: 'PARTICIPANT_UNKNOWN' },
        {
          evidence: [{ kind: 'enrolment.forwardRefused' }],
          outbox: [
            { kind: 'execution.wake', refs: { decisionId: 'E1.operator.BANCO_CL', outcome: 'REJECTED' } },
          ],
        },
      ],
    ]);
  });

  test('one that our own end overtook waits no longer: nothing more will come of it', async () => {
    answer = says(200, { message_id: 'm', status: 'rejected', code: 'DISABLED_ELSEWHERE' });
    expect(await deliver('enrolment.forward')).toMatchObject({ outcome: 'RECEIVED' });
    expect(rows).toMatchObject([
      [
        { status: 'silent', code: 'DISABLED_ELSEWHERE' },
        { outbox: [{ refs: { decisionId: 'E1.operator.BANCO_CL', outcome: 'REJECTED' } }] },
      ],
    ]);
  });

  test('any other unsigned "rejected" waits for the signed one', async () => {
    answer = says(200, { message_id: 'm', status: 'rejected', code: 'ANCHOR_NOT_FOUND' });
    await deliver('enrolment.forward');
    expect(rows).toMatchObject([[{ status: 'pending' }, { outbox: [] }]]);
  });

  test('one whose certificate is pending there under another enrolment is brought again', async () => {
    const { status, body } = problemOf(new Refusal('CERTIFICATE_PENDING'), 'i');
    answer = says(status, body!);
    expect(await deliver('enrolment.forward')).toMatchObject({ outcome: 'NOT_NOW', because: 'HTTP_409' });
    expect(rows).toEqual([]);
  });

  test('an operator that is down changes no row', async () => {
    answer = says(500, {});
    expect(await deliver('enrolment.forward')).toMatchObject({ outcome: 'NOT_NOW' });
    expect(rows).toEqual([]);
  });

  test('a synchronous "accepted" is not believed: only the signed answer activates', async () => {
    answer = says(200, { message_id: 'm', status: 'accepted' });
    await deliver('enrolment.forward');
    expect(rows[0]![0].status).toBe('pending');
  });
});

describe('enrolment.answer', () => {
  test('A-036 says accepted with who confirmed, how, when, and the proof', async () => {
    enrolment = { ...enrolment, networkStatus: 'active' };
    sealed = { networkStatus: 'active', enrolmentId: 'E1' };
    const proof = {
      method: 'password+totp',
      personId: 'P1',
      at: '2026-03-02T11:58:00Z',
      statement: { nonce: 'n' },
      signature: 's',
    };
    decision = {
      votes: [{ personId: 'P1', vote: 'confirm', at: clock.now(), proof }] as unknown as Decision['votes'],
    };
    await deliver('enrolment.answer');
    const { parameters } = said();
    expect(validateAnswer(parameters)).toBe(true);
    expect(parameters).toMatchObject({
      status: 'accepted',
      code: null,
      confirmation: { person_id: 'P1', method: 'password+totp', proof: { alg: 'ES256', signature: 's' } },
    });
  });

  test.each<[string, Partial<CertificateStatus> | undefined]>([
    ['is none', undefined],
    ['is of another enrolment', { networkStatus: 'active', enrolmentId: 'E0' }],
    ['is disabled', { networkStatus: 'disabled', enrolmentId: 'E1' }],
  ])('S22 D: an enrolment edited to active accepts nothing where its sealed status %s', async (_, status) => {
    enrolment = { ...enrolment, networkStatus: 'active' };
    sealed = status;
    expect(await deliver('enrolment.answer')).toMatchObject({ outcome: 'NOT_NOW' });
    expect(posted).toEqual([]);
  });

  test('says rejected with its code and no confirmation', async () => {
    enrolment = { ...enrolment, networkStatus: 'rejected', code: 'APODERADO_REJECTED' };
    await deliver('enrolment.answer');
    expect(validateAnswer(said().parameters)).toBe(true);
    expect(said().parameters).toMatchObject({
      status: 'rejected',
      code: 'APODERADO_REJECTED',
      confirmation: null,
    });
  });

  test('says nothing while it is still pending', async () => {
    expect(await deliver('enrolment.answer')).toEqual({ outcome: 'NOWHERE' });
  });
});

test('enrolment.end names the enrolment and why, also when this node knows it no longer', async () => {
  enrolment = { ...enrolment, networkStatus: 'rejected', code: 'NO_ANSWER' };
  await deliver('enrolment.end');
  expect(said()).toMatchObject({
    action: 'enrolment.end',
    parameters: { enrolment_id: 'E1', code: 'NO_ANSWER' },
  });
  expect(validateNodeMessage({ document: said() })).toBe(true);
});

test("A-037 the participant's events URL hears the outcome", async () => {
  answer = { status: 200, retryAfter: undefined, body: new Uint8Array() };
  for (const [networkStatus, type] of [
    ['active', 'apodera.enrolment.accepted.v1'],
    ['rejected', 'apodera.enrolment.rejected.v1'],
  ] as const) {
    posted = [];
    enrolment = { ...enrolment, networkStatus };
    await deliveries['event.enrolment']!({ ...entry('event.enrolment'), id: `event.${networkStatus}` });
    expect(JSON.parse(Buffer.from(posted[0]!).toString())).toMatchObject({
      type,
      data: { enrolment_id: 'E1' },
    });
  }
});

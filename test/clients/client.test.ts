import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { validate as validateDisable } from '../../adapters/http/generated/disable-message.js';
import { validate as validateEnrol } from '../../adapters/http/generated/enrol-message.js';
import { validate as validatePayouts } from '../../adapters/http/generated/payout-message.js';
import { validate as validateWebhook } from '../../adapters/http/generated/register-webhook-message.js';
import { validate as validateRenew } from '../../adapters/http/generated/renew-api-key-message.js';
import { validate as validateWithdraw } from '../../adapters/http/generated/withdraw-message.js';
import {
  Client,
  challengeAnswer,
  confirmationCode,
  identityFrom,
  provePossession,
  readEvent,
  readPayoutResponses,
  SignatureError,
  thumbprintOf,
  verifyBody,
} from '../../clients/typescript/index.ts';
import { confirmationCode as codeOfCore } from '../../core/message/code.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, signDetached, verifyDetached } from '../../core/message/jws.ts';
import { parametersDigest, verifyPossession } from '../../core/message/possession.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { readContract, routesOf } from '../../openapi/contract.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
interface Says {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

let party: SigningParty;
let network: SigningParty;
let server: Server;
let api: string;
let heard: Heard[];
let answers: Says[];
let pauses: number[];

beforeAll(async () => {
  [party, network] = await Promise.all([signingParty(), signingParty()]);
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    heard.push({ method, path: url, headers, body: Buffer.concat(chunks) });
    const said = answers.length > 1 ? answers.shift()! : answers[0]!;
    response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers });
    response.end(said.body === undefined ? '' : JSON.stringify(said.body));
  });
  api = await listen(server);
});
afterAll(() => closeServer(server));

beforeEach(() => {
  heard = [];
  answers = [{ status: 200, body: {} }];
  pauses = [];
});

const clientWith = (over: object = {}) =>
  new Client({
    origin: `${api}/`,
    apiKey: () => 'apo_dev_key',
    participant: 'FINTECH_CL',
    identity: identityFrom(party.certificateDer, party.privateKey),
    pause: async (milliseconds) => void pauses.push(milliseconds),
    ...over,
  });

const transaction = {
  transaction_type: 'payout',
  transaction_id: 't-1',
  currency: 'CLP',
  amount: '100',
  description: 'x',
  execution_date: '2026-07-01T12:00:00Z',
  debtor: party_(),
  creditor: party_(),
} as const;
function party_() {
  return {
    name: 'N',
    identification: { id_schema: 'CLID', id: '1-9' },
    financial_institution: { fin_id: 'BANCO_CL' },
    account: '1',
    account_type: 'current_account',
    email: 'a@example.com',
  };
}

type Prove = Parameters<Client['enrol']>[0]['prove'];

describe('acts', () => {
  const leafProof: Prove = async (header, asked) =>
    provePossession(party.certificateDer, header, asked, party.privateKey);

  test.each<[string, number, (client: Client) => Promise<unknown>, (value: unknown) => boolean]>([
    [
      'POST /v1/certificates',
      202,
      (c) => c.enrol({ chain: [party.certificateDer], use: 'signing', reason: 'r', prove: leafProof }),
      validateEnrol,
    ],
    ['POST /v1/enrolments/E1/withdraw', 200, (c) => c.withdraw('E1', 'r'), validateWithdraw],
    [
      'POST /v1/certificates/disable',
      200,
      (c) => c.disable({ all: true, cause: 'incident', reason: 'r' }),
      validateDisable,
    ],
    [
      `POST /v1/certificates/${'T'.repeat(43)}/disable`,
      200,
      (c) => c.disable({ thumbprint: 'T'.repeat(43), cause: 'rotation', reason: 'r' }),
      validateDisable,
    ],
    ['POST /v1/api-keys/renew', 201, (c) => c.renewApiKey(), validateRenew],
    ['POST /v1/webhooks', 200, (c) => c.registerWebhook('events', 'https://a.example/'), validateWebhook],
    ['POST /v1/messages/payouts', 200, (c) => c.sendPayouts([transaction]), validatePayouts],
  ])(
    '%s has the documented shape and a signature that the node verifies',
    async (address, status, act, validate) => {
      answers = [{ status, body: {} }];
      await act(clientWith());
      const [{ method, path, headers, body }] = heard as [Heard];
      expect(`${method} ${path}`).toBe(address);
      expect(validate(JSON.parse(body.toString()))).toBe(true);
      expect(headers).toMatchObject({
        'shinkansen-api-key': 'apo_dev_key',
        'content-type': 'application/json',
      });
      verifyDetached(readDetachedJws(headers['shinkansen-jws-signature'] as string), body, party);
      expect(readEnvelope(body).header).toMatchObject({
        sender: { finId: 'FINTECH_CL', finIdSchema: 'SHINKANSEN' },
        receiver: { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' },
      });
    },
  );

  test('the proof of possession and the six characters are what the node computes', async () => {
    answers = [{ status: 202, body: {} }];
    for (const kind of [2048, 'P-256', 'P-384', 'P-521'] as const) {
      const fresh = await signingParty(kind);
      heard = [];
      const prove: Prove = async (header, asked) =>
        provePossession(fresh.certificateDer, header, asked, fresh.privateKey);
      // Not in alphabetical order, and a character beyond ASCII: RFC 8785 makes the same bytes at both ends.
      await clientWith().enrol({
        use: 'transport',
        reason: 'rotación',
        chain: [fresh.certificateDer],
        prove,
      });
      const { header, document } = readEnvelope(heard[0]!.body);
      const parameters = document.parameters as { proof_of_possession: { alg: string; signature: string } };
      const claim = {
        thumbprint: fresh.thumbprint,
        sender: header.sender.finId,
        receiver: header.receiver.finId,
        messageId: header.messageId,
        creationDate: header.creationDateText,
        parametersSha256: parametersDigest(document.parameters as object),
      };
      verifyPossession(claim, parameters.proof_of_possession, fresh.publicKey);
      expect(thumbprintOf(fresh.certificateDer)).toBe(fresh.thumbprint);
      const coded = { thumbprint: fresh.thumbprint, messageId: header.messageId, enrolmentId: 'e-1' };
      expect(confirmationCode(fresh.thumbprint, header.messageId, 'e-1')).toBe(codeOfCore(coded));
    }
    const asked = { chain: ['MII='], use: 'signing', reason: 'r' };
    expect(() =>
      provePossession(party.certificateDer, clientWith().header(), asked, network.privateKey),
    ).toThrow('the key');
  });

  test('without an identity it reads, enrols and disables, and says that payouts are signed', async () => {
    const client = clientWith({ identity: undefined });
    await client.disable({ all: true, cause: 'incident', reason: 'r' });
    expect(heard[0]!.headers['shinkansen-jws-signature']).toBeUndefined();
    await expect(client.sendPayouts([transaction])).rejects.toThrow('give the client an identity');
  });

  test('every route of participants has its method', async () => {
    answers = [{ status: 200, body: {} }];
    const client = clientWith();
    await client.certificates({ limit: 5, cursor: 'a+b/=', network_status: 'active' });
    await client.certificate('T');
    await client.enrolment('E1');
    await client.networkCertificates();
    await client.operatorCertificates('BANCO_CL');
    await client.webhooks();
    const asked = { cursor: 'c', limit: 5, status: 'ok', message_id: 'm', transaction_id: 't' } as const;
    await client.payouts({ ...asked, day: '2026-07-01' });
    await client.payout('t/1');
    expect(heard[0]!.path).toBe('/v1/certificates?limit=5&cursor=a%2Bb%2F%3D&network_status=active');
    expect(heard.at(-1)!.path).toBe('/v1/payouts/t%2F1');
    const called = heard.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
    const reads = routesOf(readContract()).filter(
      (route) => route.method === 'GET' && route['x-apodera-proof'].least !== 'none',
    );
    for (const { method, path, parameters = [] } of reads) {
      const known = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      const sent = heard.find((one) => one.path.split('?')[0] === path)?.path.split('?')[1] ?? '';
      if (known.length > 0) expect([...new URLSearchParams(sent).keys()].sort(), path).toEqual(known.sort());
      const pattern = new RegExp(`^${method} ${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      expect(
        called.some((one) => pattern.test(one)),
        path,
      ).toBe(true);
    }
  });
});

describe('answers', () => {
  test('409 to payouts is the answer of the first time', async () => {
    answers = [
      { status: 409, body: { transactions: [{ transaction_id: 't-1', shinkansen_transaction_id: 's' }] } },
    ];
    expect((await clientWith().sendPayouts([transaction])).transactions).toHaveLength(1);
  });

  test('a lost or busy request is sent again, the same bytes and signature, after what the node asks', async () => {
    answers = [
      { status: 503, headers: { 'retry-after': '7' } },
      { status: 500 },
      { status: 200, body: { transactions: [] } },
    ];
    await clientWith().sendPayouts([transaction]);
    expect(heard).toHaveLength(3);
    for (const again of heard.slice(1)) {
      expect(again.body).toEqual(heard[0]!.body);
      expect(again.headers['shinkansen-jws-signature']).toBe(heard[0]!.headers['shinkansen-jws-signature']);
    }
    expect(pauses).toEqual([7000, 1000]);
  });

  test('a refusal is told once, with its code and errors', async () => {
    const errors = [{ error_code: 'MESSAGE_TOO_OLD', error_message: 'old' }];
    answers = [{ status: 400, body: { code: 'MESSAGE_TOO_OLD', detail: 'old', errors } }];
    const error = await clientWith()
      .sendPayouts([transaction])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 400, code: 'MESSAGE_TOO_OLD', errors, unknown: false });
    expect(heard).toHaveLength(1);
  });

  test('what stays lost is unknown, never a refusal', async () => {
    answers = [{ status: 502, body: '<html>' }];
    const error = await clientWith()
      .sendPayouts([transaction])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, unknown: true });
    const gone = await clientWith({ origin: 'http://127.0.0.1:1' })
      .webhooks()
      .catch((reason: unknown) => reason);
    expect(gone).toMatchObject({ status: 0, unknown: true });
    const silent: typeof fetch = (_url, init) =>
      new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    const late = await clientWith({ fetch: silent, timeoutMs: 5 })
      .payout('p-1')
      .catch((e: unknown) => e);
    expect(late).toMatchObject({ status: 0, unknown: true, cause: { name: 'TimeoutError' } });
  });

  test('a redirect is not followed: key and signature go nowhere else', async () => {
    answers = [{ status: 307, headers: { location: '/elsewhere' } }];
    await expect(clientWith().sendPayouts([transaction])).rejects.toMatchObject({ status: 307 });
    expect(heard).toHaveLength(1);
  });
});

describe('webhooks', () => {
  const message = (over: object = {}) =>
    Buffer.from(
      JSON.stringify({
        document: {
          header: {
            sender: { fin_id: 'SHINKANSEN', fin_id_schema: 'SHINKANSEN' },
            receiver: { fin_id: 'FINTECH_CL', fin_id_schema: 'SHINKANSEN' },
            message_id: 'm',
            creation_date: '2026-07-01T12:00:00Z',
            ...over,
          },
          responses: [
            { transaction_id: null, shinkansen_transaction_id: 's', shinkansen_transaction_status: 'error' },
          ],
        },
      }),
    );
  const expected = () => ({
    certificates: [party.certificateDer, network.certificateDer],
    participant: 'FINTECH_CL',
  });
  const sign = (body: Uint8Array, by = network) => signDetached(body, by.certificateDer, by);

  test('believes what the network signed for this participant', async () => {
    const body = message();
    const read = readPayoutResponses(body, await sign(body), expected());
    expect(read.document.responses[0]!.shinkansen_transaction_status).toBe('error');
  });

  test('refuses another signer, receiver, sender, body, and no signature', async () => {
    const body = message();
    const other = await signingParty();
    const unlisted = { ...expected(), certificates: [party.certificateDer] };
    const replay = message({ receiver: { fin_id: 'OTHER', fin_id_schema: 'SHINKANSEN' } });
    const forged = message({ sender: { fin_id: 'OTHER', fin_id_schema: 'SHINKANSEN' } });
    const changed = Buffer.concat([body, Buffer.from(' ')]);
    const cases: [Uint8Array, string | undefined, ReturnType<typeof expected>][] = [
      [body, await sign(body), unlisted],
      [body, await signDetached(body, network.certificateDer, other), expected()],
      [replay, await sign(replay), expected()],
      [forged, await sign(forged), expected()],
      [changed, await sign(body), expected()],
      [body, undefined, expected()],
      [body, 'a.b', expected()],
      [body, 'e30..AAAA', expected()],
      [body, 'bnVsbA..AAAA', expected()],
    ];
    for (const [bytes, signature, wanted] of cases) {
      expect(() => readPayoutResponses(bytes, signature, wanted)).toThrow(SignatureError);
    }
  });

  test('refuses a header outside the profile: another alg, b64 true, an unknown name in crit', async () => {
    const body = message();
    for (const change of [{ alg: 'RS256' }, { b64: true }, { crit: ['b64', 'exp'] }]) {
      const x5c = [Buffer.from(network.certificateDer).toString('base64')];
      const header = Buffer.from(JSON.stringify({ alg: 'PS256', b64: false, crit: ['b64'], x5c, ...change }));
      expect(() =>
        verifyBody(body, `${header.toString('base64url')}..AAAA`, [network.certificateDer]),
      ).toThrow('profile');
    }
  });

  test('reads an event about this participant only', async () => {
    const event = (subject: string) =>
      Buffer.from(JSON.stringify({ specversion: '1.0', subject, type: 't', data: {} }));
    const mine = event('FINTECH_CL');
    expect(readEvent(mine, await sign(mine), expected()).type).toBe('t');
    const theirs = event('OTHER');
    const signature = await sign(theirs);
    expect(() => readEvent(theirs, signature, expected())).toThrow('another participant');
  });

  test('answers the challenge of a registration, and nothing else', () => {
    expect(challengeAnswer(Buffer.from('{"challenge":"w","purpose":"events"}'))).toBe('{"challenge":"w"}');
    for (const body of ['{}', 'x', '[]', '{"challenge":1}'])
      expect(challengeAnswer(Buffer.from(body))).toBeUndefined();
  });
});

test('the client needs nothing but node: and its own files', async () => {
  const { readdirSync, readFileSync } = await import('node:fs');
  const { join, resolve } = await import('node:path');
  const folder = resolve(import.meta.dirname, '../../clients/typescript');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    for (const [, from] of readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g)) {
      expect(from, name).toMatch(/^(node:|\.\/)/);
    }
  }
});

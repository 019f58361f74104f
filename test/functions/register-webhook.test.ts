import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessStore } from '../../adapters/dynamodb/access.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { lastSensitiveChange } from '../../adapters/dynamodb/sensitive-changes.ts';
import { type Webhooks, webhooks } from '../../adapters/dynamodb/webhooks.ts';
import { validate } from '../../adapters/http/generated/register-webhook-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { Refusal } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { urlInForce } from '../../core/webhook.ts';
import {
  type RegisterWebhookPorts,
  registerWebhook,
} from '../../functions/register-webhook/register-webhook.ts';
import { fintech, network, signedAct, verifier } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

let clock: ReturnType<typeof memoryClock>;
let table: ReturnType<typeof memoryTable>;
let hooks: Webhooks;
let ports: RegisterWebhookPorts;
let told: OutboxEntry[];
let answer: (words: string) => { status: number; body: string };

beforeEach(() => {
  clock = memoryClock();
  table = memoryTable();
  told = [];
  answer = (words) => ({ status: 200, body: JSON.stringify({ challenge: words }) });
  const sealer = memorySealer(memoryLog());
  hooks = webhooks(table, sealer);
  const announce = async (entries: readonly OutboxEntry[]) => void told.push(...entries);
  const store = accessStore({ table, keys: apiKeys(table, sealer), webhooks: hooks, announce });
  ports = {
    clock,
    ids: memoryIds(),
    node: network,
    local: false,
    random: (size) => randomBytes(size),
    participant: async () => ({ ...fintech, people: ['OFFICER', 'APODERADO'] }),
    verify: verifier(new Map([[party.thumbprint, { party, participant: fintech.finId }]])),
    checkShape: (message) => requireShape(validate, message as never),
    isKnown: store.isKnown,
    post: async (_, body) => {
      const { status, body: text } = answer(JSON.parse(Buffer.from(body).toString()).challenge);
      return { status, body: Buffer.from(text) };
    },
    find: hooks.find,
    record: store.recordWebhook,
  };
});

const caller = { participant: fintech.finId, keyId: 'K1' };
const register = async (url: string, purpose = 'payouts') => {
  const act = await signedAct(party, {
    action: 'webhook.register',
    parameters: { purpose, url },
    at: clock.now(),
  });
  return registerWebhook(ports, { ...act, caller });
};
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'REGISTERED',
    (error: unknown) => (error instanceof Refusal ? error.code : Promise.reject(error)),
  );
const inForce = async () => urlInForce((await hooks.find(fintech.finId, 'payouts'))!, clock.now()).url;

describe('registering a webhook', () => {
  test("a participant's first URL counts at once", async () => {
    await register('https://fintech.example/hook');
    expect(await inForce()).toBe('https://fintech.example/hook');
  });

  test('S12 one that replaces another counts after 24 hours, to the second', async () => {
    await register('https://fintech.example/old');
    clock.advance(3600);
    await register('https://thief.example/new');
    clock.advance(86_399);
    expect(await inForce()).toBe('https://fintech.example/old');
    clock.advance(1);
    expect(await inForce()).toBe('https://thief.example/new');
  });

  test('S12 asking again for the old one takes a replacement back', async () => {
    await register('https://fintech.example/old');
    await register('https://thief.example/new');
    await register('https://fintech.example/old');
    clock.advance(3 * 86_400);
    expect(await inForce()).toBe('https://fintech.example/old');
  });

  test('S12 asking twice for another one starts its 24 hours again and never shortens them', async () => {
    await register('https://fintech.example/old');
    await register('https://a.example/');
    clock.advance(86_000);
    await register('https://b.example/');
    clock.advance(1_000);
    expect(await inForce()).toBe('https://fintech.example/old');
  });

  test('S12 is told to officer and apoderado each time, and keeps confirmation strict', async () => {
    await register('https://fintech.example/old');
    clock.advance(60);
    await register('https://fintech.example/new', 'events');
    expect(told.map(({ refs }) => `${refs.personId} ${refs.what}`)).toEqual([
      'OFFICER webhook.payouts',
      'APODERADO webhook.payouts',
      'OFFICER webhook.events',
      'APODERADO webhook.events',
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(4);
    expect(await lastSensitiveChange(table, fintech.finId)).toEqual(clock.now());
  });

  test.each<[string, (words: string) => { status: number; body: string }]>([
    ['answers 404', (words) => ({ status: 404, body: words })],
    ['redirects', (words) => ({ status: 302, body: words })],
    ['answers other words', () => ({ status: 200, body: '{"challenge":"x"}' })],
    ['answers nothing', () => ({ status: 200, body: '' })],
    ['answers null', () => ({ status: 200, body: 'null' })],
    ['echoes the whole request', (words) => ({ status: 200, body: `you said ${words}` })],
  ])('S12 refuses a URL that %s to its challenge, and keeps nothing', async (_, answers) => {
    answer = answers;
    expect(await code(register('https://fintech.example/hook'))).toBe('WEBHOOK_CHALLENGE_FAILED');
    expect(await hooks.list(fintech.finId)).toEqual([]);
    expect(told).toEqual([]);
  });

  test('takes the words alone as an answer too', async () => {
    answer = (words) => ({ status: 200, body: `${words}\n` });
    expect(await code(register('https://fintech.example/hook'))).toBe('REGISTERED');
  });

  test.each([
    'http://fintech.example/',
    'ftp://fintech.example/',
    'https://user:pass@fintech.example/',
    'https://fintech.example/#x',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://localhost/',
    'https://fintech.example./',
    'https://fintech.example/ x',
    'https:\\\\fintech.example',
    'javascript:alert(1)',
    'nonsense',
    `https://fintech.example/${'a'.repeat(500)}`,
  ])('refuses "%s" before anything is sent to it', async (url) => {
    let asked = false;
    answer = () => {
      asked = true;
      return { status: 200, body: '' };
    };
    expect(await code(register(url))).toBe('WEBHOOK_URL_REFUSED');
    expect(asked).toBe(false);
  });

  test('refuses an unknown purpose, the same message twice, and one without signature', async () => {
    expect(await code(register('https://a.example/', 'mail'))).toBe('BODY_SCHEMA');
    const parameters = { purpose: 'events', url: 'https://a.example/' };
    const act = await signedAct(party, { action: 'webhook.register', parameters, at: clock.now() });
    expect(await code(registerWebhook(ports, { ...act, caller }))).toBe('REGISTERED');
    expect(await code(registerWebhook(ports, { ...act, caller }))).toBe('MESSAGE_ALREADY_RECEIVED');
    expect(await code(registerWebhook(ports, { ...act, signature: undefined, caller }))).toBe(
      'SIGNATURE_MISSING',
    );
  });

  test('S22 an edited URL is refused at the next load', async () => {
    await register('https://fintech.example/hook');
    const key = { pk: `PART#${fintech.finId}`, sk: 'WEBHOOK#payouts' };
    await table.write({ update: key, change: { set: { 'current.url': 'https://thief.example/' } } });
    await expect(hooks.find(fintech.finId, 'payouts')).rejects.toThrow('not as this node sealed it');
  });
});

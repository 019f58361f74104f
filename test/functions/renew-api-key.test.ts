import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessStore } from '../../adapters/dynamodb/access.ts';
import { type ApiKeys, apiKeys, type KeyRing } from '../../adapters/dynamodb/api-keys.ts';
import { lastSensitiveChange } from '../../adapters/dynamodb/sensitive-changes.ts';
import { webhooks } from '../../adapters/dynamodb/webhooks.ts';
import { validate } from '../../adapters/http/generated/renew-api-key-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { digestOfApiKey } from '../../core/api-key.ts';
import { Refusal } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { type RenewApiKeyPorts, renewApiKey } from '../../functions/renew-api-key/renew-api-key.ts';
import { fintech, network, signedAct, verifier } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
let stranger: SigningParty;
beforeAll(async () => {
  [party, stranger] = await Promise.all([signingParty(), signingParty()]);
});

let clock: ReturnType<typeof memoryClock>;
let table: ReturnType<typeof memoryTable>;
let keys: ApiKeys;
let ports: RenewApiKeyPorts<KeyRing>;
let told: OutboxEntry[];

beforeEach(() => {
  clock = memoryClock();
  table = memoryTable();
  told = [];
  const sealer = memorySealer(memoryLog());
  keys = apiKeys(table, sealer);
  const announce = async (entries: readonly OutboxEntry[]) => void told.push(...entries);
  const store = accessStore({ table, keys, webhooks: webhooks(table, sealer), announce });
  ports = {
    clock,
    ids: memoryIds(),
    node: network,
    stage: 'dev',
    random: (size) => randomBytes(size),
    holder: async (finId) =>
      finId === fintech.finId ? { ...fintech, isNode: false, people: ['OFFICER', 'APODERADO'] } : undefined,
    verify: verifier(new Map([[party.thumbprint, { party, participant: fintech.finId }]])),
    checkShape: (message) => requireShape(validate, message as never),
    isKnown: store.isKnown,
    ringOf: keys.heldBy,
    issue: store.issueKey,
  };
});

const caller = { participant: fintech.finId, keyId: 'OLD' };
const renewal = (over = {}) => signedAct(party, { action: 'api_key.renew', at: clock.now(), ...over });
const renew = async (act: { body: Uint8Array; signature: string | undefined }, by = caller) =>
  renewApiKey(ports, { ...act, caller: by });
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ISSUED',
    (error: unknown) => (error instanceof Refusal ? error.code : Promise.reject(error)),
  );

describe('renewing an API key', () => {
  test('issues a sealed key that works at once, kept as its digest only', async () => {
    const { key, grant } = await renew(await renewal());
    expect(await keys.find(digestOfApiKey(key)!)).toEqual(grant);
    expect(grant.expiresAt.getTime() - clock.now().getTime()).toBe(90 * 86_400_000);
    for await (const items of table.scan()) expect(JSON.stringify(items)).not.toContain(key);
  });

  test('S12 tells officer and apoderado, and marks the change that keeps confirmation strict', async () => {
    await renew(await renewal());
    expect(told.map(({ kind, refs }) => [kind, refs.personId, refs.what])).toEqual([
      ['mail.access-changed', 'OFFICER', 'apiKey'],
      ['mail.access-changed', 'APODERADO', 'apiKey'],
    ]);
    expect(await lastSensitiveChange(table, fintech.finId)).toEqual(clock.now());
  });

  test('leaves evidence that names the key, the certificate and the message, with the seal it made', async () => {
    const { grant } = await renew(await renewal({ messageId: 'm-evidence' }));
    const records = [];
    for await (const items of table.scan())
      records.push(...items.filter(({ pk }) => pk.startsWith('EVIDNEW#')));
    expect(records.map(({ record }) => record)).toMatchObject([
      {
        kind: 'apiKey.renewed',
        actor: { finId: fintech.finId, apiKeyId: 'OLD', thumbprint: party.thumbprint },
        subjects: { keyId: grant.keyId, messageId: 'm-evidence' },
        states: [{ item: `KEY#${grant.digest}|KEY`, version: 1 }],
        sources: [{ kind: 'message', item: `MSG#${fintech.finId}#m-evidence|MESSAGE` }],
      },
    ]);
  });

  test('S12 is refused while two keys are valid, and possible again when one has ended', async () => {
    const first = await renew(await renewal());
    await renew(await renewal());
    expect(await code(renew(await renewal()))).toBe('API_KEYS_BOTH_VALID');
    const ring = await keys.heldBy(fintech.finId);
    await table.transact(keys.end(first.grant.keyId, ring, clock.now())!.writes);
    expect(await code(renew(await renewal()))).toBe('ISSUED');
  });

  test('S12 of many renewals at once, no third key comes', async () => {
    const acts = await Promise.all(Array.from({ length: 6 }, () => renewal()));
    const outcomes = await Promise.all(acts.map((act) => code(renew(act))));
    expect(outcomes.filter((outcome) => outcome === 'ISSUED').length).toBeLessThanOrEqual(2);
    expect((await keys.heldBy(fintech.finId)).keys.length).toBeLessThanOrEqual(2);
  });

  test('S27 the same message again, days later too, hears ALREADY_ISSUED and no key', async () => {
    const act = await renewal();
    await renew(act);
    expect(await code(renew(act))).toBe('ALREADY_ISSUED');
    clock.advance(5 * 86_400);
    expect(await code(renew(act))).toBe('ALREADY_ISSUED');
    expect((await keys.heldBy(fintech.finId)).keys).toHaveLength(1);
  });

  test('K: the API key alone, or with a certificate that is not active, renews nothing', async () => {
    expect(await code(renew({ ...(await renewal()), signature: undefined }))).toBe('SIGNATURE_MISSING');
    const foreign = await signedAct(stranger, { action: 'api_key.renew', at: clock.now() });
    expect(await code(renew(foreign))).toBe('SIGNATURE_OTHER_CERTIFICATE');
    expect((await keys.heldBy(fintech.finId)).keys).toHaveLength(0);
  });

  test('refuses another sender, receiver, action or age than the message may have', async () => {
    const refusals = {
      SENDER_NOT_THE_CALLER: { sender: network },
      RECEIVER_NOT_THIS_NODE: { receiver: { ...network, finId: 'BANCO_CL' } },
      ACTION_UNEXPECTED: { action: 'webhook.register' },
      MESSAGE_TOO_OLD: { at: new Date(clock.now().getTime() - 86_400_001) },
      MESSAGE_FROM_THE_FUTURE: { at: new Date(clock.now().getTime() + 600_001) },
    };
    for (const [expected, over] of Object.entries(refusals)) {
      expect(await code(renew(await renewal(over)))).toBe(expected);
    }
  });

  test('a refused renewal burns nothing: the same message passes when the reason is gone', async () => {
    const first = await renew(await renewal());
    await renew(await renewal());
    const third = await renewal();
    expect(await code(renew(third))).toBe('API_KEYS_BOTH_VALID');
    await table.transact(keys.end(first.grant.keyId, await keys.heldBy(fintech.finId), clock.now())!.writes);
    expect(await code(renew(third))).toBe('ISSUED');
  });
});

// A node's access functions over a table in memory: what a test sees of them, and the knobs that it turns.

import { randomBytes } from 'node:crypto';
import { accessStore } from '../../adapters/dynamodb/access.ts';
import { apiKeys, type KeyRing } from '../../adapters/dynamodb/api-keys.ts';
import type { StoredItem } from '../../adapters/dynamodb/table.ts';
import { webhooks } from '../../adapters/dynamodb/webhooks.ts';
import { validate as validateWebhook } from '../../adapters/http/generated/register-webhook-message.js';
import { validate as validateRenewal } from '../../adapters/http/generated/renew-api-key-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { OperatorRow } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { urlInForce } from '../../core/webhook.ts';
import {
  type RegisterWebhookPorts,
  registerWebhook,
} from '../../functions/register-webhook/register-webhook.ts';
import { type RenewApiKeyPorts, renewApiKey } from '../../functions/renew-api-key/renew-api-key.ts';
import { fintech, network, signedAct, verifier } from './acts.ts';
import type { SigningParty } from './signer.ts';

const caller = { participant: fintech.finId, keyId: 'OLD' };

/** The code of a refusal, or what `promise` came to. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'DONE',
    (error: unknown) => (error instanceof Refusal ? error.code : Promise.reject(error)),
  );
}

export function accessStand(party: SigningParty) {
  const clock = memoryClock();
  const items = new Map<string, StoredItem>();
  const table = memoryTable(items);
  const told: OutboxEntry[] = [];
  const sealer = memorySealer(memoryLog());
  const keys = apiKeys(table, sealer);
  const hooks = webhooks(table, sealer);
  const announce = async (entries: readonly OutboxEntry[]) => void told.push(...entries);
  const store = accessStore({ table, keys, webhooks: hooks, announce });
  const knobs = {
    /** What payout operators said of the certificate that signs. */
    rows: [] as readonly OperatorRow[],
    /** What the registered URL answers to the words of its challenge. */
    answer: (words: string) => ({ status: 200, body: JSON.stringify({ challenge: words }) }),
    /** What it answers to a body with a signature: like a page that sees no difference. */
    answerSigned: (_body: Uint8Array, _signature: string) => knobs.answer('').status,
  };
  const shared = {
    clock,
    ids: memoryIds(),
    node: network,
    random: (size: number) => randomBytes(size),
    verify: verifier(new Map([[party.thumbprint, { party, participant: fintech.finId }]])),
    isKnown: store.isKnown,
    rows: async () => knobs.rows,
  };
  const people = ['OFFICER', 'APODERADO'];
  const renewal: RenewApiKeyPorts<KeyRing> = {
    ...shared,
    stage: 'dev',
    holder: async (finId) => (finId === fintech.finId ? { ...fintech, isNode: false, people } : undefined),
    checkShape: (message) => requireShape(validateRenewal, message as never),
    ringOf: keys.heldBy,
    issue: store.issueKey,
  };
  const registration: RegisterWebhookPorts = {
    ...shared,
    local: false,
    participant: async () => ({ ...fintech, people }),
    checkShape: (message) => requireShape(validateWebhook, message as never),
    signer: party,
    certificate: async () => party.certificateDer,
    post: async (_, body, signature) => {
      if (signature !== undefined)
        return { status: knobs.answerSigned(body, signature), body: Buffer.from('') };
      const { status, body: text } = knobs.answer(JSON.parse(Buffer.from(body).toString()).challenge);
      return { status, body: Buffer.from(text) };
    },
    find: hooks.find,
    record: store.recordWebhook,
  };
  const renewalAct = (over = {}) => signedAct(party, { action: 'api_key.renew', at: clock.now(), ...over });
  const webhookAct = (url: string, purpose = 'payouts') =>
    signedAct(party, { action: 'webhook.register', parameters: { purpose, url }, at: clock.now() });
  type Act = { readonly body: Uint8Array; readonly signature: string | undefined };
  const renew = (act: Act) => renewApiKey(renewal, { ...act, caller });
  return {
    clock,
    items,
    sealer,
    table,
    keys,
    hooks,
    told,
    knobs,
    renewalAct,
    webhookAct,
    renew,
    renewAnew: async () => renew(await renewalAct()),
    registerAct: (act: Act) => registerWebhook(registration, { ...act, caller }),
    register: async (url: string, purpose = 'payouts') =>
      registerWebhook(registration, { ...(await webhookAct(url, purpose)), caller }),
    async endKey(keyId: string) {
      await table.transact(keys.end(keyId, await keys.heldBy(fintech.finId), clock.now())!.writes);
    },
    urlInForce: async () => urlInForce((await hooks.find(fintech.finId, 'payouts'))!, clock.now()).url,
  };
}

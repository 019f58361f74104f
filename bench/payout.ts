// P1 to P4: what a message of payouts costs before anything is read or written: the use case with its ports answering
// from memory, against verifying the signature and parsing the body, and against the usual stack of libraries.

import { constants, createPublicKey, randomBytes, randomUUID, verify, X509Certificate } from 'node:crypto';
import { flattenedVerify } from 'jose';
import { z } from 'zod';
import { payoutStore } from '../adapters/dynamodb/payouts.ts';
import type { Table } from '../adapters/dynamodb/table.ts';
import { type ApiKeyRecord, checkApiKey, digestOfApiKey, makeApiKey } from '../core/api-key.ts';
import { type EdgeRequest, signEdge } from '../core/edge-identity.ts';
import { Refusal } from '../core/errors.ts';
import type { PayoutStore } from '../core/payout/ports.ts';
import { admitPayout } from '../functions/admit-payout/admit-payout.ts';
import { type AuthorizePorts, authorizeRequest } from '../functions/authorize-request/authorize-request.ts';
import { makeAuthority, someHolder } from '../test/support/certificates.ts';
import { signedBy } from '../test/support/enrolment.ts';
import { bank, debtor, payoutMessage, payoutWorld } from '../test/support/payouts.ts';
import { cpuOf, type Figure, isBelievable, type Paired, paired } from './figure.ts';

const sizes = [1, 10, 100, 1000] as const;

export async function payoutFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const costs = new Map<number, number>();
  for (const size of sizes) {
    const { admit, admitAndWrite, floor, libraries } = await messageOf(size);
    const own = await paired(admit, floor);
    figures.push(figure('P1', `admission, N = ${size}`, own, 'verify + parse', 1.25, 'ratio'));
    const written = await paired(admitAndWrite, floor);
    figures.push(
      figure('P1-items', `the same and its items, N = ${size}`, written, 'verify + parse', 2.5, 'ratio'),
    );
    costs.set(size, await cpuOf(admit, Math.ceil(2000 / size)));
    if (size !== 1 && size !== 1000) continue;
    const peer = await paired(libraries, admit, 20);
    const most = await paired(libraries, floor, 20);
    const aim = size === 1 ? 12 : 2.5;
    const reference = `jose + zod + X509Certificate per call; verify + parse alone: ${most.ratio.toFixed(2)}`;
    figures.push(figure('P2', `admission, N = ${size}`, peer, reference, aim, 'times'));
  }
  const exponent = Math.log10(costs.get(1000)! / costs.get(100)!);
  figures.push({
    id: 'P3',
    what: 'growth from N = 100 to 1000 (exponent)',
    value: exponent,
    reference: 'linear',
    aim: 1.02,
    holds: exponent <= 1.02,
    unit: 'ratio',
  });
  return [...figures, ...(await refusals())];
}

function figure(
  id: string,
  what: string,
  measured: Paired,
  reference: string,
  aim: number,
  unit: 'ratio' | 'times',
): Figure {
  const { ratio: value, control } = measured;
  const meets = unit === 'times' ? value >= aim : value <= aim;
  return { id, what, value, reference, aim, holds: meets && isBelievable(measured), unit, control };
}

/** The ports of a network that has met this sender before. */
async function node() {
  const limit = { day: 10n ** 17n, creditor: 10n ** 17n };
  const world = await payoutWorld({ settings: { limits: { CLP: limit }, severalOperators: false } });
  const facts = await world.ports.facts(world.leaf.thumbprint, debtor);
  const thawed = await world.ports.requireThawed({ status: facts.status! }, world.clock.now());
  const seed = world.ports.seed();
  const ports = {
    ...world.ports,
    facts: async (thumbprint: string) =>
      thumbprint === world.leaf.thumbprint ? facts : { ...facts, status: undefined },
    requireThawed: async () => thawed,
    seed: () => seed,
    payouts: inMemory,
  };
  return { ...world, ports };
}

const inMemory: PayoutStore = {
  record: async () => ({ outcome: 'RECORDED' }),
  known: async () => [undefined],
};

/** The store as it is, over a table that takes everything: what the items of a message cost to make. */
const writing = payoutStore({
  table: { transact: async () => {}, getMany: async () => [] } as unknown as Table,
  large: { put: async () => {}, get: async () => new Uint8Array() },
  announce: async () => {},
});

async function messageOf(size: number) {
  const world = await node();
  const withStore = { ...world.ports, payouts: writing };
  const payouts = Array.from({ length: size }, (_, at) => ({
    operator: bank,
    creditor: `${10_000_000 + at}-1`,
    account: String(at + 1),
  }));
  const body = Buffer.from(payoutMessage({ payouts }));
  const signature = await signedBy(world.leaf, body);
  const key = createPublicKey(world.leaf.key);
  const received = { body, signature, caller: world.caller };
  const admitting = (ports: typeof world.ports) => async () => {
    const { outcome } = await admitPayout(ports, received);
    if (outcome !== 'RECORDED') throw new Error(outcome);
  };
  return {
    admit: admitting(world.ports),
    admitAndWrite: admitting(withStore),
    floor: () => {
      rawVerify(body, signature, key);
      JSON.parse(body.toString('utf8'));
    },
    libraries: () => withLibraries(body, signature),
  };
}

function rawVerify(body: Buffer, signature: string, key: ReturnType<typeof createPublicKey>): void {
  const [header = '', , end = ''] = signature.split('.');
  const input = Buffer.concat([Buffer.from(`${header}.`), body]);
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  if (!verify('sha256', input, options, Buffer.from(end, 'base64url'))) throw new Error('does not verify');
}

const text = z.string().min(1).max(140);
const party = z.object({
  name: text,
  identification: z.object({ id_schema: text, id: text }),
  financial_institution: z.object({ fin_id: text, fin_id_schema: text }).nullish(),
  account: text,
  account_type: text,
  email: text,
});
const message = z.object({
  document: z.object({
    header: z.object({
      sender: z.object({ fin_id: text }),
      receiver: z.object({ fin_id: text }),
      message_id: text,
      creation_date: text,
    }),
    transactions: z.array(
      z.object({
        transaction_type: z.literal('payout'),
        transaction_id: text,
        currency: z.string().regex(/^[A-Z]{3}$/),
        amount: z.string().regex(/^[0-9]{1,18}(\.[0-9]{1,17})?$/),
        description: text,
        execution_date: text,
        debtor: party,
        creditor: party,
      }),
    ),
  }),
});

async function withLibraries(body: Buffer, signature: string): Promise<void> {
  const [header = '', , end = ''] = signature.split('.');
  const { x5c } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { x5c: string[] };
  const { publicKey } = new X509Certificate(Buffer.from(x5c[0]!, 'base64'));
  await flattenedVerify({ protected: header, payload: body, signature: end }, publicKey, {
    algorithms: ['PS256'],
    crit: { b64: true },
  });
  message.parse(JSON.parse(body.toString('utf8')));
}

/** P4: at N = 1, against one verification of the same message. The API key is the authorizer's. */
async function refusals(): Promise<readonly Figure[]> {
  const world = await node();
  const body = Buffer.from(payoutMessage());
  const good = await signedBy(world.leaf, body);
  const stranger = makeAuthority({ name: 'Otra' }).issue({ holder: someHolder, keyLabel: 'otra' });
  const [unknown, bad] = [await signedBy(stranger, body), await signedBy(world.leaf, Buffer.from('other'))];
  const key = createPublicKey(world.leaf.key);
  const once = () => rawVerify(body, good, key);
  const refusing = (signature: string, code: string) => async () => {
    const outcome = await admitPayout(world.ports, { body, signature, caller: world.caller });
    if (outcome.outcome !== 'REFUSED' || outcome.refusals[0].code !== code) throw new Error(outcome.outcome);
  };
  const unenrolled = await paired(refusing(unknown, 'CERTIFICATE_UNKNOWN'), once);
  const forged = await paired(refusing(bad, 'SIGNATURE_INVALID'), once);
  const keyless = await paired(refusedKey(), once);
  const outside = await paired(await refusedRequest(), once);
  return [
    figure('P4', 'bad API key refused', keyless, 'one verify', 0.05, 'ratio'),
    figure(
      'P4-edge',
      "bad API key refused, the edge's MAC verified before",
      outside,
      'one verify',
      0.5,
      'ratio',
    ),
    figure('P4', 'unknown certificate refused', unenrolled, 'one verify', 0.2, 'ratio'),
    figure('P4', 'bad signature refused', forged, 'one verify', 1.1, 'ratio'),
  ];
}

const unheard = makeApiKey('dev', randomBytes(32));
const isRefused = (error: unknown) => error instanceof Refusal && error.code === 'API_KEY_NOT_VALID';

/** The check of a key alone: its form, its digest, and no record. */
function refusedKey(): () => void {
  const records = new Map<string, ApiKeyRecord>();
  const at = new Date();
  return () => {
    try {
      checkApiKey(records.get(digestOfApiKey(unheard) ?? ''), at);
    } catch (error) {
      if (isRefused(error)) return;
    }
    throw new Error('not refused');
  };
}

/** All that the authorizer does for such a request. */
async function refusedRequest(): Promise<() => Promise<void>> {
  const edgeKey = { id: 'k', secret: randomBytes(32) };
  const at = new Date();
  const [host, target] = ['api.example', '/v1/messages/payouts'];
  const [method, client, interactionId] = ['POST', 'none' as const, randomUUID()];
  const request: EdgeRequest = { method, host, target, interactionId, client, apiKey: unheard };
  const signed = { host, 'shinkansen-api-key': unheard, ...signEdge(request, edgeKey, at) };
  const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name, [value]]));
  const received = { method, path: target, query: {}, headers, certificateExempt: false };
  const ports: AuthorizePorts = {
    edgeKeys: async () => [edgeKey],
    findKey: async () => undefined,
    asksForCertificate: async () => false,
    requireTransport: async () => {},
  };
  return async () => {
    const refused = await authorizeRequest(received, ports, at).catch(isRefused);
    if (refused !== true) throw new Error('not refused');
  };
}

if (import.meta.main) {
  const { print } = await import('./figure.ts');
  print(await payoutFigures());
}

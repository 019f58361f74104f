// P1 to P4: what a message of payouts costs before anything is read or written: the use case with its ports answering
// from memory, against verifying the signature and parsing the body, and against the usual stack of libraries.

import { constants, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { flattenedVerify } from 'jose';
import { z } from 'zod';
import { admitPayout } from '../functions/admit-payout/admit-payout.ts';
import { makeAuthority, someHolder } from '../test/support/certificates.ts';
import { signedBy } from '../test/support/enrolment.ts';
import { bank, payer, payoutMessage, payoutWorld } from '../test/support/payouts.ts';
import { cpuOf, type Figure, isBelievable, type Paired, paired } from './figure.ts';

const sizes = [1, 10, 100, 1000] as const;

export async function payoutFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const costs = new Map<number, number>();
  for (const size of sizes) {
    const { admit, floor, libraries } = await messageOf(size);
    const own = await paired(admit, floor);
    figures.push(figure('P1', `admission, N = ${size}`, own, 'verify + parse', 1.25, 'ratio'));
    costs.set(size, await cpuOf(admit, Math.ceil(2000 / size)));
    if (size !== 1 && size !== 1000) continue;
    const peer = await paired(libraries, admit, 20);
    const aim = size === 1 ? 12 : 2.5;
    figures.push(
      figure('P2', `the same, N = ${size}`, peer, 'jose + zod + X509Certificate per call', aim, 'times'),
    );
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
  const facts = await world.ports.facts(world.leaf.thumbprint, payer);
  const thawed = await world.ports.requireThawed({ status: facts.status! }, world.clock.now());
  const seed = world.ports.seed();
  const ports = {
    ...world.ports,
    facts: async (thumbprint: string) =>
      thumbprint === world.leaf.thumbprint ? facts : { ...facts, status: undefined },
    requireThawed: async () => thawed,
    seed: () => seed,
    payouts: { record: async () => ({ outcome: 'RECORDED' as const }), known: async () => [undefined] },
  };
  return { ...world, ports };
}

async function messageOf(size: number) {
  const world = await node();
  const payouts = Array.from({ length: size }, (_, at) => ({
    operator: bank,
    creditor: `${10_000_000 + at}-1`,
    account: String(at + 1),
  }));
  const body = Buffer.from(payoutMessage({ payouts }));
  const signature = await signedBy(world.leaf, body);
  const key = createPublicKey(world.leaf.key);
  const received = { body, signature, caller: world.caller };
  return {
    async admit() {
      const { outcome } = await admitPayout(world.ports, received);
      if (outcome !== 'RECORDED') throw new Error(outcome);
    },
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

/** P4: at N = 1, against one verification of the same message. The API key is the authorizer's: one SHA-256. */
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
  return [
    figure('P4', 'unknown certificate refused', unenrolled, 'one verify', 0.2, 'ratio'),
    figure('P4', 'bad signature refused', forged, 'one verify', 1.1, 'ratio'),
  ];
}

if (import.meta.main) {
  const { print } = await import('./figure.ts');
  print(await payoutFigures());
}

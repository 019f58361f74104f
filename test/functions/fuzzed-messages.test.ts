import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { payoutsRefused } from '../../adapters/http/payouts.ts';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { signDetached } from '../../core/message/jws.ts';
import { nodeMessageBytes } from '../../core/message/outgoing.ts';
import type { Executor } from '../../core/payout/executor.ts';
import { admitPayout } from '../../functions/admit-payout/admit-payout.ts';
import { edited, mutated } from '../support/edited.ts';
import { signedBy } from '../support/enrolment.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { bank, debtor, fintech, network, now, payoutMessage, payoutWorld } from '../support/payouts.ts';

// Whatever bytes arrive: an answer that the caller can act on, never a fault of ours, and nothing taken that was not signed.

const caller = { participant: debtor, keyId: 'K1' };

describe('a message of payouts', () => {
  let world: Awaited<ReturnType<typeof payoutWorld>>;
  const body = Buffer.from(payoutMessage({ messageId: 'fuzz', payouts: [{ id: 'f-1' }, { id: 'f-2' }] }));
  let signature: string;
  const statusOf = async (bytes: Uint8Array, header: string | undefined) => {
    const admitted = await admitPayout(world.ports, { body: bytes, signature: header, caller });
    return admitted.outcome === 'REFUSED' ? payoutsRefused(admitted.refusals, 'i').status : 200;
  };
  beforeAll(async () => {
    world = await payoutWorld();
    signature = await signedBy(world.leaf, body);
  });

  test('is a 400 with any other bytes under its signature', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(body), async (bytes) => {
        expect(await statusOf(bytes, signature)).toBe(400);
      }),
      { numRuns: 150 },
    );
  });

  test('is a 400 under any other signature header', async () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
    // One sign of the signature part exchanged: still canonical base64url nearly everywhere.
    const first = signature.lastIndexOf('.') + 1;
    const exchanged = fc
      .tuple(fc.integer({ min: first, max: signature.length - 2 }), fc.constantFrom(...alphabet))
      .map(([at, sign]) => signature.slice(0, at) + sign + signature.slice(at + 1))
      .filter((other) => other !== signature);
    const headers = fc.oneof(
      exchanged,
      mutated(Buffer.from(signature)).map((bytes) => bytes.toString('latin1')),
      fc.string({ maxLength: 200 }),
      fc.constant(undefined),
    );
    await fc.assert(
      fc.asyncProperty(headers, async (header) => {
        expect(await statusOf(body, header)).toBe(400);
      }),
      { numRuns: 300 },
    );
  });

  test('is taken or a 400, never a fault, however its signer spells it', async () => {
    const document = JSON.parse(body.toString()) as unknown;
    const spelled = fc.oneof(edited(document), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(spelled, async (message) => {
        const bytes = Buffer.from(JSON.stringify(message));
        expect([200, 400]).toContain(await statusOf(bytes, await signedBy(world.leaf, bytes)));
      }),
      { numRuns: 150 },
    );
  });
});

test('a message between nodes is answered or refused, never a fault, whatever its parameters say', async () => {
  const nodes = await payoutNodes({ bankUrl: 'http://127.0.0.1:9' });
  const original = payoutMessage({ messageId: 'inner', payouts: [{ id: 'i-1' }] });
  const institution = (finId: string) => ({ finId, finIdSchema: 'SHINKANSEN' });
  const ids = { transaction_id: 'i-1', shinkansen_transaction_id: '019e83b2-e580-7c9b-85ef-2df0cca0fd35' };
  const forward = {
    message: Buffer.from(original).toString('base64'),
    signature: await signedBy(nodes.net.leaf, original),
    payout_operator: bank,
    transactions: [ids],
    not_after: new Date(now.getTime() + 3_600_000).toISOString(),
  };
  const acts = {
    'payout.forward': forward,
    'payout.inquire': forward,
    'payout.answer': {
      participant: debtor,
      ...ids,
      status: 'ok',
      response_status: 'ok',
      response_message: '',
    },
  };
  const asked = fc
    .constantFrom(...(Object.keys(acts) as (keyof typeof acts)[]))
    .chain((action) => fc.tuple(fc.constant(action), edited(acts[action]), fc.uuid()));
  const key = nodes.keys[network.finId]!;
  await fc.assert(
    fc.asyncProperty(asked, async ([action, parameters, id]) => {
      const message = { sender: institution(network.finId), receiver: institution(bank), action };
      const bytes = nodeMessageBytes(
        { id, createdAt: nodes.op.clock.now() },
        { ...message, parameters: parameters as never },
      );
      const signed = await signDetached(bytes, key.der, {
        sign: async (digest) => signPssDigest(key.key, digest),
      });
      // `take` throws for a fault, and answers 503 where the node only says that it is busy.
      const { status } = await nodes.operator.take(network.finId, signed, bytes);
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 120 },
  );
});

test('whatever is taken is paid or refused at its payout operator, however its signer spells it', async () => {
  const paid: string[] = [];
  const executor: Executor = {
    idempotent: true,
    holderOf: async () => fintech.taxId,
    creditorAccount: async () => undefined,
    async pay({ key }) {
      paid.push(key);
      return { outcome: 'OK', reference: '1' };
    },
    find: async () => ({ outcome: 'NEVER_SEEN' }),
  };
  const nodes = await payoutNodes({ bankUrl: 'http://none', executor });
  const document = JSON.parse(Buffer.from(payoutMessage({ payouts: [{}] })).toString()) as Message;
  interface Message {
    document: { header: { message_id: string }; transactions: { transaction_id: string; amount: string }[] };
  }
  await fc.assert(
    fc.asyncProperty(edited(document.document.transactions[0]), fc.uuid(), async (transaction, id) => {
      const message = structuredClone(document);
      message.document.header.message_id = id;
      message.document.transactions = [{ ...(transaction as object), transaction_id: id, amount: '1' }];
      const admitted = await nodes.net.send(Buffer.from(JSON.stringify(message)));
      if (admitted.outcome === 'REFUSED') return;
      await nodes.run(3);
      expect((await nodes.network.ports.moves.find(debtor, id))?.state).toMatch(/^(ok|error)$/);
      expect(paid.filter((key) => key.endsWith(id)).length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
  expect(
    [nodes.network, nodes.operator].flatMap(({ log }) => log.lines.map(({ code }) => code)),
  ).not.toContain('FAULT');
});

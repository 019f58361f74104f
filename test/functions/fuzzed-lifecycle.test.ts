import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { validate as validateWithdrawal } from '../../adapters/http/generated/withdraw-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { readDisableForward, readSuspend } from '../../core/disable/forward.ts';
import { readForward } from '../../core/enrolment/forward.ts';
import { Refusal } from '../../core/errors.ts';
import { type JsonObject, parametersOf, readEnvelope, writeEnvelope } from '../../core/message/envelope.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { disableCertificate } from '../../functions/disable-certificate/disable-certificate.ts';
import { receiveAnswer } from '../../functions/receive-node-message/receive-answer.ts';
import { receiveDisable } from '../../functions/receive-node-message/receive-disable.ts';
import { receiveEnrolment } from '../../functions/receive-node-message/receive-enrolment.ts';
import { receiveSuspension } from '../../functions/receive-node-message/receive-suspension.ts';
import { withdrawEnrolment } from '../../functions/withdraw-enrolment/withdraw-enrolment.ts';
import type { Issued } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { edited, mutated } from '../support/edited.ts';
import { enrolMessage, fintech, network, signedBy } from '../support/enrolment.ts';
import { suspensionStand } from '../support/suspension.ts';

// Whatever is asked of a certificate's end, by its participant or by another node: done or refused, never a fault of ours,
// and nothing ends that was not signed.

const numRuns = 150;
const caller = { participant: fintech.finId, keyId: 'K1' };

/** DONE, or the code of the refusal; a fault is thrown. */
async function heard(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'DONE';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe('of a participant', () => {
  let stand: ReturnType<typeof disableStand>;
  let signer: Issued;
  let body: Uint8Array;
  beforeAll(async () => {
    stand = disableStand();
    signer = await stand.active(stand.leaf('signer'));
    const one = await stand.active(stand.leaf('one'));
    body = (await stand.disableMessage({ thumbprint: one.thumbprint })).body;
  });
  const disable = (bytes: Uint8Array, signature: string | undefined, thumbprint?: string) =>
    disableCertificate(stand.ports, { body: bytes, signature, caller, ...(thumbprint && { thumbprint }) });

  test('a disable with any other bytes under its signature is refused', async () => {
    const signature = await signedBy(signer, body);
    const bytes = mutated(Buffer.from(body));
    await fc.assert(
      fc.asyncProperty(bytes, async (other) => {
        expect(await heard(() => disable(other, signature))).not.toBe('DONE');
      }),
      { numRuns },
    );
  });

  test('a disable is done or refused, however its signer spells it, under any path', async () => {
    const spelled = fc.oneof(edited(JSON.parse(Buffer.from(body).toString())), fc.jsonValue());
    const path = fc.option(fc.string({ maxLength: 100 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(spelled, path, fc.boolean(), async (message, thumbprint, signs) => {
        const bytes = Buffer.from(JSON.stringify(message));
        const signature = signs ? await signedBy(signer, bytes) : undefined;
        await heard(() => disable(bytes, signature, thumbprint));
      }),
      { numRuns },
    );
  });

  test('an enrolment is recorded or refused, however its participant spells it', async () => {
    const leaf = stand.leaf('enrolled');
    const good = enrolMessage({ leaf, messageId: 'e', creationDate: stand.clock.now() });
    const ports = { ...stand.enrolling, countUnsigned: async () => true };
    const spelled = fc.oneof(edited(JSON.parse(Buffer.from(good).toString())), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(spelled, fc.boolean(), async (message, signs) => {
        const bytes = Buffer.from(JSON.stringify(message));
        const signature = signs ? await signedBy(signer, bytes) : undefined;
        await heard(() => admitEnrolment(ports, { body: bytes, signature, caller }));
      }),
      { numRuns },
    );
  });

  test('a withdrawal is done or refused, however its signer spells it, under any path', async () => {
    const { id } = await stand.pending(stand.leaf('waiting'));
    const header = { sender: fintech, receiver: network, messageId: 'w', creationDate: stand.clock.now() };
    const good = writeEnvelope(header, {
      action: 'enrolment.withdraw',
      parameters: { enrolment_id: id, reason: 'no' },
    });
    const ports = {
      ...stand.ports,
      enrolments: stand.enrolments,
      checkShape: (message: object) => requireShape(validateWithdrawal, message as never),
    };
    const spelled = fc.oneof(edited(JSON.parse(Buffer.from(good).toString())), fc.jsonValue());
    const by = await stand.active(stand.leaf('withdrawer'));
    await fc.assert(
      fc.asyncProperty(spelled, fc.oneof(fc.constant(id), fc.string()), async (message, enrolmentId) => {
        const bytes = Buffer.from(JSON.stringify(message));
        const signature = await signedBy(by, bytes);
        const of = { ...fintech, keyId: 'K1' };
        await heard(() => withdrawEnrolment(ports, { enrolmentId, body: bytes, signature, caller: of }));
      }),
      { numRuns },
    );
  });
});

describe('of another node', () => {
  const nodes = { network, bank: { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' } };
  let there: Awaited<ReturnType<typeof suspensionStand>>;
  let here: ReturnType<typeof disableStand>;
  let waiting: { id: string; thumbprint: string };
  let leaf: Issued;
  beforeAll(async () => {
    there = await suspensionStand('payoutOperator');
    await there.active(there.leaf('one'), {}, 'E1');
    here = disableStand();
    leaf = here.leaf('answered');
    waiting = await here.pending(leaf);
    const row = { enrolmentId: waiting.id, operator: 'BANCO_CL', status: 'waiting' } as const;
    await here.enrolments.putRow({ ...row, at: here.clock.now() }, { evidence: [], outbox: [] });
  });
  const said = (messageId: string, bytes: Uint8Array) => ({
    from: nodes.network,
    apiKeyId: 'KN',
    messageId,
    message: { bytes, signature: 'a..b' },
  });
  const hear = {
    'certificate.disable_forward': (bytes: Uint8Array, id: string) =>
      receiveDisable(
        { ...there.ports, enrolments: there.enrolments },
        readDisableForward(parametersOf(readEnvelope(bytes), 'certificate.disable_forward')),
        said(id, bytes),
      ),
    'participant.suspend': (bytes: Uint8Array, id: string) =>
      receiveSuspension(
        there.serving,
        readSuspend(parametersOf(readEnvelope(bytes), 'participant.suspend')),
        said(id, bytes),
      ),
    'enrolment.forward': (bytes: Uint8Array) =>
      receiveEnrolment(there.enrolling, {
        forward: readForward(parametersOf(readEnvelope(bytes), 'enrolment.forward')),
        from: nodes.network,
        apiKeyId: 'KN',
      }),
    'enrolment.answer': async (bytes: Uint8Array, id: string) => {
      const message = { bytes, signature: await signedBy(leaf, bytes) };
      await receiveAnswer(here.enrolling, { operator: 'BANCO_CL', messageId: id, message });
    },
  };
  const good = (): Record<keyof typeof hear, JsonObject> => ({
    'certificate.disable_forward': {
      ...{ participant: fintech.finId, enrolment_ids: ['E1', 'E2'], thumbprints: [] },
      ...{ cause: 'other', reason: 'r', message: null, signature: null },
    },
    'participant.suspend': {
      participant: fintech.finId,
      reason: 'r',
      suspended_by: 'apoderado',
      confirmed: true,
    },
    'enrolment.forward': {
      enrolment_id: 'E3',
      message: Buffer.from(enrolMessage({ leaf: there.leaf('sent'), messageId: 'f' })).toString('base64'),
      signature: null,
    },
    'enrolment.answer': {
      enrolment_id: waiting.id,
      thumbprint: waiting.thumbprint,
      status: 'accepted',
      code: null,
      confirmation: {
        person_id: 'p',
        method: 'passkey',
        at: '2026-06-01T12:00:00Z',
        statement: {},
        proof: {},
      },
    },
  });

  test.each(Object.keys(hear) as (keyof typeof hear)[])(
    '%s is done or refused, whatever its parameters say',
    async (action) => {
      await fc.assert(
        fc.asyncProperty(edited(good()[action]), fc.uuid(), async (parameters, messageId) => {
          const [sender, receiver] =
            action === 'enrolment.answer' ? [nodes.bank, network] : [network, nodes.bank];
          const header = { sender, receiver, messageId, creationDate: there.clock.now() };
          const bytes = writeEnvelope(header, { action, parameters: parameters as JsonObject });
          await heard(() => hear[action](bytes, messageId));
        }),
        { numRuns },
      );
    },
  );
});

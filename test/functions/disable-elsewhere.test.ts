import { beforeEach, describe, expect, test } from 'vitest';
import { undeliveredDisables } from '../../adapters/dynamodb/undelivered.ts';
import { validate as validateForward } from '../../adapters/http/generated/disable-forward-parameters.js';
import { validate as validateSuspend } from '../../adapters/http/generated/participant-suspend-parameters.js';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { disableForwardParameters, readDisableForward, readSuspend } from '../../core/disable/forward.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { SignedBytes } from '../../functions/deliver-message/deliver-message.ts';
import { disableDeliveries } from '../../functions/deliver-message/disable-deliveries.ts';
import { forwardDisable } from '../../functions/forward-disable/forward-disable.ts';
import { endEnrolment } from '../../functions/receive-node-message/end-enrolment.ts';
import {
  type FromNode,
  type ReceiveDisablePorts,
  receiveDisable,
} from '../../functions/receive-node-message/receive-disable.ts';
import { codeOf } from '../support/access-stand.ts';
import { disableStand } from '../support/disable.ts';
import { fintech, network } from '../support/enrolment.ts';
import { signingParty } from '../support/signer.ts';

let here: ReturnType<typeof disableStand>;
let there: ReturnType<typeof disableStand>;
let ports: ReceiveDisablePorts;
beforeEach(() => {
  here = disableStand('network');
  there = disableStand('payoutOperator');
  ports = { ...there.ports, enrolments: there.enrolments };
});

const said = (messageId: string): FromNode => ({
  from: network,
  apiKeyId: 'KN',
  messageId,
  message: { bytes: Buffer.from(`outer ${messageId}`), signature: 'a..b' },
});
const told = () => there.queues.announced.map(({ id }) => id.split('.').toSpliced(2, 1).join('.'));

/** What the network's outbox says to the payout operator, and the operator's hearing of it. */
async function carry(entry: Pick<OutboxEntry, 'id'>) {
  const id = entry.id.split('.')[2]!;
  const parameters = disableForwardParameters((await here.disables.find(id))!, undefined);
  await receiveDisable(ports, readDisableForward(parameters), said(entry.id));
}

const forwardOf = () => here.queues.announced.find(({ id }) => id.startsWith('disable.start.'))!;

describe('M4 at a payout operator', () => {
  test.each(['signed', 'unsigned'] as const)(
    'what the network disabled, %s, is disabled at once',
    async (how) => {
      const [leaf, other] = [here.leaf('one'), here.leaf('other')];
      await here.active(leaf);
      await here.active(other);
      const [one, two] = (await here.disables.holdings(fintech.finId)).flatMap(
        ({ enrolment }) => enrolment ?? [],
      );
      const mine = there.leaf('one');
      await there.active(mine, {}, [one!, two!].find(({ thumbprint }) => thumbprint === leaf.thumbprint)!.id);
      await here.disable({ thumbprint: leaf.thumbprint }, how === 'signed' ? { by: other } : {});
      there.queues.announced.length = 0;
      await carry(forwardOf());
      expect(await there.statusOf(mine)).toBe('disabled');
      expect(told()).toEqual(['mail.disabled.OFFICER', 'mail.disabled.APODERADO', 'event.disable']);
      expect(there.evidence().at(-1)).toMatchObject({
        kind: 'certificate.disabled',
        actor: { kind: 'network', finId: network.finId },
      });
    },
  );

  const forward = { participant: fintech.finId, enrolmentIds: ['E1'], cause: 'other', reason: 'r' } as const;

  test('a pending one ends, and who waits for the apoderado is woken', async () => {
    const enrolment = await there.pending(there.leaf('one'), 'signing', 'E1');
    await receiveDisable(ports, forward, said('m-1'));
    expect(await there.enrolments.find(enrolment.id)).toMatchObject({
      networkStatus: 'rejected',
      code: 'DISABLED_ELSEWHERE',
    });
    expect(there.queues.announced.at(-1)!.id).toMatch(/^execution\.wake\.E1\.apoderado\./);
  });

  test('one that overtakes its enrolment refuses it when it arrives', async () => {
    await receiveDisable(ports, forward, said('m-1'));
    await expect(there.pending(there.leaf('one'), 'signing', 'E1')).rejects.toThrow('DISABLED_ELSEWHERE');
    expect(told()).toEqual([]);
  });

  test('the same message again changes nothing and tells nobody twice', async () => {
    await there.active(there.leaf('one'), {}, 'E1');
    await receiveDisable(ports, forward, said('m-1'));
    const before = [there.queues.announced.length, there.items.size];
    await receiveDisable(ports, forward, said('m-1'));
    expect([there.queues.announced.length, there.items.size]).toEqual(before);
  });

  test('another network ends nothing that this one forwarded', async () => {
    const leaf = await there.active(there.leaf('one'), {}, 'E1');
    const other = { finId: 'OTRA_RED', finIdSchema: 'SHINKANSEN' };
    await receiveDisable(ports, forward, { ...said('m-1'), from: other });
    expect(await there.statusOf(leaf)).toBe('active');
  });
});

describe('an enrolment that the network ends', () => {
  const ended = (enrolmentId = 'E1', from = network) =>
    endEnrolment(
      { ...ports, enrolments: there.enrolments },
      {
        ...said('end-1'),
        from,
        signedBy: 'network' as Thumbprint,
        parameters: { enrolmentId, code: 'WITHDRAWN' },
      },
    );
  const kept = async () => (await there.table.get({ pk: 'MSG#SHINKANSEN#end-1', sk: 'MESSAGE' }))?.bytes;

  test('before it arrives is refused when it does', async () => {
    await ended();
    await expect(there.pending(there.leaf('one'), 'signing', 'E1')).rejects.toThrow('DISABLED_ELSEWHERE');
  });

  test('by another network hinders nobody: neither by name nor in advance', async () => {
    await ended('E1', { finId: 'OTRA_RED', finIdSchema: 'SHINKANSEN' });
    const enrolment = await there.pending(there.leaf('one'), 'signing', 'E1');
    expect(enrolment.networkStatus).toBe('pending');
    expect(await codeOf(ended('E1', { finId: 'OTRA_RED', finIdSchema: 'SHINKANSEN' }))).toBe(
      'ENROLMENT_UNKNOWN',
    );
  });

  test('makes room for the next of its certificate, which until then is to be brought again', async () => {
    const leaf = there.leaf('one');
    await there.pending(leaf, 'signing', 'E1');
    const next = () => there.pending(leaf, 'signing', 'E2');
    await expect(next()).rejects.toMatchObject({ code: 'CERTIFICATE_PENDING', detail: {} });
    await ended();
    expect((await next()).networkStatus).toBe('pending');
  });

  test('while people are asked ends, wakes who waits, tells nobody, and is kept as it was signed', async () => {
    const { id } = await there.pending(there.leaf('one'), 'signing', 'E1');
    there.queues.announced.length = 0;
    await ended();
    expect(await there.enrolments.find(id)).toMatchObject({
      networkStatus: 'rejected',
      code: 'DISABLED_ELSEWHERE',
    });
    expect(there.queues.announced.map((entry) => entry.queue)).toEqual(['execution']);
    expect(there.evidence().at(-1)).toMatchObject({
      kind: 'enrolment.endedByNetwork',
      actor: { kind: 'network', finId: 'SHINKANSEN', apiKeyId: 'KN', thumbprint: 'network' },
      facts: { reason: 'WITHDRAWN' },
      sources: [{ kind: 'message', item: 'MSG#SHINKANSEN#end-1|MESSAGE' }],
    });
    expect(Buffer.from((await kept()) as Uint8Array).toString()).toBe('outer end-1');
  });

  test('after it became active is disabled at once, and its people are told, once', async () => {
    const leaf = await there.active(there.leaf('one'), {}, 'E1');
    there.queues.announced.length = 0;
    await ended();
    await ended();
    expect(await there.statusOf(leaf)).toBe('disabled');
    expect(told()).toEqual(expect.arrayContaining(['mail.disabled.APODERADO', 'mail.disabled.OFFICER']));
    expect(there.evidence().at(-1)!.kind).toBe('certificate.disabled');
    expect(Buffer.from((await kept()) as Uint8Array).toString()).toBe('outer end-1');
  });

  test('while it arrives is looked at again, and ends', async () => {
    const { enrolments } = there;
    let looks = 0;
    const racing = {
      ...ports,
      enrolments: {
        ...enrolments,
        // It arrives right after the first look.
        async find(id: string) {
          const found = await enrolments.find(id);
          if (looks++ === 0) await there.pending(there.leaf('one'), 'signing', id);
          return found;
        },
      },
    };
    const parameters = { enrolmentId: 'E1', code: 'WITHDRAWN' };
    await endEnrolment(racing, { ...said('end-1'), parameters });
    expect((await enrolments.find('E1'))?.networkStatus).toBe('rejected');
    expect(looks).toBe(2);
  });
});

describe('what goes out', () => {
  async function delivering() {
    const party = await signingParty();
    const posted: Uint8Array[] = [];
    const ports = {
      log: { say: () => undefined },
      ids: here.ports.ids,
      clock: here.clock,
      node: network,
      signer: party,
      certificate: async () => party.certificateDer,
      messageKey: async () => party.publicKey,
      sent: { find: async () => undefined, keep: async (_: string, bytes: SignedBytes) => bytes },
      async post(_url: string, _headers: object, body: Uint8Array) {
        posted.push(body);
        return { status: 200, retryAfter: undefined, body: Buffer.from('{"message_id":"m"}') };
      },
      peer: async () => ({
        institution: { finId: 'BANCO_CL', finIdSchema: 'X' },
        apiUrl: 'https://b',
        apiKey: 'k',
      }),
      evidenceHead: async () => undefined,
      eventsUrl: async () => 'https://fintech.example/events',
      enrolments: here.enrolments,
      disables: here.disables,
      undelivered: undeliveredDisables(here.table, async () => undefined),
      suspensions: here.suspensions,
    };
    return { ports, posted };
  }

  test("each message has the documented shape, and carries the participant's own bytes", async () => {
    const { ports, posted } = await delivering();
    const deliveries = disableDeliveries(ports);
    const one = await here.active(here.leaf('one'));
    await here.active(here.leaf('other'));
    const message = await here.disableMessage({ thumbprint: one.thumbprint }, { by: one });
    await here.send(message);
    await here.disable({ all: true });
    for (const { id } of here.queues.announced) {
      const kind = id.split('.').slice(0, 2).join('.');
      const refs = { disableId: id.split('.')[2]!, receiver: id.split('.')[3] ?? fintech.finId };
      const entry = { id, kind, refs, createdAt: here.clock.now() } as unknown as OutboxEntry;
      const { disableId } = refs;
      if (kind === 'disable.start') await forwardDisable(ports, { disableId, operator: 'BANCO_CL' });
      if (deliveries[kind]) expect(await deliveries[kind](entry)).toMatchObject({ outcome: 'RECEIVED' });
    }
    const [event, forward, suspended, suspend] = posted.map((bytes) =>
      JSON.parse(Buffer.from(bytes).toString()),
    );
    expect([event.type, suspended.type]).toEqual([
      'apodera.certificate.disabled.v1',
      'apodera.participant.suspended.v1',
    ]);
    const { parameters } = forward.document;
    expect(validateForward(parameters)).toBe(true);
    expect(Buffer.from(parameters.message, 'base64')).toEqual(Buffer.from(message.body));
    expect(parameters.signature).toBe(message.signature);
    expect(readEnvelope(posted[1]!).document.action).toBe('certificate.disable_forward');
    expect(validateSuspend(suspend.document.parameters)).toBe(true);
    expect(readSuspend(suspend.document.parameters)).toEqual({
      participant: 'FINTECH_CL',
      reason: 'ya no se usa',
      confirmed: false,
    });
  });

  test.each([
    [
      'event.expiring',
      'certificate.expiring',
      { thumbprint: 'T', notAfter: 'N' },
      { thumbprint: 'T', not_after: 'N' },
    ],
    [
      'event.key-expiring',
      'api_key.expiring',
      { keyId: 'K', expiresAt: 'E' },
      { key_id: 'K', expires_at: 'E' },
    ],
    [
      'event.rotation-late',
      'certificate.used_late',
      { thumbprint: 'T', replacedBy: 'R', overlapEndsAt: 'O', lastUsedAt: 'L' },
      { thumbprint: 'T', replaced_by: 'R', overlap_ends_at: 'O', last_used_at: 'L' },
    ],
  ] as const)('%s is the event apodera.%s.v1', async (kind, type, refs, data) => {
    const { ports, posted } = await delivering();
    const told = { receiver: fintech.finId, participant: fintech.finId, ...refs };
    const entry = { id: `${kind}.T.7`, kind, refs: told, createdAt: here.clock.now() };
    await disableDeliveries(ports)[kind]!(entry as unknown as OutboxEntry);
    expect(JSON.parse(Buffer.from(posted[0]!).toString())).toMatchObject({
      type: `apodera.${type}.v1`,
      subject: fintech.finId,
      data,
    });
  });
});

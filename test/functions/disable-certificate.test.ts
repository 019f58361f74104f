import { beforeEach, describe, expect, test, vi } from 'vitest';
import { keyThumbprintOf } from '../../core/certificate/thumbprint.ts';
import { useCertificate } from '../../core/certificate/usable.ts';
import { Transient } from '../../core/errors.ts';
import { codeOf } from '../support/access-stand.ts';
import { auditNode } from '../support/audit.ts';
import type { Issued } from '../support/certificates.ts';
import { spkiOf } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { fintech } from '../support/enrolment.ts';
import { evidenceNode } from '../support/evidence.ts';

let stand: ReturnType<typeof disableStand>;
beforeEach(() => {
  stand = disableStand();
});

/** What a verifier of messages of this node says of it from now on. */
const used = (leaf: Issued) =>
  codeOf(
    (async () =>
      useCertificate(stand.ports.proved, {
        now: stand.clock.now(),
        use: 'signing',
        participant: fintech.finId,
        status: await stand.ports.statuses.status(leaf.thumbprint),
        anchorVersion: 1,
        prove: (status) => stand.ports.chains.prove(status, stand.clock.now()),
      }))(),
  );

describe('M4 disabling one certificate', () => {
  test.each(['itself', 'another', 'unsigned'] as const)(
    'works signed by %s, while another is active',
    async (by) => {
      const [one, other] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
      expect(await used(one)).toBe('DONE');
      const signer = { itself: one, another: other, unsigned: undefined }[by];
      const answer = await stand.disable({ thumbprint: one.thumbprint }, signer && { by: signer });
      expect(answer).toMatchObject({
        disabled: [one.thumbprint],
        withdrawn: [],
        suspended: false,
        warnings: [],
      });
      expect([await used(one), await used(other)]).toEqual(['CERTIFICATE_NOT_ACTIVE', 'DONE']);
      expect(stand.evidence().at(-1)).toMatchObject({
        kind: 'certificate.disabled',
        actor: { kind: 'participant', apiKeyId: 'K1' },
        facts: { origin: signer ? 'signature' : 'apiKey', cause: 'other', reason: 'ya no se usa' },
      });
      expect(stand.evidence().at(-1)!.actor.thumbprint).toBe(signer?.thumbprint);
    },
  );

  test('the last active one works when signed, and warns', async () => {
    const one = await stand.active(stand.leaf('one'));
    const answer = await stand.disable({ thumbprint: one.thumbprint }, { by: one });
    expect(answer).toMatchObject({ disabled: [one.thumbprint], warnings: ['LAST_ACTIVE_CERTIFICATE'] });
    expect(await stand.statusOf(one)).toBe('disabled');
  });

  test('an expired one that no pass has recorded is no other active one', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('old'), { notAfter: new Date(stand.clock.now().getTime() - 1) });
    expect((await stand.disable({ thumbprint: one.thumbprint })).suspended).toBe(true);
  });

  test('by issuer and serial number, with or without leading zeros', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('other'));
    const { issuer, serialNumber } = (await stand.disables.holdings(fintech.finId)).find(
      ({ thumbprint }) => thumbprint === one.thumbprint,
    )!;
    const named = { issuer: Buffer.from(issuer).toString('base64'), serial_number: `00${serialNumber}` };
    expect((await stand.disable({ issuer_serial: named })).disabled).toEqual([one.thumbprint]);
  });

  test('a pending one is withdrawn, and only with a signature', async () => {
    const active = await stand.active(stand.leaf('one'));
    const leaf = stand.leaf('new');
    const enrolment = await stand.pending(leaf);
    const asked = { thumbprint: leaf.thumbprint };
    expect(await codeOf(stand.disable(asked))).toBe('SIGNATURE_MISSING');
    const answer = await stand.disable(asked, { by: active });
    expect(answer).toMatchObject({ disabled: [], withdrawn: [enrolment.id] });
    expect(await stand.enrolments.find(enrolment.id)).toMatchObject({
      networkStatus: 'rejected',
      code: 'WITHDRAWN',
    });
    const woken = stand.queues.announced.filter(({ id }) => id.startsWith('execution.wake.'));
    expect(woken.map(({ id }) => id.split('.')[3])).toEqual(['securityOfficer', 'operator']);
  });

  test('what is disabled already changes nothing and says so', async () => {
    const [one, other] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
    await stand.disable({ thumbprint: one.thumbprint });
    for (const by of [other, undefined]) {
      const told = stand.queues.announced.length;
      const answer = await stand.disable({ thumbprint: one.thumbprint }, by && { by });
      expect(answer).toMatchObject({ disabled: [], suspended: false, warnings: ['ALREADY_DISABLED'] });
      expect(stand.queues.announced).toHaveLength(told);
    }
    expect(await codeOf(stand.disable({ thumbprint: one.thumbprint }, { by: one }))).toBe(
      'CERTIFICATE_NOT_ACTIVE',
    );
    expect(stand.evidence().at(-1)!.kind).toBe('certificate.disableRepeated');
  });

  test('what nobody has, and what somebody else has, is unknown', async () => {
    await stand.active(stand.leaf('one'));
    expect(await codeOf(stand.disable({ thumbprint: 'x'.repeat(43) }))).toBe('DISABLE_TARGET_UNKNOWN');
  });

  test('path and message must name the same certificate', async () => {
    const [one, other] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
    const attempt = stand.disable({ thumbprint: one.thumbprint }, { path: other.thumbprint });
    expect(await codeOf(attempt)).toBe('PATH_NOT_THE_MESSAGE');
    expect(await stand.statusOf(one)).toBe('active');
  });

  test('a signature that is there must hold', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('other'));
    const attempt = stand.disable({ thumbprint: one.thumbprint }, { by: stand.leaf('nobody') });
    expect(await codeOf(attempt)).toBe('CERTIFICATE_UNKNOWN');
    expect(await stand.statusOf(one)).toBe('active');
  });
});

describe('the same message again', () => {
  test('is told to come back, not refused, while the table cannot say whether it is known', async () => {
    const one = await stand.active(stand.leaf('one'));
    const message = await stand.disableMessage({ thumbprint: one.thumbprint }, { by: one });
    await stand.send(message);
    const busy = new Transient('TransientTableBusy', 'busy');
    vi.spyOn(stand.ports.enrolments, 'knownMessage').mockRejectedValueOnce(busy);
    await expect(stand.send(message)).rejects.toBe(busy);
    expect(await stand.send(message)).toMatchObject({ disabled: [one.thumbprint] });
  });

  test('hears the same, even when it disabled the certificate that signed it, and tells nobody twice', async () => {
    const one = await stand.active(stand.leaf('one'));
    const message = await stand.disableMessage({ thumbprint: one.thumbprint }, { by: one });
    const first = await stand.send(message);
    const [told, evidence] = [stand.queues.announced.length, stand.evidence().length];
    const again = await stand.send(message);
    expect(again.disabled).toEqual(first.disabled);
    expect(again.warnings).toEqual(first.warnings);
    expect([stand.queues.announced.length, stand.evidence().length]).toEqual([told, evidence]);
  });

  test('with other bytes under its message_id is refused', async () => {
    const [one, other] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
    await stand.disable({ thumbprint: one.thumbprint }, { messageId: 'd-1' });
    const attempt = stand.disable({ thumbprint: other.thumbprint }, { messageId: 'd-1', by: other });
    expect(await codeOf(attempt)).toBe('MESSAGE_ID_REUSED');
  });

  test('twice at once disables once', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('other'));
    const message = await stand.disableMessage({ thumbprint: one.thumbprint });
    const both = await Promise.all([stand.send(message), stand.send(message)]);
    expect(both.map(({ disabled }) => disabled)).toEqual([[one.thumbprint], [one.thumbprint]]);
    expect(stand.evidence().filter(({ kind }) => kind === 'certificate.disabled')).toHaveLength(1);
  });
});

describe('an incident, and all of them', () => {
  test('an incident ends every certificate on that key, pending ones too when signed', async () => {
    const key = spkiOf(stand.leaf('shared').key);
    const one = await stand.active(stand.leaf('shared'));
    const renewed = await stand.active(stand.leaf('shared'));
    const other = await stand.active(stand.leaf('other'));
    const waiting = await stand.pending(stand.leaf('shared'));
    expect(waiting.keyThumbprint).toBe(keyThumbprintOf(key));
    const asked = { thumbprint: one.thumbprint, cause: 'incident' };
    const answer = await stand.disable(asked, { by: other });
    expect(new Set(answer.disabled)).toEqual(new Set([one.thumbprint, renewed.thumbprint]));
    expect(answer.withdrawn).toEqual([waiting.id]);
    expect(await stand.statusOf(other)).toBe('active');
  });

  test('all of them, signed, whatever their number, in one call, and the same again hears all of them', async () => {
    const leafs = Array.from({ length: 11 }, (_, i) => stand.leaf(`k${i % 3}`));
    for (const leaf of leafs) await stand.active(leaf);
    const waiting = await stand.pending(stand.leaf('new'));
    const message = await stand.disableMessage({ all: true, cause: 'incident' }, { by: leafs[0]! });
    const answer = await stand.send(message);
    expect(new Set(answer.disabled)).toEqual(new Set(leafs.map(({ thumbprint }) => thumbprint)));
    expect(answer).toMatchObject({ withdrawn: [waiting.id], warnings: ['LAST_ACTIVE_CERTIFICATE'] });
    expect(new Set((await stand.send(message)).disabled)).toEqual(new Set(answer.disabled));
    for (const leaf of leafs) expect(await stand.statusOf(leaf)).toBe('disabled');
  });

  test('S23 all of them, in several transactions, leave an audit nothing to find', async () => {
    const leafs = Array.from({ length: 11 }, (_, i) => stand.leaf(`k${i}`));
    for (const leaf of leafs) await stand.active(leaf);
    await stand.disable({ all: true }, { by: leafs[0]! });
    const evidence = evidenceNode(stand.items, stand.table, { clock: stand.clock, sealer: stand.sealer });
    await evidence.chain();
    await evidence.sign();
    const found = (await auditNode(evidence)).findings.filter(({ code }) => code.startsWith('SOURCE_'));
    expect(found).toEqual([]);
  });

  test('all of them of a participant with accounts at many payout operators, each of which may wait for a pending one', async () => {
    const one = await stand.active(stand.leaf('one'));
    for (let at = 0; at < 9; at++)
      await stand.pending(stand.leaf(`pending-${at}`), 'signing', undefined, one);
    const operators = Array.from({ length: 30 }, (_, at) => `BANCO_${at}`);
    const { party } = stand.ports.parties;
    const parties = {
      ...stand.ports.parties,
      party: async (finId: string) => ({ ...(await party(finId))!, payoutOperators: operators }),
    };
    Object.assign(stand.ports, { parties });
    const answer = await stand.disable({ all: true }, { by: one });
    expect([answer.disabled.length, answer.withdrawn.length]).toEqual([1, 9]);
  });

  test('the officer, the apoderado, the systems and each payout operator are told once', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('other'));
    stand.queues.announced.length = 0;
    await stand.disable({ thumbprint: one.thumbprint });
    expect(stand.queues.announced.map(({ id }) => id.split('.').toSpliced(2, 1).join('.'))).toEqual([
      'mail.disabled.OFFICER',
      'mail.disabled.APODERADO',
      'event.disable',
      'disable.start',
    ]);
  });
});

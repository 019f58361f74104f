import { expect, test } from 'vitest';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { isOutboxItem } from '../../adapters/dynamodb/outbox.ts';
import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { disableCertificate } from '../../functions/disable-certificate/disable-certificate.ts';
import { expireCertificates } from '../../functions/expire-certificates/expire-certificates.ts';
import { sweepSource } from '../../functions/sweep-source/sweep-source.ts';
import { atEveryAwait, type DoomedProcess } from '../support/crash.ts';
import { disableStand } from '../support/disable.ts';
import { fintech } from '../support/enrolment.ts';
import { responderUrl, sweepStand } from '../support/sweep.ts';

// What is told stands in the outbox with the change itself, so that a process that dies in between loses nothing; the
// announcement is found again by the sweep of the outbox.
const caller = { participant: fintech.finId, keyId: 'K1' };

/** What a test of a crash looks at: states, evidence and messages to send, each of which must be there once. */
function traces(stand: Pick<ReturnType<typeof disableStand>, 'items' | 'evidence'>) {
  const entries = [...stand.items.values()].filter(isOutboxItem);
  const kinds = entries.map(({ kind }) => String(kind)).filter((kind) => !kind.startsWith('enrolment.'));
  return { kinds: kinds.sort(), evidence: stand.evidence().map(({ kind }) => kind) };
}

/** A sweep that dies somewhere, and the next one. */
async function sweptTwice(stand: ReturnType<typeof sweepStand>, doomed: DoomedProcess, seconds = 3_600) {
  const table = doomed.wrap(stand.table);
  const { id } = await stand.source();
  const ports = {
    ...stand.sweepPorts,
    sources: sweptSources(table),
    disables: disableStore(table, (entries) => stand.queues.announce(entries)),
  };
  const outcome = await doomed.run(() => sweepSource(ports, { source: id }));
  stand.clock.advance(seconds);
  await stand.sweep();
  return outcome;
}

test('a disable that dies at any await and is sent again is done once, and told once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = disableStand();
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('other'));
    const message = { ...(await stand.disableMessage({ thumbprint: one.thumbprint }, { by: one })), caller };
    const disables = disableStore(doomed.wrap(stand.table), (entries) => stand.queues.announce(entries));
    const outcome = await doomed.run(() => disableCertificate({ ...stand.ports, disables }, message));
    const again = await disableCertificate(stand.ports, message);
    expect(again.disabled).toEqual([one.thumbprint]);
    expect(await stand.statusOf(one)).toBe('disabled');
    const { kinds, evidence } = traces(stand);
    expect(kinds).toEqual(['disable.start', 'event.disable', 'mail.disabled', 'mail.disabled']);
    expect(evidence.filter((kind) => kind === 'certificate.disabled')).toHaveLength(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(8);
});

test('a sweep that dies at any await and runs again ends each revoked certificate once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = sweepStand();
    const [one, two] = [await stand.active(stand.listed('one')), await stand.active(stand.listed('two'))];
    stand.says(stand.list({ revoked: [{ leaf: one }, { leaf: two }] }));
    const outcome = await sweptTwice(stand, doomed);
    for (const leaf of [one, two]) {
      const status = await stand.ports.statuses.status(leaf.thumbprint);
      expect([status?.validity, status?.networkStatus]).toEqual(['revoked', 'disabled']);
    }
    const { kinds, evidence } = traces(stand);
    expect(kinds.filter((kind) => kind === 'disable.start')).toHaveLength(2);
    expect(evidence.filter((kind) => kind === 'certificate.revoked')).toHaveLength(2);
    return outcome;
  });
  expect(places).toBeGreaterThan(20);
});

test('S11 a sweep that dies among many certificates on one key ends each of them once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = sweepStand();
    const [bad, ...others] = Array.from({ length: 10 }, () => stand.listed('shared'));
    for (const leaf of [bad!, ...others]) await stand.active(leaf);
    stand.says(stand.list({ revoked: [{ leaf: bad!, reason: 1 }] }));
    const outcome = await sweptTwice(stand, doomed);
    for (const leaf of others) expect(await stand.statusOf(leaf)).toBe('disabled');
    expect((await stand.ports.statuses.status(bad!.thumbprint))?.validity).toBe('revoked');
    const ended = [...stand.items.values()].flatMap(({ pk, enrolmentIds }) =>
      pk.startsWith('DIS#') ? (enrolmentIds as string[]) : [],
    );
    expect([ended.length, new Set(ended).size]).toEqual([10, 10]);
    return outcome;
  });
  expect(places).toBeGreaterThan(15);
});

test('a sweep that dies while it writes down what people had rejected does so once, and wakes nobody', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = sweepStand();
    const leaf = stand.listed('one');
    await stand.pending(leaf);
    const by = await stand.active(stand.leaf('other'));
    await stand.disable({ thumbprint: leaf.thumbprint }, { by });
    stand.says(stand.list({ revoked: [{ leaf }] }));
    const table = doomed.wrap(stand.table);
    const { id } = await stand.source();
    const { kinds: before } = traces(stand);
    const ports = {
      ...stand.sweepPorts,
      sources: sweptSources(table),
      enrolments: enrolmentStore({ table, announcer: stand.queues }),
    };
    const outcome = await doomed.run(() => sweepSource(ports, { source: id }));
    stand.clock.advance(3_600);
    await stand.sweep();
    const [enrolment] = await stand.enrolments.ofCertificate(fintech.finId, leaf.thumbprint);
    expect(enrolment?.validity).toBe('revoked');
    const { kinds, evidence } = traces(stand);
    expect(kinds).toEqual(before);
    expect(evidence.filter((kind) => kind === 'certificate.revoked')).toHaveLength(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(10);
});

test('a sweep by a responder that dies at any await ends the certificate once', async () => {
  const places = await atEveryAwait(async (doomed) => {
    const stand = sweepStand();
    const leaf = await stand.active(stand.leaf('one', { ocspUrl: responderUrl }));
    stand.says(stand.ocsp(leaf, { reason: 1 }));
    const outcome = await sweptTwice(stand, doomed, 600);
    expect(await stand.statusOf(leaf)).toBe('disabled');
    const { kinds, evidence } = traces(stand);
    expect(kinds.filter((kind) => kind === 'disable.start')).toHaveLength(1);
    expect(evidence.filter((kind) => kind === 'certificate.revoked')).toHaveLength(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(10);
});

test('a daily pass that dies at any await and runs again tells and ends each thing once', async () => {
  const day = 86_400;
  const places = await atEveryAwait(async (doomed) => {
    const stand = disableStand();
    const [old, late] = [await stand.active(stand.leaf('old')), await stand.active(stand.leaf('late'))];
    await stand.activeReplacing(stand.leaf('old next'), old);
    stand.clock.advance(5 * day);
    await stand.activeReplacing(stand.leaf('late next'), late);
    stand.clock.advance(25 * day);
    const record = {
      at: stand.clock.now().toISOString(),
      actor: { kind: 'participant', thumbprint: late.thumbprint },
    };
    await stand.table.write({ put: { pk: 'EVID#FINTECH_CL', sk: '000000000001', record } });
    const party = (await stand.ports.parties.party(fintech.finId))!;
    const parties = { parties: async () => [party] };
    const announce = (entries: Parameters<typeof stand.queues.announce>[0]) => stand.queues.announce(entries);
    const pass = (table: typeof stand.table) =>
      expireCertificates({
        ...stand.ports,
        parties,
        disables: disableStore(table, announce),
        lateUses: lateUses(table, announce),
        warn: () => undefined,
      });
    const outcome = await doomed.run(() => pass(doomed.wrap(stand.table)));
    await pass(stand.table);
    expect([await stand.statusOf(old), await stand.statusOf(late)]).toEqual(['disabled', 'active']);
    const { kinds, evidence } = traces(stand);
    expect(kinds).toEqual([
      'disable.start',
      'event.disable',
      'event.rotation-late',
      'mail.disabled',
      'mail.disabled',
      'mail.rotation-late',
      'mail.rotation-late',
    ]);
    for (const kind of ['certificate.rotated', 'certificate.usedLate'])
      expect(evidence.filter((one) => one === kind)).toHaveLength(1);
    return outcome;
  });
  expect(places).toBeGreaterThan(15);
});

import { beforeEach, describe, expect, test } from 'vitest';
import { context, sequence } from '../../core/certificate/der-writer.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { frozenAt } from '../../core/certificate/revocation/freshness.ts';
import { Transient } from '../../core/errors.ts';
import { sweepSource } from '../../functions/sweep-source/sweep-source.ts';
import type { Issued } from '../support/certificates.ts';
import { deltaIndicator, extension, uri } from '../support/revocation-lists.ts';
import { listUrl, sweepStand } from '../support/sweep.ts';

// whatever was valid once and is not revoked yet is asked about, in any state, by whatever names its source.

const hour = 3_600_000;
let stand: ReturnType<typeof sweepStand>;
beforeEach(() => {
  stand = sweepStand();
});

const minutes = (count: number) => stand.clock.advance(count * 60);
const state = async (leaf: Issued) => {
  const status = await stand.ports.statuses.status(leaf.thumbprint);
  return status && [status.validity, status.networkStatus, status.code];
};
const revokedFacts = () =>
  stand.evidence().flatMap(({ kind, facts }) => (kind === 'certificate.revoked' ? [facts] : []));
const rows = () =>
  [...stand.items.values()].filter(({ pk, sk }) => pk.startsWith('SRC#') && sk.startsWith('CERT#'));

/** Of the profile under which all of this stand's certificates are known. */
function profileSays(revocation: Partial<PscProfile['revocation']>): void {
  const [[id, profile]] = [...stand.trust.profiles] as [[string, PscProfile]];
  const changed = { ...profile, revocation: { ...profile.revocation, ...revocation } };
  (stand.trust.profiles as Map<string, PscProfile>).set(id, changed);
}

describe('a certificate that people rejected', () => {
  async function rejected(leaf: Issued): Promise<void> {
    await stand.pending(leaf);
    const by = await stand.active(stand.leaf('another key'));
    await stand.disable({ thumbprint: leaf.thumbprint }, { by });
  }

  test('becomes revoked when its PSC revokes it, with its evidence, and wakes nobody', async () => {
    const leaf = stand.listed('one');
    await rejected(leaf);
    stand.queues.announced.length = 0;
    stand.says(stand.list({ revoked: [{ leaf, reason: 1 }] }));
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    const [enrolment] = await stand.enrolments.ofCertificate('FINTECH_CL', leaf.thumbprint);
    expect(enrolment).toMatchObject({ networkStatus: 'rejected', validity: 'revoked', code: 'WITHDRAWN' });
    expect(revokedFacts()).toEqual([expect.objectContaining({ networkStatus: 'rejected' })]);
    expect(stand.queues.announced).toEqual([]);
    expect(stand.kept).toHaveLength(1);
    expect(rows()).toEqual([]);
  });

  test('and enrolled again is revoked in both of its enrolments', async () => {
    const leaf = stand.listed('one');
    await rejected(leaf);
    await stand.pending(leaf);
    stand.says(stand.list({ revoked: [{ leaf }] }));
    await stand.sweep();
    const both = await stand.enrolments.ofCertificate('FINTECH_CL', leaf.thumbprint);
    expect(both.map(({ validity, networkStatus }) => [validity, networkStatus])).toEqual([
      ['revoked', 'rejected'],
      ['revoked', 'rejected'],
    ]);
  });
});

test('an expired certificate that is revoked afterwards stays expired, and that is written down once', async () => {
  const leaf = stand.listed('short', { notAfter: new Date('2026-06-10T00:00:00Z') });
  await stand.active(leaf);
  const [holding] = await stand.disables.holdings('FINTECH_CL');
  stand.clock.set(new Date('2026-06-20T00:00:00Z'));
  await stand.enrolments.move({
    from: holding!.enrolment!,
    to: { validity: 'expired', networkStatus: 'disabled' },
    steps: [],
    evidence: [
      {
        id: 'E',
        scope: 'FINTECH_CL',
        kind: 'x',
        at: new Date(),
        actor: { kind: 'node', function: 'x' },
        subjects: {},
      },
    ],
    outbox: [],
  });
  stand.says(stand.list({ revoked: [{ leaf, reason: 1 }] }));
  await stand.sweep();
  expect((await state(leaf))?.[0]).toBe('expired');
  expect(revokedFacts()).toHaveLength(1);
  minutes(24 * 60);
  stand.says(stand.list({ revoked: [{ leaf, reason: 1 }] }));
  expect(await stand.sweep()).toEqual(['IDLE']);
  expect(revokedFacts()).toHaveLength(1);
});

test('S11 a certificate that waits for two participants is revoked for both', async () => {
  const leaf = await stand.active(stand.listed('one'));
  const [row] = rows();
  const { sk } = row!;
  const other = { ...row!, sk: sk.replace('FINTECH_CL', 'OTRA_CL') };
  stand.items.set(JSON.stringify([other.pk, other.sk]), other);
  stand.says(stand.list({ revoked: [{ leaf }] }));
  await stand.sweep();
  expect((await state(leaf))?.[0]).toBe('revoked');
  expect(rows()).toEqual([]);
});

describe('a list that only the PSC profile names', () => {
  const url = 'http://psc.example/perfil.crl';
  beforeEach(() => profileSays({ source: { kind: 'crl', url, issuers: [stand.root.thumbprint] } }));

  test('revokes what names nobody itself', async () => {
    const leaf = await stand.active(stand.leaf('silent'));
    stand.serves(url, stand.list({ revoked: [{ leaf }] }));
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(await state(leaf)).toEqual(['revoked', 'disabled', 'CERTIFICATE_REVOKED']);
    expect(rows()).toEqual([]);
  });

  test.each([listUrl, url])('is asked beside a pointer, and %s revokes', async (where) => {
    const leaf = await stand.active(stand.listed('pointing'));
    stand.serves(listUrl, stand.list());
    stand.serves(url, stand.list());
    stand.serves(where, stand.list({ revoked: [{ leaf }] }));
    // Whichever comes first: nobody is left to ask about at the other once it is revoked.
    expect(await stand.sweep()).toContain('PROCESSED');
    expect((await state(leaf))?.[0]).toBe('revoked');
  });

  test('freezes in the place of the pointer, which may be a wrong one and rings for nobody', async () => {
    const leaf = await stand.active(stand.listed('pointing'));
    const { sources } = (await stand.ports.statuses.status(leaf.thumbprint))!;
    expect(sources).toEqual([(await stand.source(url)).id]);
    for (let hour = 0; hour < 5; hour++) {
      stand.serves(url, stand.list());
      expect((await stand.sweep()).sort()).toEqual(['FAILED', 'PROCESSED']);
      minutes(60);
    }
    expect(stand.alarms).toEqual([]);
  });

  test('is asked about what that issuer issued, and about nothing else', async () => {
    const leaf = { holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' } as const };
    const other = stand.root.issueCa({ name: 'Intermedia', crlUrls: [listUrl] });
    const below = await stand.active(other.issue({ ...leaf, crlUrls: ['http://psc.example/otra.crl'] }));
    const { sources } = (await stand.ports.statuses.status(below.thumbprint))!;
    const urls = await Promise.all(sources.map(async (id) => (await stand.sources.find(id))!.urls));
    // The intermediate itself is the root's, of whose list the profile speaks.
    expect(urls).toEqual([['http://psc.example/otra.crl'], [url]]);
  });
});

test('A-164 a PSC whose profile is stricter freezes sooner', async () => {
  await stand.active(stand.listed('one'));
  stand.says(stand.list({ hours: 2 }));
  await stand.sweep();
  const before = frozenAt(await stand.source());
  profileSays({ frozenAfterStale: hour, frozenAfterLastGoodFetch: 2 * hour });
  minutes(60);
  stand.down();
  await stand.sweep();
  expect(before.getTime() - frozenAt(await stand.source()).getTime()).toBe(24 * hour);
});

test('a source of an anchor that was taken out of trust rings for nobody, and says nothing', async () => {
  await stand.active(stand.listed('one'));
  stand.says(stand.list());
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  const { lastGoodFetch } = await stand.source();
  const anchors = stand.trust.anchors as unknown[];
  const taken = anchors.splice(0);
  for (let round = 0; round < 5; round++) {
    minutes(120);
    stand.says(stand.list());
    expect(await stand.sweep()).toEqual(['IDLE']);
  }
  expect(stand.alarms).toEqual([]);
  expect(await stand.source()).toMatchObject({ lastGoodFetch, trouble: 'ANCHOR_NOT_FOUND' });
  anchors.push(...taken);
  minutes(120);
  expect(await stand.sweep()).toEqual(['PROCESSED']);
});

describe('a delta list', () => {
  const deltaUrl = 'http://psc.example/delta.crl';
  const points = sequence(sequence(context(0, context(0, uri(deltaUrl)))));
  const freshest = { oid: '2.5.29.46', critical: false, value: points };
  const named = (label: string) => stand.listed(label, { extensions: [freshest] });
  const delta = (leaf: Issued, reason: number, number = 8) =>
    stand.list({ revoked: [{ leaf, reason }], number, extensions: [deltaIndicator(7)] });

  test('that a certificate names revokes before its complete list does', async () => {
    const leaf = await stand.active(named('one'));
    stand.serves(listUrl, stand.list({ number: 7 }));
    stand.serves(deltaUrl, delta(leaf, 1));
    // Where the delta comes first, nobody depends on the complete list any more.
    expect((await stand.sweep())[0]).toBe('PROCESSED');
    expect((await state(leaf))?.[0]).toBe('revoked');
  });

  test('that only the complete list names is found there', async () => {
    const leaf = await stand.active(stand.listed('one'));
    stand.serves(listUrl, stand.list({ number: 7, extensions: [extension('2.5.29.46', points)] }));
    stand.serves(deltaUrl, delta(leaf, 1));
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect((await state(leaf))?.[0]).toBe('valid');
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect((await state(leaf))?.[0]).toBe('revoked');
  });

  test('lifts a hold before anything ends by it', async () => {
    const leaf = await stand.active(named('one'));
    stand.serves(listUrl, stand.list({ revoked: [{ leaf, reason: 6 }], number: 7 }));
    stand.serves(deltaUrl, delta(leaf, 8));
    await stand.sweep();
    expect((await state(leaf))?.[0]).toBe('valid');
  });

  test('that was heard beside a hold says nothing of how long its complete list lasts', async () => {
    const held = await stand.active(named('one'));
    await stand.active(named('two'));
    stand.serves(listUrl, stand.list({ revoked: [{ leaf: held, reason: 6 }], number: 7, hours: 240 }));
    minutes(5);
    stand.serves(
      deltaUrl,
      stand.list({
        revoked: [{ leaf: held, reason: 8 }],
        number: 8,
        hours: 1,
        extensions: [deltaIndicator(7)],
      }),
    );
    minutes(5);
    await stand.sweep();
    const { thisUpdate, nextUpdate } = await stand.source(listUrl);
    expect(nextUpdate!.getTime() - thisUpdate!.getTime()).toBe(240 * hour);
  });

  test('that stands on a newer complete list than ours has that one fetched before it is due', async () => {
    const leaf = await stand.active(named('one'));
    stand.serves(listUrl, stand.list({ number: 7, hours: 240 }));
    stand.serves(deltaUrl, stand.list({ number: 8, hours: 1, extensions: [deltaIndicator(7)] }));
    await stand.sweep();
    minutes(15);
    // The complete list 9 names it; a delta on top of 9 need not any more.
    stand.serves(listUrl, stand.list({ number: 9, hours: 240, revoked: [{ leaf, reason: 1 }] }));
    stand.serves(deltaUrl, stand.list({ number: 10, hours: 1, extensions: [deltaIndicator(9)] }));
    stand.asked.length = 0;
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(stand.asked).toEqual([`GET ${deltaUrl}`, `GET ${listUrl}`]);
    expect((await state(leaf))?.[0]).toBe('revoked');
  });

  test('has a complete list that stays behind asked for again every ten minutes, not more often', async () => {
    await stand.active(named('one'));
    stand.serves(listUrl, stand.list({ number: 7, hours: 240 }));
    stand.serves(deltaUrl, stand.list({ number: 10, hours: 1, extensions: [deltaIndicator(9)] }));
    for (let round = 0; round < 12; round++) {
      await stand.sweep();
      minutes(5);
    }
    const asked = stand.asked.filter((one) => one.startsWith(`GET ${listUrl}`));
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  test('that is forged, or stays away, changes nothing and freezes nobody', async () => {
    const leaf = await stand.active(named('one'));
    stand.serves(listUrl, stand.list({ number: 7, hours: 240 }));
    stand.serves(
      deltaUrl,
      stand.list({ number: 8, revoked: [{ leaf }], forged: true, extensions: [deltaIndicator(7)] }),
    );
    expect((await stand.sweep()).sort()).toEqual(['FAILED', 'PROCESSED']);
    expect((await state(leaf))?.[0]).toBe('valid');
    const { sources } = (await stand.ports.statuses.status(leaf.thumbprint))!;
    expect(sources).toEqual([(await stand.source(listUrl)).id]);
  });
});

test('a node certificate that people pinned is asked about, ends, and is told to the node operators', async () => {
  const peer = { ...(await stand.ports.parties.party('FINTECH_CL'))!, finId: 'BANCO_CL' };
  const parties = { party: async () => ({ ...peer, kind: 'payoutOperator' as const }) };
  Object.assign(stand.sweepPorts, { parties });
  const leaf = stand.listed('node');
  await stand.pinned(leaf, 'BANCO_CL');
  stand.says(stand.list({ revoked: [{ leaf }] }));
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  expect((await state(leaf))?.slice(0, 2)).toEqual(['revoked', 'disabled']);
  expect(rows()).toEqual([]);
  // Its own people are at the other node: here the node operators have to know that it is silent from now on.
  const mails = stand.queues.announced.filter(({ id }) => id.startsWith('mail.disabled.'));
  expect(mails.map(({ id }) => id.split('.').at(-1))).toEqual(['OPERATOR']);
});

test('a source whose last certificate is forgotten is asked no more and rings for nobody', async () => {
  const leaf = await stand.active(stand.listed('one'));
  stand.says(stand.list({ revoked: [{ leaf }] }));
  await stand.sweep();
  const asked = stand.asked.length;
  stand.down();
  for (let hour = 0; hour < 5; hour++) {
    minutes(60);
    expect(await stand.sweep()).toEqual(['IDLE']);
  }
  expect([stand.asked.length, stand.alarms]).toEqual([asked, []]);
});

test('what one server said of its list is not told to another', async () => {
  const places = [listUrl, 'http://mirror.example/lista.crl'].map(uri);
  const value = sequence(sequence(context(0, context(0, ...places))));
  await stand.active(stand.leaf('one', { extensions: [{ oid: '2.5.29.31', critical: false, value }] }));
  stand.says({ outcome: 'FETCHED', bytes: stand.list(), etag: '"1"' });
  await stand.sweep();
  minutes(60);
  const { id } = await stand.source();
  const { wire } = stand.sweepPorts;
  const list: typeof wire.list = async (url, known, max) => {
    if (url !== listUrl) return wire.list(url, known, max);
    stand.asked.push('down');
    throw new Transient('TransientEgress', 'down');
  };
  stand.says(stand.list());
  await sweepSource({ ...stand.sweepPorts, wire: { ...wire, list } }, { source: id });
  expect(stand.asked).toEqual([`GET ${listUrl}`, 'down', 'GET http://mirror.example/lista.crl']);
});

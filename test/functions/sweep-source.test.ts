import { beforeEach, describe, expect, test } from 'vitest';
import { frozenAt, reportOn } from '../../core/certificate/revocation/freshness.ts';
import { mostEnrolments } from '../../core/disable/forward.ts';
import { isActive, isPending } from '../../core/disable/plan.ts';
import { sweepSource } from '../../functions/sweep-source/sweep-source.ts';
import type { Issued } from '../support/certificates.ts';
import { listUrl, responderUrl, sweepStand } from '../support/sweep.ts';

let stand: ReturnType<typeof sweepStand>;
beforeEach(() => {
  stand = sweepStand();
});

const minutes = (count: number) => stand.clock.advance(count * 60);
const state = async (leaf: Parameters<typeof stand.statusOf>[0]) => {
  const status = await stand.ports.statuses.status(leaf.thumbprint);
  return status && [status.validity, status.networkStatus, status.code];
};
const told = () => stand.queues.announced.map(({ id }) => id.split('.').toSpliced(2, 1).join('.'));

describe('what a list revokes', () => {
  test('S11 P: ends with every certificate on its key, however many, in transactions that nodes can take', async () => {
    const bad = await stand.active(stand.listed('shared'));
    const others = Array.from({ length: 45 }, () => stand.listed('shared'));
    for (const [at, leaf] of others.entries())
      await (at % 3 === 0 ? stand.active(leaf) : stand.pending(leaf, 'signing', undefined, bad));
    stand.queues.announced.length = 0;
    stand.says(stand.list({ revoked: [{ leaf: bad, reason: 1 }] }));
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(await state(bad)).toEqual(['revoked', 'disabled', 'CERTIFICATE_REVOKED']);
    const left = await stand.disables.holdings('FINTECH_CL');
    expect(left.filter((one) => isActive(one) || isPending(one))).toEqual([]);
    const starts = stand.queues.announced.filter(({ id }) => id.startsWith('disable.start.'));
    const named = await Promise.all(
      starts.map(({ id }) => stand.disables.find(id.slice('disable.start.'.length))),
    );
    const sizes = named.map((record) => record!.enrolmentIds.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(46);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(mostEnrolments);
    // The one that was revoked last: had the sweep died before, the same list would have ended the others again.
    expect(named.at(-1)!.disabled).toContain(bad.thumbprint);
  });

  test('S25 P: one that cannot be ended keeps no other from being ended, and the list is read again', async () => {
    const leafs = [await stand.active(stand.listed('one')), await stand.active(stand.listed('other'))];
    // In the order of the rows.
    const [stuck, bad] = leafs.toSorted((a, b) => (a.thumbprint < b.thumbprint ? -1 : 1)) as [Issued, Issued];
    const commit = stand.disables.commit;
    Object.assign(stand.disables, {
      commit: async (change: Parameters<typeof commit>[0]) => {
        if (change.record.disabled.includes(stuck.thumbprint)) throw new TypeError('a fault of ours');
        return commit(change);
      },
    });
    stand.says(stand.list({ revoked: [{ leaf: stuck }, { leaf: bad }] }));
    await expect(stand.sweep()).rejects.toThrow('a fault of ours');
    expect(await state(bad)).toEqual(['revoked', 'disabled', 'CERTIFICATE_REVOKED']);
    expect((await stand.source()).bodySha256).toBeUndefined();
  });

  test('is revoked and disabled with the sweep, kept as evidence, and told to everybody', async () => {
    const [bad, good] = [await stand.active(stand.listed('bad')), await stand.active(stand.listed('good'))];
    stand.queues.announced.length = 0;
    stand.says(stand.list({ revoked: [{ leaf: bad, reason: 1 }] }));
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(await state(bad)).toEqual(['revoked', 'disabled', 'CERTIFICATE_REVOKED']);
    expect(await state(good)).toEqual(['valid', 'active', undefined]);
    expect(told()).toEqual([
      'mail.disabled.OFFICER',
      'mail.disabled.APODERADO',
      'event.disable',
      'disable.start',
    ]);
    const evidence = stand.evidence().at(-1)! as unknown as { kind: string; sources: { sha256: string }[] };
    expect(evidence.kind).toBe('certificate.revoked');
    expect(stand.kept).toEqual([`crl ${evidence.sources[0]!.sha256}`]);
  });

  test.each(['pending', 'disabled'] as const)(
    'reaches a %s one too, whatever the network called it',
    async (was) => {
      const leaf = stand.listed('one');
      if (was === 'pending') await stand.pending(leaf);
      else await stand.disable({ all: true }, { by: await stand.active(leaf) });
      stand.says(stand.list({ revoked: [{ leaf }] }));
      await stand.sweep();
      const [holding] = (await stand.disables.holdings('FINTECH_CL')).filter(
        (one) => one.thumbprint === leaf.thumbprint,
      );
      if (was === 'disabled')
        expect(await state(leaf)).toEqual(['revoked', 'disabled', 'CERTIFICATE_REVOKED']);
      else {
        expect(holding).toBeUndefined();
        const { items } = await stand.enrolments.list('FINTECH_CL', { limit: 1 });
        expect(items[0]).toMatchObject({
          validity: 'revoked',
          networkStatus: 'rejected',
          code: 'REVOKED_WHILE_PENDING',
        });
      }
    },
  );

  test.each([
    [1, 'disabled'],
    [4, 'active'],
  ])('S11 with reason %i leaves the others on its key %s', async (reason, expected) => {
    const [one, twin] = [await stand.active(stand.listed('same')), await stand.active(stand.listed('same'))];
    stand.says(stand.list({ revoked: [{ leaf: one, reason }] }));
    await stand.sweep();
    expect((await state(one))?.[0]).toBe('revoked');
    expect((await state(twin))?.slice(0, 2)).toEqual(['valid', expected]);
  });

  test.each(['raiz', 'intermedia'])('S25 a revoked issuer revokes what it issued (list: %s)', async (own) => {
    const intermediate = stand.root.issueCa({ name: 'Intermedia', crlUrls: ['http://psc.example/raiz.crl'] });
    const leaf = intermediate.issue({
      holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' },
      crlUrls: [`http://psc.example/${own}.crl`],
      keyLabel: 'under',
    });
    await stand.active(leaf);
    stand.says(stand.list({ revoked: [{ leaf: intermediate }] }));
    expect(await stand.sweep()).toContain('PROCESSED');
    expect(await state(leaf)).toEqual(['revoked', 'disabled', 'ISSUER_REVOKED']);
  });
});

describe('each body is read once', () => {
  test('a source that many depend on is asked once, and again when it is due', async () => {
    for (const name of ['a', 'b', 'c']) await stand.active(stand.listed(name));
    stand.says({ outcome: 'FETCHED', bytes: stand.list(), etag: '"1"' });
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    minutes(10);
    expect(await stand.sweep()).toEqual([]);
    minutes(50);
    stand.says({ outcome: 'NOT_MODIFIED' });
    expect(await stand.sweep()).toEqual(['UNCHANGED']);
    expect(stand.asked).toEqual(['GET http://psc.example/lista.crl', 'GET http://psc.example/lista.crl "1"']);
    expect((await stand.source()).lastGoodFetch).toEqual(stand.clock.now());
  });

  test('the same bytes again count as heard and are not read again', async () => {
    await stand.active(stand.listed('a'));
    stand.says(stand.list());
    await stand.sweep();
    minutes(60);
    expect(await stand.sweep()).toEqual(['UNCHANGED']);
  });

  test('writes are the changes and one per source', async () => {
    for (const name of ['a', 'b', 'c']) await stand.active(stand.listed(name));
    const before = JSON.stringify([...stand.items]);
    stand.says(stand.list());
    await stand.sweep();
    const changed = [...stand.items].filter((entry) => !before.includes(JSON.stringify(entry)));
    expect(changed.map(([, { sk }]) => sk)).toEqual(['SOURCE']);
  });
});

describe('a source that fails', () => {
  test('down for three days freezes by its own times, rings after two hours, and disables nothing', async () => {
    const leaf = await stand.active(stand.listed('one'));
    stand.says(stand.list({ hours: 24 }));
    await stand.sweep();
    stand.down();
    const start = stand.clock.now().getTime();
    let frozenAfter: number | undefined;
    let rangAfter: number | undefined;
    for (let hour = 1; hour <= 72; hour++) {
      minutes(60);
      await stand.sweep();
      if (stand.alarms.length > 0) rangAfter ??= hour;
      if (reportOn(await stand.source(), stand.clock.now()).state === 'FROZEN') frozenAfter ??= hour;
    }
    expect([rangAfter, frozenAfter]).toEqual([4, 49]);
    expect(frozenAt(await stand.source()).getTime() - start).toBe(48 * 3_600_000);
    expect(await state(leaf)).toEqual(['valid', 'active', undefined]);
    stand.says(stand.list());
    minutes(10);
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(reportOn(await stand.source(), stand.clock.now()).state).toBe('CURRENT');
  });

  test.each([
    ['a forged list', () => stand.list({ forged: true }), 'CRL_SIGNATURE_INVALID'],
    ['a page of HTML', () => Buffer.from('<html>'), 'CRL_MALFORMED'],
    [
      'a list whose time is over',
      () => stand.list({ thisUpdate: new Date('2026-05-01T00:00:00Z') }),
      'CRL_STALE',
    ],
  ] as const)('S25 %s changes nothing but the attempt', async (_, body, code) => {
    const leaf = await stand.active(stand.listed('one'));
    stand.says(body());
    expect(await stand.sweep()).toEqual(['FAILED']);
    const source = await stand.source();
    expect(source.lastGoodFetch).toBeUndefined();
    expect(source.lastAttempt).toEqual(stand.clock.now());
    expect(source.trouble).toBe(code);
    expect(await state(leaf)).toEqual(['valid', 'active', undefined]);
  });

  test.each(['304', 'the same bytes'])(
    'A-164 a list that is renewed no more, though it comes (%s), rings before it freezes',
    async (how) => {
      await stand.active(stand.listed('one'));
      const bytes = stand.list({ hours: 6 });
      stand.says({ outcome: 'FETCHED', bytes, etag: '"1"' });
      await stand.sweep();
      if (how === '304') stand.says({ outcome: 'NOT_MODIFIED' });
      const rangAt: string[] = [];
      for (let hour = 1; hour <= 31; hour++) {
        minutes(60);
        expect(await stand.sweep()).toEqual(['UNCHANGED']);
        if (stand.alarms.length > rangAt.length) rangAt.push(`${hour} h`);
      }
      expect([rangAt[0], new Set(stand.alarms)]).toEqual(['9 h', new Set(['CRL_STALE'])]);
      const source = await stand.source();
      expect(source).toMatchObject({ trouble: 'CRL_STALE', lastGoodFetch: stand.clock.now() });
      expect(reportOn(source, stand.clock.now()).state).toBe('FROZEN');
      stand.says(stand.list());
      minutes(60);
      expect(await stand.sweep()).toEqual(['PROCESSED']);
      expect((await stand.source()).trouble).toBeUndefined();
    },
  );

  test('S25 an older list, played again, does not bring anything back', async () => {
    await stand.active(stand.listed('one'));
    const old = stand.list({ number: 1 });
    minutes(61);
    stand.says(stand.list({ number: 2 }));
    await stand.sweep();
    minutes(61);
    stand.says(old);
    expect(await stand.sweep()).toEqual(['FAILED']);
    expect((await stand.source()).trouble).toBe('CRL_NUMBER_REGRESSED');
  });
});

describe('a responder, where there is no list', () => {
  const asking = (label: string) => stand.leaf(label, { ocspUrl: responderUrl });

  test('is asked once per certificate and never before its nextUpdate', async () => {
    const [one, two] = [await stand.active(asking('one')), await stand.active(asking('two'))];
    stand.says(stand.ocsp(one));
    // The first answer is about one of them: for the other it says nothing.
    expect((await stand.sweep()).sort()).toEqual(['FAILED', 'PROCESSED']);
    stand.says(stand.ocsp(two));
    minutes(10);
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    minutes(23 * 60);
    expect(await stand.sweep()).toEqual([]);
    expect(stand.asked).toHaveLength(3);
  });

  test('revokes by its answer', async () => {
    const leaf = await stand.active(asking('one'));
    stand.says(stand.ocsp(leaf, { reason: 1 }));
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(await state(leaf)).toEqual(['revoked', 'disabled', 'CERTIFICATE_REVOKED']);
    expect(stand.kept[0]).toMatch(/^ocsp /);
  });

  describe('about an issuer', () => {
    const holder = { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' } as const;
    /** Two leafs below an issuer that a responder is asked about, in the order of the rows. */
    async function two() {
      const issuer = stand.root.issueCa({ name: 'Intermedia', ocspUrl: responderUrl });
      const below = (keyLabel: string) => issuer.issue({ holder, crlUrls: [listUrl], keyLabel });
      const leafs = [await stand.active(below('under')), await stand.active(below('too'))];
      const sorted = leafs.toSorted((a, b) => (a.thumbprint < b.thumbprint ? -1 : 1));
      stand.says(stand.ocsp(issuer, { reason: 1 }));
      return sorted as [Issued, Issued];
    }
    const about = async () => (await stand.source(responderUrl)).id;
    const sweepIt = async () => sweepSource(stand.sweepPorts, { source: await about() });

    test('S25 P: one below it that cannot be ended keeps no other from being ended, and it is asked again', async () => {
      const [stuck, other] = await two();
      const commit = stand.disables.commit;
      Object.assign(stand.disables, {
        commit: async (change: Parameters<typeof commit>[0]) => {
          if (change.record.disabled.includes(stuck.thumbprint)) throw new TypeError('a fault of ours');
          return commit(change);
        },
      });
      await expect(sweepIt()).rejects.toThrow('a fault of ours');
      expect(await state(other)).toEqual(['revoked', 'disabled', 'ISSUER_REVOKED']);
      expect((await stand.source(responderUrl)).lastGoodFetch).toBeUndefined();
    });

    test('S25 P: one below it whose own path holds no more keeps no other from being ended', async () => {
      const [broken, other] = await two();
      const chain = [...stand.items.values()].find(({ pk, path }) => path && pk.includes(broken.thumbprint))!;
      const [leaf, ...above] = chain.path as [Uint8Array, ...Uint8Array[]];
      const bytes = Buffer.from(leaf);
      bytes[bytes.length - 1]! ^= 1;
      await stand.table.write({ put: { ...chain, path: [bytes, ...above] } });
      expect(await sweepIt()).toEqual({ outcome: 'PROCESSED' });
      expect(await state(other)).toEqual(['revoked', 'disabled', 'ISSUER_REVOKED']);
    });
  });
});

test('A-157 a certificate is looked up until 30 days after its expiry, then forgotten', async () => {
  const leaf = stand.listed('short', { notAfter: new Date('2026-06-10T00:00:00Z') });
  await stand.active(leaf);
  await stand.active(stand.listed('long'));
  const rows = () =>
    [...stand.items.values()].filter(({ pk, sk }) => pk.startsWith('SRC#') && sk.startsWith('CERT#')).length;
  for (const [day, left] of [
    ['2026-07-09', 2],
    ['2026-07-11', 1],
  ] as const) {
    stand.clock.set(new Date(`${day}T00:00:00Z`));
    stand.says(stand.list());
    expect(await stand.sweep()).toEqual(['PROCESSED']);
    expect(rows()).toBe(left);
  }
});

import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { grantApiKey, makeApiKey } from '../../core/api-key.ts';
import { expireCertificates } from '../../functions/expire-certificates/expire-certificates.ts';
import { disableStand } from '../support/disable.ts';
import { now } from '../support/enrolment.ts';

const day = 24 * 3_600_000;
const held: string[] = [];
let stand: ReturnType<typeof disableStand>;
beforeEach(() => {
  stand = disableStand();
  held.length = 0;
});

const inDays = (days: number) => new Date(now.getTime() + days * day);
const ends = (days: number) => ({ notAfter: inDays(days) });
const pass = async (payoutOperators: readonly string[] = ['BANCO_CL', 'OTRO_CL']) => {
  stand.queues.announced.length = 0;
  const party = { ...(await stand.ports.parties.party('FINTECH_CL'))!, payoutOperators };
  const parties = { parties: async () => [party] };
  const warn = (_: string, thumbprint: string) => void held.push(thumbprint);
  const late = lateUses(stand.table, (entries) => stand.queues.announce(entries));
  return expireCertificates({ ...stand.ports, parties, warn, lateUses: late });
};
const told = () => stand.queues.announced.map(({ id }) => id.split('.').slice(0, 2).join('.'));

describe('the daily pass', () => {
  test.each(['active', 'pending', 'disabled'] as const)(
    'A-126 records that a %s one has expired',
    async (was) => {
      const leaf = stand.leaf('one', ends(10));
      if (was === 'pending') await stand.pending(leaf);
      else await stand.active(leaf);
      if (was === 'disabled') await stand.disable({ all: true }, { by: leaf });
      stand.clock.set(inDays(10));
      expect(await pass()).toMatchObject({ expired: 0 });
      stand.clock.set(new Date(inDays(10).getTime() + 1_000));
      expect(await pass()).toMatchObject({ expired: 1 });
      expect(told().includes('mail.disabled')).toBe(was !== 'disabled');
      const { items } = await stand.enrolments.list('FINTECH_CL', { limit: 1 });
      expect([items[0]!.validity, items[0]!.networkStatus]).toEqual([
        'expired',
        was === 'pending' ? 'rejected' : 'disabled',
      ]);
      expect(await pass()).toEqual({ expired: 0, powerless: 0, rotated: 0, reminded: 0, late: 0 });
    },
  );

  test('goes on with the others where something is wrong with one, and rings in the end', async () => {
    await stand.active(stand.leaf('one', ends(10)));
    stand.clock.set(inDays(11));
    const { holdings } = stand.disables;
    Object.assign(stand.disables, {
      holdings: async (finId: string) => {
        if (finId === 'BROKEN') throw new TypeError('a fault of ours');
        return holdings(finId);
      },
    });
    const party = (await stand.ports.parties.party('FINTECH_CL'))!;
    const parties = { parties: async () => [{ ...party, finId: 'BROKEN' }, party] };
    const late = lateUses(stand.table, async () => undefined);
    const ran = expireCertificates({ ...stand.ports, parties, warn: () => undefined, lateUses: late });
    await expect(ran).rejects.toThrow('a fault of ours');
    expect((await stand.enrolments.list('FINTECH_CL', { limit: 1 })).items[0]!.validity).toBe('expired');
  });

  test('reminds once at each of 60, 30, 14, 7 and 1 days, however often it runs', async () => {
    await stand.active(stand.leaf('one', ends(90)));
    const days: number[] = [];
    for (let left = 90; left >= 0; left--) {
      stand.clock.set(inDays(90 - left));
      await pass();
      if (told().includes('mail.expiring')) {
        days.push(left);
        expect(told()).toEqual(['mail.expiring', 'mail.expiring', 'event.expiring']);
      }
      await pass();
      expect(told()).toEqual([]);
    }
    expect(days).toEqual([60, 30, 14, 7, 1]);
  });

  test('of a node’s certificate, pinned or announced, the node operators here are reminded', async () => {
    const leaf = await stand.active(stand.leaf('one', ends(60)));
    const participant = (await stand.ports.parties.party('FINTECH_CL'))!;
    const parties = { parties: async () => [{ ...participant, kind: 'payoutOperator' as const }] };
    const late = lateUses(stand.table, async () => undefined);
    expect(
      await expireCertificates({ ...stand.ports, parties, warn: () => {}, lateUses: late }),
    ).toMatchObject({ reminded: 1 });
    const mails = [...stand.items.values()].filter(({ kind }) => /\.expiring$/.test(String(kind)));
    expect(mails.map(({ refs }) => refs)).toEqual([
      {
        personId: 'OPERATOR',
        participant: 'FINTECH_CL',
        thumbprint: leaf.thumbprint,
        notAfter: inDays(60).toISOString(),
      },
    ]);
  });

  describe('M1 of API keys', () => {
    const issue = async (keyId: string, holder = 'FINTECH_CL') => {
      const ring = await stand.ports.apiKeys.heldBy(holder);
      const key = makeApiKey('local', randomBytes(32));
      const grant = grantApiKey({ key, keyId, participant: holder }, stand.clock.now());
      const { writes } = await apiKeys(stand.table, stand.sealer).issue(grant, ring, ['p']);
      await stand.table.transact(writes);
    };

    test('the last that is valid is reminded of at 30, 14, 7 and 1 days', async () => {
      await issue('K1');
      const days: number[] = [];
      for (let left = 90; left >= -1; left--) {
        stand.clock.set(inDays(90 - left));
        await pass();
        if (told().length > 0) {
          days.push(left);
          expect(told()).toEqual(['mail.key-expiring', 'mail.key-expiring', 'event.key-expiring']);
        }
        await pass();
        expect(told()).toEqual([]);
      }
      expect(days).toEqual([30, 14, 7, 1]);
    });

    test('that there is another silences it', async () => {
      await issue('K1');
      stand.clock.set(inDays(50));
      await issue('K2');
      stand.clock.set(inDays(89));
      expect(await pass()).toMatchObject({ reminded: 0 });
      stand.clock.set(inDays(50 + 89));
      expect(await pass()).toMatchObject({ reminded: 1 });
    });

    test('of a node’s, the operators here are reminded, who issue the next one', async () => {
      await issue('K1');
      stand.clock.set(inDays(60));
      const participant = (await stand.ports.parties.party('FINTECH_CL'))!;
      const parties = { parties: async () => [{ ...participant, kind: 'payoutOperator' as const }] };
      const late = lateUses(stand.table, async () => undefined);
      await expireCertificates({ ...stand.ports, parties, warn: () => {}, lateUses: late });
      const told = [...stand.items.values()].filter(({ kind }) => /key-expiring/.test(String(kind)));
      expect(told.map(({ refs }) => refs)).toEqual([
        expect.objectContaining({ personId: 'OPERATOR', node: 'FINTECH_CL', keyId: 'K1' }),
      ]);
    });
  });

  // What a year costs is counted, not timed: whatever the machine, nothing is written on a day on which nothing is due.
  test('a year of days writes on those of the five reminders and of the end, and on no other', async () => {
    const leaf = await stand.active(stand.leaf('one', ends(365)));
    const written: number[] = [];
    const snapshot = () => JSON.stringify([...stand.items.values()]);
    for (let left = 365; left >= -1; left--) {
      stand.clock.set(inDays(365 - left));
      const before = snapshot();
      await pass();
      if (snapshot() !== before) written.push(left);
    }
    expect(written).toEqual([60, 30, 14, 7, 1, -1]);
    expect(await stand.statusOf(leaf)).toBe('disabled');
  });

  test('a successor silences the reminders; one that ends sooner does not', async () => {
    const one = await stand.active(stand.leaf('one', ends(40)));
    await stand.active(stand.leaf('sooner', ends(35)));
    expect(await pass()).toMatchObject({ reminded: 1 });
    await stand.active(stand.leaf('new', ends(400)));
    stand.clock.set(inDays(30));
    expect(await pass()).toMatchObject({ reminded: 0 });
    expect(await stand.statusOf(one)).toBe('active');
  });
});

describe('rotation', () => {
  const rotate = async (accepted: string[]) => {
    const old = await stand.active(stand.leaf('old'), { acceptingOperators: ['BANCO_CL', 'OTRO_CL'] });
    const fresh = stand.leaf('new');
    await stand.activeReplacing(fresh, old, { acceptingOperators: accepted });
    return { old, fresh };
  };

  test('A-044 the old one ends when the overlap is over and every operator of it has accepted the new one', async () => {
    const { old, fresh } = await rotate(['BANCO_CL', 'OTRO_CL']);
    stand.clock.set(new Date(inDays(30).getTime() - 1_000));
    expect(await pass()).toMatchObject({ rotated: 0 });
    stand.clock.set(inDays(30));
    expect(await pass()).toMatchObject({ rotated: 1 });
    expect([await stand.statusOf(old), await stand.statusOf(fresh)]).toEqual(['disabled', 'active']);
    expect(told()).toContain('disable.start');
    expect(stand.evidence().at(-1)!.kind).toBe('certificate.rotated');
  });

  test('until every operator has accepted the new one, the old one goes on, with a warning each day', async () => {
    const { old } = await rotate(['BANCO_CL']);
    for (const days of [30, 31]) {
      stand.clock.set(inDays(days));
      expect(await pass()).toMatchObject({ rotated: 0 });
    }
    expect(await stand.statusOf(old)).toBe('active');
    expect(held).toEqual([old.thumbprint, old.thumbprint]);
  });

  test('an operator that the participant pays through no more holds up no rotation, and is told of its end', async () => {
    const { old } = await rotate(['BANCO_CL']);
    stand.clock.set(inDays(30));
    expect(await pass(['BANCO_CL'])).toMatchObject({ rotated: 1 });
    expect(await stand.statusOf(old)).toBe('disabled');
    const start = [...stand.items.values()].find(({ kind }) => kind === 'disable.start')!;
    expect(JSON.parse((start.refs as { operators: string }).operators)).toEqual(['BANCO_CL', 'OTRO_CL']);
  });

  test('one whose successor was replaced and disabled in its turn ends with that one’s overlap', async () => {
    const { old, fresh } = await rotate(['BANCO_CL', 'OTRO_CL']);
    stand.clock.set(inDays(5));
    const newest = stand.leaf('newest');
    await stand.activeReplacing(newest, fresh, { acceptingOperators: ['BANCO_CL', 'OTRO_CL'] });
    await stand.disable({ thumbprint: fresh.thumbprint });
    stand.clock.set(inDays(34));
    expect(await pass()).toMatchObject({ rotated: 0 });
    stand.clock.set(inDays(35));
    expect(await pass()).toMatchObject({ rotated: 1 });
    expect([await stand.statusOf(old), await stand.statusOf(newest)]).toEqual(['disabled', 'active']);
  });

  const both = ['BANCO_CL', 'OTRO_CL'];
  test.each([
    [both, ['BANCO_CL']],
    [['BANCO_CL'], both],
  ])(
    'of two successors, accepted by %j and %j, the one that all accepted ends the old one',
    async (first, second) => {
      const { old } = await rotate(first);
      await stand.activeReplacing(stand.leaf('second'), old, { acceptingOperators: second });
      stand.clock.set(inDays(30));
      expect(await pass()).toMatchObject({ rotated: 1 });
      expect([await stand.statusOf(old), held]).toEqual(['disabled', []]);
    },
  );

  test('at a payout operator the old one ends when the network says so, for another operator may hold it', async () => {
    stand = disableStand('payoutOperator');
    const old = await stand.active(stand.leaf('old'), { acceptingOperators: [] });
    await stand.activeReplacing(stand.leaf('new'), old, { acceptingOperators: [] });
    stand.clock.set(inDays(40));
    expect(await pass()).toMatchObject({ expired: 0, rotated: 0 });
    expect(await stand.statusOf(old)).toBe('active');
  });

  describe('use of the old one in the last week of the overlap', () => {
    let links = 0;
    /** Evidence of a message that it signed. */
    const used = async (thumbprint: string, days: number) => {
      const record = { at: inDays(days).toISOString(), actor: { kind: 'participant', thumbprint } };
      const sk = String(++links).padStart(12, '0');
      await stand.table.write({ put: { pk: 'EVID#FINTECH_CL', sk, record } });
    };
    const late = (thumbprint: string) =>
      lateUses(stand.table, async () => undefined).find(thumbprint as never);

    test('A-044 is told once a day to officer, apoderado and systems, with its evidence', async () => {
      const { old, fresh } = await rotate(['BANCO_CL', 'OTRO_CL']);
      await used(old.thumbprint, 23.5);
      stand.clock.set(inDays(24));
      expect(await pass()).toMatchObject({ late: 1 });
      expect(told()).toEqual(['mail.rotation-late', 'mail.rotation-late', 'event.rotation-late']);
      expect(stand.evidence().at(-1)!.kind).toBe('certificate.usedLate');
      expect(await late(old.thumbprint)).toMatchObject({
        replacedBy: fresh.thumbprint,
        overlapEndsAt: inDays(30),
        lastUsedAt: inDays(23.5),
      });
      expect(await pass()).toMatchObject({ late: 0 });
      stand.clock.set(inDays(25));
      expect(await pass()).toMatchObject({ late: 0 });
      await used(old.thumbprint, 25.5);
      stand.clock.set(inDays(26));
      expect(await pass()).toMatchObject({ late: 1 });
    });

    test('is told of while the old one is held beyond the overlap too', async () => {
      const { old } = await rotate(['BANCO_CL']);
      await used(old.thumbprint, 39.5);
      stand.clock.set(inDays(40));
      expect(await pass()).toMatchObject({ late: 1, rotated: 0 });
    });

    test("is nobody's concern before, nor use of the new one", async () => {
      const { old, fresh } = await rotate(['BANCO_CL', 'OTRO_CL']);
      await used(old.thumbprint, 21.9);
      stand.clock.set(inDays(22));
      expect(await pass()).toMatchObject({ late: 0 });
      await used(fresh.thumbprint, 24.5);
      stand.clock.set(inDays(25));
      expect(await pass()).toMatchObject({ late: 0 });
    });
  });
});

import { beforeEach, describe, expect, test } from 'vitest';
import { disableStand } from '../support/disable.ts';
import { fintech } from '../support/enrolment.ts';

// K: a thief of the API key alone tries to take a participant's certificates away, so that its own enrolment is what is
// left. It can stop payouts; what it stops is frozen for people to see, and no certificate is gone.
let stand: ReturnType<typeof disableStand>;
beforeEach(() => {
  stand = disableStand();
});

describe('S12 disabling with the API key alone', () => {
  test.each([
    ['the last active signing certificate', false],
    ['all of them', true],
    ['one whose key, after an incident, carries all of them', 'incident'],
  ] as const)('S12 %s suspends the participant and ends nothing', async (_, how) => {
    const one = await stand.active(stand.leaf('one'));
    const same = how === 'incident' ? await stand.active(stand.leaf('one')) : undefined;
    const asked = how === true ? { all: true } : { thumbprint: one.thumbprint };
    const answer = await stand.disable({ ...asked, cause: how === 'incident' ? 'incident' : 'other' });
    expect(answer).toMatchObject({ disabled: [], suspended: true, warnings: ['SUSPENDED_INSTEAD'] });
    expect(await stand.statusOf(one)).toBe('active');
    if (same) expect(await stand.statusOf(same)).toBe('active');
    expect(await stand.disables.suspended(fintech.finId)).toBe(true);
    const told = stand.queues.announced.map(({ id }) => id.split('.').toSpliced(2, 1).join('.'));
    expect(told.slice(-6)).toEqual([
      'mail.suspended.OFFICER',
      'mail.suspended.APODERADO',
      'mail.suspended.OPERATOR',
      'event.disable',
      'participant.suspend.BANCO_CL',
      'suspension.overdue',
    ]);
  });

  test('S12 two at once, each of which leaves the other, do not end both', async () => {
    const [one, other] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
    const answers = await Promise.all([one, other].map(({ thumbprint }) => stand.disable({ thumbprint })));
    expect(answers.map(({ suspended }) => suspended).sort()).toEqual([false, true]);
    const states = [await stand.statusOf(one), await stand.statusOf(other)];
    expect(states.sort()).toEqual(['active', 'disabled']);
  });

  test('S12 a transport certificate does not count as the one that is left', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.active(stand.leaf('tls'), { use: 'transport' });
    expect((await stand.disable({ thumbprint: one.thumbprint })).suspended).toBe(true);
  });

  test('S12 pending certificates stay: whoever could withdraw them could stop every enrolment', async () => {
    const [one] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
    const waiting = await stand.pending(stand.leaf('one'));
    const answer = await stand.disable({ thumbprint: one.thumbprint, cause: 'incident' });
    expect(answer).toMatchObject({ withdrawn: [], warnings: ['PENDING_NEEDS_SIGNATURE'] });
    expect((await stand.enrolments.find(waiting.id))?.networkStatus).toBe('pending');
  });

  test('S12 asked again, the flag stays as it was set first', async () => {
    await stand.active(stand.leaf('one'));
    await stand.disable({ all: true });
    const flag = stand.items.get([...stand.items.keys()].find((key) => key.includes('SUSPENSION'))!);
    stand.clock.advance(3_600);
    stand.queues.announced.length = 0;
    expect((await stand.disable({ all: true }, { keyId: 'K2' })).suspended).toBe(true);
    // Nobody is told twice, and no payout operator that has lifted it is frozen again.
    expect(stand.queues.announced).toEqual([]);
    expect(stand.evidence().at(-1)).toMatchObject({
      kind: 'participant.suspended',
      actor: { apiKeyId: 'K2' },
    });
    expect([...stand.items.values()].find(({ sk }) => sk === 'SUSPENSION')).toEqual(flag);
  });

  test.each([{ all: true }, 'last'] as const)(
    'S12 of a node %j is refused: nobody here could say its second word',
    async (what) => {
      const one = await stand.active(stand.leaf('one'));
      const party = (await stand.ports.parties.party(fintech.finId))!;
      const node = { ...party, kind: 'payoutOperator' as const };
      Object.assign(stand.ports.parties, { party: async () => node });
      const asked = what === 'last' ? { thumbprint: one.thumbprint } : what;
      const refused = stand.disable(asked);
      await expect(refused).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
      expect(await stand.disables.suspended(fintech.finId)).toBe(false);
      expect((await stand.disable(asked, { by: one })).disabled).toEqual([one.thumbprint]);
    },
  );

  test('S12 while suspended, disabling still works', async () => {
    const one = await stand.active(stand.leaf('one'));
    await stand.disable({ all: true });
    expect((await stand.disable({ thumbprint: one.thumbprint }, { by: one })).disabled).toEqual([
      one.thumbprint,
    ]);
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import { handOver, onKey, signingNow } from '../../../core/message/own-certificate.ts';
import { type SigningParty, signingParty } from '../../support/signer.ts';

let party: SigningParty;
let other: SigningParty;
beforeAll(async () => {
  [party, other] = await Promise.all([signingParty(), signingParty()]);
});

const day = (number: number) => new Date(Date.UTC(2026, 0, number));
const active = ({ thumbprint, certificateDer }: SigningParty, number: number) => ({
  thumbprint,
  der: certificateDer,
  activatedAt: day(number),
});
const now = day(50);

test('messages carry the certificate whose key signs them, whatever else is active', () => {
  expect(onKey([active(other, 1), active(party, 2)], party.publicKey)).toMatchObject([
    { thumbprint: party.thumbprint },
  ]);
});

test('of two that people pinned the one pinned last signs', () => {
  const [first, second] = [active(party, 2), active(other, 9)];
  expect(signingNow([second, first], { now, pinned: null })).toBe(first);
  expect(signingNow([second, first], { now, pinned: second.thumbprint })).toBe(second);
});

describe('a successor', () => {
  const handing = { now, pinned: 'first' };
  const own = () => {
    const [first, next] = [active(party, 2), { ...active(other, 9), signsFrom: day(40) }];
    return { first, next, both: [next, first], handing: { ...handing, pinned: first.thumbprint } };
  };

  test('signs from its time on, and not a moment earlier', () => {
    const { both, first, next, handing } = own();
    expect(signingNow(both, { ...handing, now: new Date(day(40).getTime() - 1) })).toBe(first);
    expect(signingNow(both, { ...handing, now: day(40) })).toBe(next);
  });

  test('does not sign to a node whose people have not confirmed it', () => {
    const { both, first, next, handing } = own();
    expect(signingNow(both, { ...handing, confirmed: new Set() })).toBe(first);
    expect(signingNow(both, { ...handing, confirmed: new Set([next.thumbprint]) })).toBe(next);
  });

  test('signs when it is all that is left, confirmed or not', () => {
    const { next, handing } = own();
    expect(signingNow([next], { ...handing, confirmed: new Set() })).toBe(next);
    expect(signingNow([], handing)).toBeUndefined();
  });

  test('begins 30 days after it was published, or a day before the current one ends', () => {
    expect(handOver(day(400), undefined, day(1))).toEqual(day(31));
    expect(handOver(day(20), undefined, day(1))).toEqual(day(19));
    expect(handOver(day(400), day(60), day(1))).toEqual(day(60));
    expect(() => handOver(day(400), day(30), day(1))).toThrow(
      expect.objectContaining({ code: 'NODE_CERTIFICATE_TOO_SOON' }),
    );
  });
});

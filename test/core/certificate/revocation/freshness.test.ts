import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  alarmAt,
  crlFetchInterval,
  fetchDueAt,
  frozenAt,
  nextAttemptAt,
  reportOn,
  requireFreshnessAboveInterval,
  requireThawed,
  type SourceTimes,
  staleAt,
} from '../../../../core/certificate/revocation/freshness.ts';

const start = new Date('2026-06-01T00:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const at = (milliseconds: number) => new Date(start.getTime() + milliseconds);
const crl: SourceTimes = {
  kind: 'crl',
  since: start,
  thisUpdate: start,
  nextUpdate: at(24 * hour),
  lastGoodFetch: start,
  lastAttempt: start,
};
const ocsp: SourceTimes = { ...crl, kind: 'ocsp' };
const silent = {
  thisUpdate: undefined,
  nextUpdate: undefined,
  lastGoodFetch: undefined,
  lastAttempt: undefined,
};

describe('a source is frozen', () => {
  const week = at(7 * 24 * hour);
  test.each<[string, SourceTimes, number]>([
    ['24 h after nextUpdate', crl, 48],
    ['for lists, 72 h after the last good fetch, though nextUpdate be far', { ...crl, nextUpdate: week }, 72],
    ['later when a 304 confirmed it', { ...crl, nextUpdate: week, lastGoodFetch: at(10 * hour) }, 82],
    ['without nextUpdate, 48 h after thisUpdate', { ...crl, nextUpdate: undefined }, 48],
    ['for OCSP, by nextUpdate alone', { ...ocsp, nextUpdate: week }, 7 * 24 + 24],
    ['for OCSP without nextUpdate, 48 h after thisUpdate', { ...ocsp, nextUpdate: undefined }, 48],
    ['when it never gave a word, 24 h after somebody came to depend on it', { ...crl, ...silent }, 24],
  ])('%s', (_, source, hours) => {
    expect(frozenAt(source)).toEqual(at(hours * hour));
  });

  test('never later than 24 h after it went stale, nor, for lists, 72 h after the last fetch', () => {
    const span = fc.integer({ min: 0, max: 400 * 24 }).map((hours) => hours * hour);
    fc.assert(
      fc.property(span, fc.option(span), span, (thisUpdate, validity, fetched) => {
        const source: SourceTimes = {
          ...crl,
          thisUpdate: at(thisUpdate),
          nextUpdate: validity === null ? undefined : at(thisUpdate + validity),
          lastGoodFetch: at(fetched),
        };
        const frozen = frozenAt(source).getTime();
        const stale = staleAt({ thisUpdate: source.thisUpdate!, nextUpdate: source.nextUpdate }).getTime();
        expect(frozen).toBe(Math.min(stale + 24 * hour, at(fetched).getTime() + 72 * hour));
      }),
    );
  });
});

describe('a list is fetched', () => {
  test.each([
    ['every hour when it lives a day', 24 * hour, 60],
    ['every hour when it lives a month', 30 * 24 * hour, 60],
    ['every quarter when it lives an hour', hour, 15],
    ['every ten minutes when it lives five', 5 * minute, 10],
    ['every ten minutes when its times are the wrong way round', -hour, 10],
  ])('%s', (_, validity, minutes) => {
    expect(crlFetchInterval(start, at(validity))).toBe(minutes * minute);
  });

  test('at once when nothing is known of it, and then every ten minutes', () => {
    const unknown = { ...crl, ...silent };
    expect(nextAttemptAt(unknown)).toEqual(start);
    expect(nextAttemptAt({ ...unknown, lastAttempt: at(hour) })).toEqual(at(hour + 10 * minute));
  });
});

test('OCSP is never asked again before nextUpdate', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (validity, attempted) => {
      const source = { ...ocsp, nextUpdate: at(validity * hour), lastAttempt: at(attempted * hour) };
      expect(nextAttemptAt(source).getTime()).toBeGreaterThanOrEqual(source.nextUpdate.getTime());
    }),
  );
});

test('the alarm rings when a fetch that was due has failed for two hours', () => {
  expect(fetchDueAt(crl)).toEqual(at(hour));
  expect(alarmAt(crl)).toEqual(at(3 * hour));
  const tried = { ...crl, lastAttempt: at(3 * hour) };
  expect(reportOn(tried, at(3 * hour)).alarm).toBe(false);
  expect(reportOn(tried, at(3 * hour + 1)).alarm).toBe(true);
});

test.each([
  [0, 'CURRENT'],
  [24 * hour, 'CURRENT'],
  [24 * hour + 1, 'STALE'],
  [48 * hour, 'STALE'],
  [48 * hour + 1, 'FROZEN'],
] as const)('%d ms after thisUpdate, a list of one day is %s', (age, state) => {
  expect(reportOn(crl, at(age)).state).toBe(state);
});

describe('new payouts', () => {
  test('wait while any source is frozen, and the refusal may be tried again', () => {
    const other = { ...crl, nextUpdate: at(25 * hour) };
    expect(requireThawed([other, crl], at(48 * hour)).frozenAt).toEqual(at(48 * hour));
    expect(() => requireThawed([other, crl], at(48 * hour + 1))).toThrow(
      expect.objectContaining({
        code: 'REVOCATION_SOURCE_FROZEN',
        detail: expect.objectContaining({ retryable: true }),
      }),
    );
  });

  test('are refused on a certificate without any source', () => {
    expect(() => requireThawed([], start)).toThrow(expect.objectContaining({ code: 'NO_REVOCATION_SOURCE' }));
  });
});

test('a configuration that wants words younger than they are fetched is refused', () => {
  requireFreshnessAboveInterval(hour, hour);
  expect(() => requireFreshnessAboveInterval(hour - 1, hour)).toThrow(
    expect.objectContaining({ code: 'FRESHNESS_BELOW_FETCH_INTERVAL' }),
  );
});

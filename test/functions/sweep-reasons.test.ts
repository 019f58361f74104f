import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { context, contextPrimitive, namedBits, sequence } from '../../core/certificate/der-writer.ts';
import type { Issued } from '../support/certificates.ts';
import { issuingDistributionPoint, uri } from '../support/revocation-lists.ts';
import { listUrl, sweepStand } from '../support/sweep.ts';

// RFC 5280 §6.3.3: lists that each cover some reasons say together what one of them cannot.

const hour = 3_600_000;
let stand: ReturnType<typeof sweepStand>;
beforeEach(() => {
  stand = sweepStand();
});

const minutes = (count: number) => stand.clock.advance(count * 60);
const state = async (leaf: Issued) => {
  const status = await stand.ports.statuses.status(leaf.thumbprint);
  return [status?.validity, status?.networkStatus];
};

describe('lists that share the reasons out', () => {
  const otherUrl = 'http://psc.example/otra.crl';
  const points = sequence(...[listUrl, otherUrl].map((url) => sequence(context(0, context(0, uri(url))))));
  const named = (label: string) =>
    stand.leaf(label, { extensions: [{ oid: '2.5.29.31', critical: false, value: points }] });
  const some = (...reasons: number[]) =>
    issuingDistributionPoint(contextPrimitive(3, namedBits(reasons).subarray(2)));
  const [compromise, rest] = [some(1, 2), some(3, 4, 5, 6, 7, 8)];

  test('are heard together, each as of its own times, and end what either names', async () => {
    const leafs = [await stand.active(named('one')), await stand.active(named('two'))] as const;
    stand.serves(listUrl, stand.list({ number: 1, hours: 6, extensions: [compromise] }));
    minutes(1);
    stand.serves(otherUrl, stand.list({ number: 1, hours: 240, extensions: [rest] }));
    expect(await stand.sweep()).toEqual(['PROCESSED', 'PROCESSED']);
    const validity = async (url: string) => {
      const { thisUpdate, nextUpdate } = await stand.source(url);
      return nextUpdate!.getTime() - thisUpdate!.getTime();
    };
    expect([await validity(listUrl), await validity(otherUrl)]).toEqual([6 * hour, 240 * hour]);
    minutes(61);
    const revoking = stand.list({ number: 2, revoked: [{ leaf: leafs[1], reason: 4 }], extensions: [rest] });
    stand.serves(otherUrl, revoking);
    await stand.sweep();
    expect((await state(leafs[0]))?.[0]).toBe('valid');
    expect((await state(leafs[1]))?.[0]).toBe('revoked');
    expect(stand.kept).toEqual([`crl ${createHash('sha256').update(revoking).digest('base64url')}`]);
  });

  test.each([
    ['is not there', undefined],
    ['covers no more than the first', compromise],
    ['is past its time', rest],
  ])('say nothing where the other one %s', async (how, scope) => {
    const leaf = await stand.active(named('one'));
    const thisUpdate =
      how === 'is past its time' ? new Date(stand.clock.now().getTime() - 48 * hour) : undefined;
    stand.serves(listUrl, stand.list({ number: 1, extensions: [compromise] }));
    if (scope)
      stand.serves(
        otherUrl,
        stand.list({ number: 1, extensions: [scope], ...(thisUpdate && { thisUpdate }) }),
      );
    expect(await stand.sweep()).toEqual(['FAILED', 'FAILED']);
    expect((await stand.source(listUrl)).thisUpdate).toBeUndefined();
    expect((await state(leaf))?.[1]).toBe('active');
  });
});

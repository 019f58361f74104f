import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CertificateState,
  lifecycleEvents,
  networkStatuses,
  transitionFor,
  transitions,
  validities,
} from '../../../core/certificate/lifecycle.ts';

const every: (CertificateState | 'initial')[] = [
  'initial',
  ...validities.flatMap((validity) => networkStatuses.map((networkStatus) => ({ validity, networkStatus }))),
];
const name = (state: CertificateState | 'initial') =>
  state === 'initial' ? 'initial' : `${state.validity}/${state.networkStatus}`;

// Written down once more by hand from the published diagrams: the table in core must equal it, forbidden rows included.
const published: Record<string, string> = {
  'RECEIVED_VALID initial': 'valid/pending',
  'RECEIVED_INVALID initial': 'invalid/rejected',
  'RECEIVED_EXPIRED initial': 'expired/rejected',
  'RECEIVED_REVOKED initial': 'revoked/rejected',
  'CONFIRMED valid/pending': 'valid/active',
  'REJECTED valid/pending': 'valid/rejected',
  'DISABLED valid/active': 'valid/disabled',
  'EXPIRED valid/pending': 'expired/rejected',
  'EXPIRED valid/active': 'expired/disabled',
  'EXPIRED valid/disabled': 'expired/disabled',
  'EXPIRED valid/rejected': 'expired/rejected',
  'REVOKED valid/pending': 'revoked/rejected',
  'REVOKED valid/active': 'revoked/disabled',
  'REVOKED valid/disabled': 'revoked/disabled',
  'REVOKED valid/rejected': 'revoked/rejected',
};

describe('the published machines', () => {
  for (const event of lifecycleEvents) {
    for (const from of every) {
      const expected = published[`${event} ${name(from)}`];
      test(
        expected ? `${event} moves ${name(from)} to ${expected}` : `${event} is forbidden from ${name(from)}`,
        () => {
          const found = transitionFor(event, from);
          expect(found ? name(found.to) : undefined).toBe(expected);
        },
      );
    }
  }

  test('a certificate is active only while it is valid, whatever happens in whatever order (A-142)', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lifecycleEvents), { maxLength: 30 }), (events) => {
        let at: CertificateState | 'initial' = 'initial';
        for (const event of events) at = transitionFor(event, at)?.to ?? at;
        return at === 'initial' || at.networkStatus !== 'active' || at.validity === 'valid';
      }),
      { numRuns: 2_000 },
    );
  });

  test('rejected and disabled are final: nothing leads from them to another network status (A-141)', () => {
    for (const row of transitions) {
      if (row.from === 'initial') continue;
      if (row.from.networkStatus === 'rejected' || row.from.networkStatus === 'disabled') {
        expect(row.to.networkStatus).toBe(row.from.networkStatus);
      }
    }
  });

  test('expired, revoked and invalid are final (A-128)', () => {
    for (const row of transitions) expect(row.from === 'initial' || row.from.validity === 'valid').toBe(true);
  });

  test('no way leads to active but by a confirmation of a pending one', () => {
    const toActive = transitions.filter((row) => row.to.networkStatus === 'active');
    expect(toActive.map(({ event, from }) => [event, name(from)])).toEqual([['CONFIRMED', 'valid/pending']]);
  });
});

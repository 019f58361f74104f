import { describe, expect, test } from 'vitest';
import { type PkitsCase, pkitsCases, pkitsChain, pkitsPath } from '../../support/pkits.ts';

// NIST PKITS, every one of its 249 subtests. Each is a test of its own, so that a difference names itself.

/** The bundle comes without order and with the anchor in it, as participants send it. */
const pathOf = (subtest: PkitsCase) => pkitsPath(subtest, pkitsChain(subtest).reverse());

/** Refused by us, accepted by NIST: the reason. */
const differing: Readonly<Record<string, string>> = {
  'pkits::4.1.4': 'KEY_UNSUPPORTED', // DSA
  'pkits::4.1.5': 'KEY_UNSUPPORTED', // DSA with inherited parameters
};

/** Sections whose refusals need revocation lists: 4.4, 4.5, 4.7.4 and 4.7.5 (cRLSign), 4.14, 4.15. */
const needsLists = (id: string) =>
  id !== 'pkits::4.5.8' && /^pkits::4\.(4|5|14|15)\.|^pkits::4\.7\.[45]$/.test(id);

describe('NIST PKITS, paths', () => {
  test('all 249 subtests are here', () => {
    expect(pkitsCases).toHaveLength(249);
  });

  for (const subtest of pkitsCases) {
    const differs = differing[subtest.id];
    const accept = (subtest.expect === 'accept' || needsLists(subtest.id)) && !differs;
    test(`${accept ? 'admits' : 'refuses'} the path of ${subtest.id.slice(7)} ${subtest.title}`, () => {
      if (accept) {
        expect(pathOf(subtest).signatureChecks).toBeLessThanOrEqual(64);
      } else if (differs) {
        expect(() => pathOf(subtest)).toThrow(expect.objectContaining({ code: differs }));
      } else {
        expect(() => pathOf(subtest)).toThrow(expect.objectContaining({ name: 'Refusal' }));
      }
    });
  }
});

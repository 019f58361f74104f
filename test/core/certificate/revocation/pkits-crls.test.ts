import { describe, expect, test } from 'vitest';
import { requireUnrevoked } from '../../../../core/certificate/revocation/answer.ts';
import { checkPathByCrls, serialsOf } from '../../../../core/certificate/revocation/check-path.ts';
import { scanCrl } from '../../../../core/certificate/revocation/crl-scan.ts';
import { type PkitsCase, pkitsCases, pkitsChain, pkitsList, pkitsPath } from '../../../support/pkits.ts';

// NIST PKITS with its revocation lists: every subtest, path and revocation together, must end as NIST says.

/** DSA is refused by us as a key, path or no path. */
const dsa = new Set(['pkits::4.1.4', 'pkits::4.1.5']);

function check(subtest: PkitsCase): void {
  const certificates = pkitsChain(subtest);
  const path = pkitsPath(subtest);
  const wanted = serialsOf(path, certificates);
  const crls = subtest.crls.flatMap((source) => {
    try {
      return [{ source, crl: scanCrl(pkitsList(source), wanted) }];
    } catch {
      return [];
    }
  });
  requireUnrevoked(checkPathByCrls({ path, crls, certificates, now: new Date(subtest.time) }));
}

describe('NIST PKITS, paths with revocation lists', () => {
  for (const subtest of pkitsCases.filter(({ id }) => !dsa.has(id))) {
    const admit = subtest.expect === 'accept';
    test(`${admit ? 'admits' : 'refuses'} ${subtest.id.slice(7)} ${subtest.title}`, () => {
      if (admit) check(subtest);
      else expect(() => check(subtest)).toThrow(expect.objectContaining({ name: 'Refusal' }));
    });
  }
});

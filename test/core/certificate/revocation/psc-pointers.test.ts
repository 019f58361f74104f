import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCertificate, readChain } from '../../../../core/certificate/parse.ts';
import { revocationSourcesOf } from '../../../../core/certificate/revocation/source.ts';

// The pointers of every real intermediate in test/vectors/psc are read; how many of them there are is a fact that
// the design rests on (lists first).
const folder = join(import.meta.dirname, '../../../vectors/psc');

function kindsIn(country: string): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const file of readdirSync(join(folder, country, 'intermediate'))) {
    for (const der of readChain(readFileSync(join(folder, country, 'intermediate', file)))) {
      let kind: string;
      try {
        kind = revocationSourcesOf(parseCertificate(der)).kind;
      } catch (error) {
        kind = (error as { code: string }).code;
      }
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
  }
  return kinds;
}

test.each([
  ['br', { crl: 176, NO_REVOCATION_SOURCE: 1 }],
  ['cl', { crl: 22, NO_REVOCATION_SOURCE: 9 }],
  ['mx', { crl: 5, NO_REVOCATION_SOURCE: 4 }],
  ['pe', { crl: 38 }],
])('real intermediates of %s name lists, or nobody', (country, kinds) => {
  expect(kindsIn(country)).toEqual(kinds);
});

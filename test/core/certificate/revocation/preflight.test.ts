import { describe, expect, test } from 'vitest';
import * as der from '../../../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../../../core/certificate/parse.ts';
import { checkBundle } from '../../../../core/certificate/revocation/preflight.ts';
import { type Issued, makeAuthority } from '../../../support/certificates.ts';
import { type ListOptions, listBy, offered } from '../../../support/listed.ts';
import {
  deltaIndicator,
  fullName,
  issuingDistributionPoint,
  uri,
} from '../../../support/revocation-lists.ts';

const now = new Date('2026-06-01T12:00:00Z');
const hours = (n: number) => new Date(now.getTime() + n * 3_600_000);
const root = makeAuthority({ name: 'bundle root' });
const psc = root.issueCa({ name: 'bundle psc' });
const stranger = root.issueCa({ name: 'bundle psc', keyLabel: 'bundle stranger' });
const list = (by: Issued, options: ListOptions = {}) =>
  offered(by.thumbprint, listBy(by, { thisUpdate: hours(-1), nextUpdate: hours(2) }, options));
const check = (crls: ReturnType<typeof list>[], exempt: Issued[] = []) =>
  checkBundle({
    authorities: [root, psc].map((authority) => parseCertificate(authority.der)),
    crls,
    exempt: new Set(exempt.map(({ thumbprint }) => thumbprint)),
    freshUntil: hours(1),
    now,
  });

describe('a bundle may be published', () => {
  test('when every CA has a whole list that is fresh until the next publication', () => {
    expect(check([list(psc), list(root)]).lists.map(({ source }) => source)).toEqual([
      root.thumbprint,
      psc.thumbprint,
    ]);
  });

  test('when a CA without one is exempt by name', () => {
    expect(check([list(psc)], [root]).lists).toHaveLength(1);
  });

  test.each<[string, ReturnType<typeof list>[]]>([
    ['is missing', []],
    ['ends too early', [list(psc, { nextUpdate: hours(0.5) })]],
    ['is signed by a namesake', [list(stranger)]],
    ['is a delta', [list(psc, { extensions: [deltaIndicator(1)], number: 2 })]],
    [
      'is one shard of several',
      [list(psc, { extensions: [issuingDistributionPoint(fullName(uri('http://a/1.crl')))] })],
    ],
    [
      'covers some reasons',
      [
        list(psc, {
          extensions: [issuingDistributionPoint(der.contextPrimitive(3, der.namedBits([1]).subarray(2)))],
        }),
      ],
    ],
  ])('not when the list of one CA %s; the CA is named', (_, crls) => {
    expect(() => check([list(root), ...crls])).toThrow(
      expect.objectContaining({
        code: 'CRL_BUNDLE_INCOMPLETE',
        detail: { parameter: psc.thumbprint.slice(0, 16) },
      }),
    );
  });
});

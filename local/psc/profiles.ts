// The PSC profiles under which a local node knows the test PSC: one for each country, `test` anchors.

import type { ManifestAnchor } from '../../core/certificate/anchors.ts';
import type { HolderLayout } from '../../core/certificate/holder/holder.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { revocationPolicy } from '../../core/policy.ts';
import type { CountryAuthority } from './authorities.ts';
import { type Country, testPscRut } from './layouts.ts';

const layouts: Record<Country, HolderLayout> = {
  BR: 'br.icp',
  CL: 'cl.san',
  CO: 'co.serialNumber',
  MX: 'mx.efirma',
  PE: 'pe.iofe',
};

export function testProfile({ country, root }: CountryAuthority): PscProfile {
  const { crlMaxBytes, frozenAfterStale, frozenAfterLastGoodFetch } = revocationPolicy;
  return {
    id: `${country.toLowerCase()}-test-psc`,
    name: `PSC de prueba ${country}`,
    country,
    enabled: true,
    holder: layouts[country],
    anchors: [root.thumbprint],
    // A3 and A4 of a natural person (Resolucao 211/2024).
    acceptedPolicies: country === 'BR' ? ['2.16.76.1.2.3.*', '2.16.76.1.2.4.*'] : [],
    transportPolicies: [],
    selfSignedLeafs: [],
    ...(country === 'CL' ? { pscTaxId: testPscRut } : {}),
    revocation: { crlMaxBytes, frozenAfterStale, frozenAfterLastGoodFetch },
  };
}

export function testAnchor({ root }: CountryAuthority): ManifestAnchor {
  return { certificate: root.der, thumbprint: root.thumbprint, kind: 'test' };
}

import { describe, expect, test } from 'vitest';
import { JsonReader } from '../../../core/certificate/manifest-json.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { readProfile, requireAcceptedPolicy } from '../../../core/certificate/psc-profile.ts';
import { issueLeaf, makeAuthority } from '../../support/certificates.ts';
import { someProfile } from '../../support/manifest.ts';

const root = makeAuthority({ name: 'Profile Root' });
const profile = someProfile(root);
const source = { kind: 'crl', url: 'http://x/', issuers: [root.thumbprint] };
const asJson = (change: Record<string, unknown>) =>
  new JsonReader({ ...structuredClone(profile), ...change });

describe('the policy of a leaf', () => {
  const leaf = (...policies: string[]) => parseCertificate(issueLeaf(root, { policies }).der);
  const accepting = (...acceptedPolicies: string[]) => ({ ...profile, acceptedPolicies });

  test('is accepted by its object identifier or by the arc above it', () => {
    expect(requireAcceptedPolicy(leaf('1.2.3.4'), accepting('1.2.3.4'), 'signing')).toEqual(['1.2.3.4']);
    const brazil = accepting('2.16.76.1.2.3.*', '2.16.76.1.2.4.*');
    expect(requireAcceptedPolicy(leaf('2.16.76.1.2.3.51', '1.9'), brazil, 'signing')).toEqual([
      '2.16.76.1.2.3.51',
    ]);
  });

  test.each([[['2.16.76.1.2.1.51']], [['2.16.76.1.2.30.1']], [['2.16.76.1.2.3']], [['2.5.29.32.0']]])(
    'refuses %s, which is not below an accepted arc',
    (policies) => {
      expect(() => requireAcceptedPolicy(leaf(...policies), accepting('2.16.76.1.2.3.*'), 'signing')).toThrow(
        expect.objectContaining({ code: 'POLICY_NOT_ACCEPTED' }),
      );
    },
  );

  test('is another question for transport, whose certificates stand under policies of their own', () => {
    const both = { ...accepting('1.2.3'), transportPolicies: ['1.2.9'] };
    expect(requireAcceptedPolicy(leaf('1.2.9'), both, 'transport')).toEqual(['1.2.9']);
    expect(() => requireAcceptedPolicy(leaf('1.2.3'), both, 'transport')).toThrow(
      expect.objectContaining({ code: 'POLICY_NOT_ACCEPTED' }),
    );
  });

  test('of a seal that is to sign is refused as a seal', () => {
    const brazil = { ...accepting('2.16.76.1.2.3.*'), country: 'BR', holder: 'br.icp' } as const;
    expect(() => requireAcceptedPolicy(leaf('2.16.76.1.2.201.1'), brazil, 'signing')).toThrow(
      expect.objectContaining({ code: 'HOLDER_IS_SEAL' }),
    );
  });

  test('refuses none where one is asked for, and asks for none where the profile names none', () => {
    const bare = parseCertificate(issueLeaf(root).der);
    expect(() => requireAcceptedPolicy(bare, accepting('1.2.3'), 'signing')).toThrow(
      expect.objectContaining({ code: 'POLICY_NOT_ACCEPTED' }),
    );
    expect(requireAcceptedPolicy(bare, accepting(), 'signing')).toEqual([]);
  });
});

describe('a profile', () => {
  test.each([{ frozenAfterLastGoodFetch: 3_599_999 }, { frozenAfterStale: 599_999 }])(
    'A-164 that wants words younger than they are fetched is refused: %o',
    (stricter) => {
      const revocation = { ...profile.revocation, ...stricter };
      expect(() => readProfile(asJson({ revocation }))).toThrow(
        expect.objectContaining({ code: 'FRESHNESS_BELOW_FETCH_INTERVAL' }),
      );
    },
  );

  test('reads back as it was written', () => {
    expect(readProfile(asJson({}))).toEqual(profile);
  });

  test.each<[string, Record<string, unknown>]>([
    ['an id with capitals', { id: 'CL Test' }],
    ['an unknown country', { country: 'AR' }],
    ["another country's layout", { holder: 'br.icp' }],
    ['an unknown layout', { holder: 'cl.cn' }],
    ['enabled as text', { enabled: 'true' }],
    ['a short thumbprint', { anchors: ['abc'] }],
    ['the same anchor twice', { anchors: [root.thumbprint, root.thumbprint] }],
    ['a policy that is no object identifier', { acceptedPolicies: ['any'] }],
    ['a list above the cap', { revocation: { crlMaxBytes: 100_000_001 } }],
    ['a freeze later than the policy', { revocation: { frozenAfterStale: 25 * 3_600_000 } }],
    ['a source that is no URL', { revocation: { source: { ...source, url: 'ldap://x' } } }],
    ['an unknown member of the source', { revocation: { source: { ...source, ttl: 1 } } }],
    ['a list of nobody', { revocation: { source: { ...source, issuers: [] } } }],
    ['an unknown member of the rule', { revocation: { softFail: true } }],
    ['a name with a direction override', { name: 'PSC \u202egnp' }],
  ])('refuses %s', (_, change) => {
    expect(() => readProfile(asJson(change))).toThrow(expect.objectContaining({ code: 'ANCHORS_MALFORMED' }));
  });

  test('takes the policy where it says nothing of revocation', () => {
    expect(readProfile(asJson({ revocation: {} })).revocation).toEqual(profile.revocation);
  });
});

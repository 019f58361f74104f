// What does a node believe about one PSC? Data that two node operators sign with the anchors: where its holders
// stand, which policies count, what revocation must be known. Paths are validated elsewhere (path.ts).

import type { CertificateUse } from '../enrolment/enrolment.ts';
import { Refusal } from '../errors.ts';
import { revocationPolicy } from '../policy.ts';
import type { Oid, ParsedCertificate } from './certificate.ts';
import type { Country } from './holder/extractor.ts';
import { policyOids } from './holder/fields.ts';
import { type HolderLayout, type HolderRule, holderLayouts, sealOf } from './holder/holder.ts';
import { type JsonReader, malformedManifest } from './manifest-json.ts';
import { requireFreshnessAboveInterval } from './revocation/freshness.ts';
import type { Thumbprint } from './thumbprint.ts';

export interface PscProfile extends HolderRule {
  /** Stable, lower case: `cl-e-certchile`. */
  readonly id: string;
  /** As people know the PSC; shown to officer and apoderado. */
  readonly name: string;
  readonly country: Country;
  /** A disabled profile keeps its data and accepts nothing. */
  readonly enabled: boolean;
  readonly holder: HolderLayout;
  /** Anchors by thumbprint; an anchor serves one profile. */
  readonly anchors: readonly Thumbprint[];
  /** `signing`: object identifiers, or arcs ending in `.*`; the leaf must carry one of them. Empty: any, or none. */
  readonly acceptedPolicies: readonly Oid[];
  /** The same for `transport`: certificates of companies and machines stand under policies of their own. */
  readonly transportPolicies: readonly Oid[];
  /** Self-signed leafs accepted as they are, by thumbprint; empty (the default): none. */
  readonly selfSignedLeafs: readonly Thumbprint[];
  readonly revocation: RevocationRule;
}

/** How this PSC's revocation is looked up. Times are milliseconds; defaults are `revocationPolicy`. */
export interface RevocationRule {
  /** The list of these issuers, by their certificates' thumbprints, where what they issue names none, or a wrong one (S25). */
  readonly source?: {
    readonly kind: 'crl';
    readonly url: string;
    readonly issuers: readonly Thumbprint[];
  };
  readonly crlMaxBytes: number;
  readonly frozenAfterStale: number;
  readonly frozenAfterLastGoodFetch: number;
}

const countries: readonly Country[] = ['BR', 'CL', 'CO', 'MX', 'PE'];

const policyForm = /^[0-2](\.\d{1,20}){1,30}(\.\*)?$/;

/** @throws Refusal ANCHORS_MALFORMED naming the member, FRESHNESS_BELOW_FETCH_INTERVAL */
export function readProfile(json: JsonReader): PscProfile {
  const holder = json.oneOf('holder', holderLayouts);
  const country = json.oneOf('country', countries);
  if (!holder.startsWith(`${country.toLowerCase()}.`))
    throw malformedManifest('holder', `a layout of ${country}`);
  const pscTaxId = json.optionalText('pscTaxId');
  return {
    id: json.matching('id', /^[a-z0-9][a-z0-9-]{1,63}$/),
    name: json.text('name'),
    country,
    enabled: json.boolean('enabled'),
    holder,
    anchors: json.thumbprints('anchors'),
    acceptedPolicies: json.list('acceptedPolicies', policyForm),
    transportPolicies: json.list('transportPolicies', policyForm),
    selfSignedLeafs: json.thumbprints('selfSignedLeafs'),
    ...(pscTaxId ? { pscTaxId } : {}),
    revocation: readRevocation(json.member('revocation')),
  };
}

function readRevocation(json: JsonReader): RevocationRule {
  const source = json.optionalMember('source');
  const byDefault = revocationPolicy;
  const rule = {
    ...(source ? { source: readSource(source) } : {}),
    crlMaxBytes: json.number('crlMaxBytes', byDefault.crlMaxBytes, byDefault.crlMaxBytesByProfile),
    // A profile may freeze sooner than the policy, never later.
    frozenAfterStale: json.number('frozenAfterStale', byDefault.frozenAfterStale, byDefault.frozenAfterStale),
    frozenAfterLastGoodFetch: json.number(
      'frozenAfterLastGoodFetch',
      byDefault.frozenAfterLastGoodFetch,
      byDefault.frozenAfterLastGoodFetch,
    ),
  };
  json.done();
  requireFreshnessAboveInterval(rule.frozenAfterLastGoodFetch, byDefault.crlFetchAtLeastEvery);
  requireFreshnessAboveInterval(rule.frozenAfterStale, byDefault.crlFetchAtMostEvery);
  return rule;
}

function readSource(json: JsonReader): NonNullable<RevocationRule['source']> {
  const source = {
    kind: json.oneOf('kind', ['crl'] as const),
    url: json.matching('url', /^https?:\/\/\S+$/),
    issuers: json.thumbprints('issuers'),
  };
  json.done();
  if (source.issuers.length === 0) throw malformedManifest(`${json.path}.issuers`, 'whose list it is');
  return source;
}

/**
 * The leaf's own policies that the profile accepts. Asked of the leaf itself, because the intermediates of some
 * PSCs (ICP-Brasil) do not carry their leafs' policies, and RFC 5280 §6.1 would then find none.
 * @throws Refusal POLICY_NOT_ACCEPTED; HOLDER_IS_SEAL, which says more, for a seal that is to sign
 */
export function requireAcceptedPolicy(
  leaf: ParsedCertificate,
  profile: PscProfile,
  use: CertificateUse,
): readonly Oid[] {
  const wanted = use === 'signing' ? profile.acceptedPolicies : profile.transportPolicies;
  const carried = policyOids(leaf);
  const accepted = carried.filter((oid) => wanted.some((one) => covers(one, oid)));
  if (wanted.length === 0) return carried;
  if (accepted.length === 0) {
    const seal = use === 'signing' ? sealOf(leaf, profile) : undefined;
    if (seal) throw new Refusal('HOLDER_IS_SEAL', { found: seal });
    throw new Refusal('POLICY_NOT_ACCEPTED', {
      parameter: 'certificatePolicies',
      expected: wanted.join(' or '),
      found: carried.join(', ') || 'none',
    });
  }
  return accepted;
}

/** `1.2.3.*` covers what lies below 1.2.3, not 1.2.30 nor 1.2.3 itself. */
function covers(wanted: Oid, oid: Oid): boolean {
  return wanted.endsWith('.*') ? oid.startsWith(wanted.slice(0, -1)) : oid === wanted;
}

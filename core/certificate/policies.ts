// Under which policies does this path stand (RFC 5280 §6.1, the policy half)? A policy graph as RFC 9618 has
// it instead of the tree, whose growth is exponential: of each policy we keep the anchor-domain policies that
// lead to it. Qualifiers are not kept.

import { Refusal } from '../errors.ts';
import type { Oid, ParsedCertificate } from './certificate.ts';
import {
  ANY_POLICY,
  inhibitAnyPolicyOf,
  policiesOf,
  policyConstraintsOf,
  policyMappingsOf,
} from './extensions.ts';

/** Inputs of RFC 5280 §6.1.1 (c), (e), (f), (g); absent: any-policy and false. */
export interface PathPolicy {
  readonly acceptedPolicies?: readonly Oid[];
  readonly requireExplicitPolicy?: boolean;
  readonly inhibitPolicyMapping?: boolean;
  readonly inhibitAnyPolicy?: boolean;
}

/** Policy as the next certificate is expected to name it -> the anchor-domain policies it stands for. */
type Expected = ReadonlyMap<Oid, ReadonlySet<Oid>>;

export interface PolicyState {
  /** The anyPolicy node of the current depth stands. */
  readonly any: boolean;
  readonly expected: Expected;
  readonly explicitPolicy: number;
  readonly policyMapping: number;
  readonly inhibitAnyPolicy: number;
}

/** §6.1.2, for a path of `length` certificates; the anchor's own constraints join (RFC 5937 §3.2). */
export function initialPolicies(policy: PathPolicy, length: number, anchor: ParsedCertificate): PolicyState {
  const unconstrained: PolicyState = {
    any: true,
    expected: new Map(),
    explicitPolicy: policy.requireExplicitPolicy ? 0 : length + 1,
    policyMapping: policy.inhibitPolicyMapping ? 0 : length + 1,
    inhibitAnyPolicy: policy.inhibitAnyPolicy ? 0 : length + 1,
  };
  return tightened(unconstrained, anchor);
}

/**
 * §6.1.3 (d), (e), (f): what stays valid in this certificate.
 * @param selfIssuedIssuer its anyPolicy counts though anyPolicy is inhibited (§6.1.3(d)(2))
 */
export function withCertificatePolicies(
  state: PolicyState,
  certificate: ParsedCertificate,
  selfIssuedIssuer: boolean,
): PolicyState {
  const policies = policiesOf(certificate);
  const valid = new Map<Oid, ReadonlySet<Oid>>();
  let any = false;
  for (const policy of policies ?? []) {
    if (policy === ANY_POLICY) continue;
    const sources = state.expected.get(policy);
    if (sources) valid.set(policy, sources);
    else if (state.any) valid.set(policy, new Set([policy]));
  }
  if (policies?.includes(ANY_POLICY) && (state.inhibitAnyPolicy > 0 || selfIssuedIssuer)) {
    any = state.any;
    for (const [policy, sources] of state.expected) if (!valid.has(policy)) valid.set(policy, sources);
  }
  if (state.explicitPolicy === 0 && !any && valid.size === 0) throw notAccepted('RFC 5280 §6.1.3(f)');
  return { ...state, any, expected: valid };
}

/** §6.1.4 (a), (b), (h), (i), (j): what an issuer's certificate asks of those below it. */
export function withIssuerPolicies(
  state: PolicyState,
  issuer: ParsedCertificate,
  selfIssued: boolean,
): PolicyState {
  const mapped = { ...state, expected: withMappings(state, issuer) };
  if (selfIssued) return tightened(mapped, issuer);
  const fewer = (count: number) => (count === 0 ? 0 : count - 1);
  const counted = {
    ...mapped,
    explicitPolicy: fewer(state.explicitPolicy),
    policyMapping: fewer(state.policyMapping),
    inhibitAnyPolicy: fewer(state.inhibitAnyPolicy),
  };
  return tightened(counted, issuer);
}

function tightened(state: PolicyState, issuer: ParsedCertificate): PolicyState {
  const constraints = policyConstraintsOf(issuer);
  return {
    ...state,
    explicitPolicy: Math.min(state.explicitPolicy, constraints?.requireExplicitPolicy ?? Infinity),
    policyMapping: Math.min(state.policyMapping, constraints?.inhibitPolicyMapping ?? Infinity),
    inhibitAnyPolicy: Math.min(state.inhibitAnyPolicy, inhibitAnyPolicyOf(issuer) ?? Infinity),
  };
}

function withMappings(state: PolicyState, issuer: ParsedCertificate): Expected {
  const mappings = policyMappingsOf(issuer);
  if (mappings.length === 0) return state.expected;
  const targets = new Map<Oid, Set<Oid>>();
  for (const { issuerDomain, subjectDomain } of mappings) {
    if (issuerDomain === ANY_POLICY || subjectDomain === ANY_POLICY) {
      throw new Refusal('POLICY_MAPPING_WRONG', { expected: 'no anyPolicy', clause: 'RFC 5280 §6.1.4(a)' });
    }
    const known = targets.get(issuerDomain);
    if (known) known.add(subjectDomain);
    else targets.set(issuerDomain, new Set([subjectDomain]));
  }
  const next = new Map<Oid, ReadonlySet<Oid>>();
  const expect = (policy: Oid, sources: ReadonlySet<Oid>) => {
    const known = next.get(policy);
    next.set(policy, known && known !== sources ? new Set([...known, ...sources]) : sources);
  };
  for (const [policy, sources] of state.expected) if (!targets.has(policy)) expect(policy, sources);
  // §6.1.4(b)(2): with mapping inhibited, a mapped policy ends here.
  if (state.policyMapping === 0) return next;
  for (const [policy, subjectDomains] of targets) {
    const sources = state.expected.get(policy) ?? (state.any ? new Set([policy]) : undefined);
    if (sources) for (const subjectDomain of subjectDomains) expect(subjectDomain, sources);
  }
  return next;
}

/**
 * §6.1.5 (a), (b), (g): the accepted policies under which the path stands, in the anchor's domain; anyPolicy
 * where nothing narrows it. Refuses when one is demanded and none is left.
 */
export function acceptedPoliciesOf(
  state: PolicyState,
  leaf: ParsedCertificate,
  accepted: readonly (readonly Oid[] | undefined)[],
): readonly Oid[] {
  let policies: readonly Oid[] = state.any ? [ANY_POLICY] : [];
  policies = [...new Set([...policies, ...[...state.expected.values()].flatMap((sources) => [...sources])])];
  for (const set of accepted) if (set && !set.includes(ANY_POLICY)) policies = intersect(policies, set);
  const demanded = state.explicitPolicy <= 1 || policyConstraintsOf(leaf)?.requireExplicitPolicy === 0;
  if (demanded && policies.length === 0) throw notAccepted('RFC 5280 §6.1.5');
  return policies;
}

/** anyPolicy among `policies` lets every member of `set` stand. */
function intersect(policies: readonly Oid[], set: readonly Oid[]): readonly Oid[] {
  return policies.includes(ANY_POLICY) ? set : policies.filter((policy) => set.includes(policy));
}

function notAccepted(clause: string): Refusal {
  return new Refusal('POLICY_NOT_ACCEPTED', { clause });
}

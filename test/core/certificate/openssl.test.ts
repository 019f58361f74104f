import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { type PathPolicy, validatePath } from '../../../core/certificate/path.ts';
import { Refusal } from '../../../core/errors.ts';
import { seed } from '../../support/drawn.ts';
import { type ChainToVerify, opensslVerify, styleOnly } from '../../support/openssl-verify.ts';
import { buildChain, type ChainSpec, chainNow, chainSpec } from '../../support/random-chains.ts';

// Random chains, judged by us and by OpenSSL: it must accept all that we accept. APODERA_CHAINS=10000 for a long
// run, APODERA_SEED for another.
const count = Number(process.env.APODERA_CHAINS ?? 400);

const demands: Readonly<Record<string, { policy: PathPolicy; options: readonly string[] }>> = {
  none: { policy: {}, options: ['-policy_check', '-policy', '2.5.29.32.0'] },
  explicit: {
    policy: { requireExplicitPolicy: true },
    options: ['-explicit_policy', '-policy', '2.5.29.32.0'],
  },
  one: {
    policy: { requireExplicitPolicy: true, acceptedPolicies: ['1.2.3.1'] },
    options: ['-explicit_policy', '-policy', '1.2.3.1'],
  },
  inhibitAny: {
    policy: { requireExplicitPolicy: true, inhibitAnyPolicy: true },
    options: ['-explicit_policy', '-inhibit_any', '-policy', '2.5.29.32.0'],
  },
  inhibitMapping: {
    policy: { requireExplicitPolicy: true, inhibitPolicyMapping: true },
    options: ['-explicit_policy', '-inhibit_map', '-policy', '2.5.29.32.0'],
  },
};

/** Where we refuse more than OpenSSL at its default strength, on purpose. */
const stricterCodes: ReadonlySet<string> = new Set([
  'KEY_TOO_WEAK', // RSA below 2048 bits
  'POLICY_MAPPING_WRONG', // it looks at mappings only where policies are left
  'NAME_CONSTRAINT_UNKNOWN', // names that cannot be compared for certain
  'DER_MALFORMED',
]);

/** Policies of the anchor itself bind (RFC 5937); OpenSSL leaves the anchor out. */
function anchorBinds({ spec }: Judged): boolean {
  const { policies, explicitPolicy, inhibitMapping, inhibitAny } = spec.certificates[0]!;
  return (
    !policies.includes('2.5.29.32.0') ||
    [explicitPolicy, inhibitMapping, inhibitAny].some((n) => n !== undefined)
  );
}

const NO_EXPLICIT_POLICY = 43;

/**
 * OpenSSL 3.0 does not make the node of RFC 5280 §6.1.4(b)(1), a policy mapped out of anyPolicy: it forgets the
 * policy when the next certificate says anyPolicy again (§6.1.3(d)(2) carries it on), and keeps it where anyPolicy
 * was inhibited (§6.1.3(d)(2) left nothing to map). Tests in path-policies.test.ts go through the clauses.
 */
function mapsOutOfAny({ spec }: Judged): boolean {
  return spec.certificates.some(
    ({ policies, mappings }) =>
      policies.includes('2.5.29.32.0') && mappings?.some(([from]) => !new Set<string>(policies).has(from)),
  );
}

/** RFC 5280 §6.1.5(a) counts the leaf always; OpenSSL not when it is self-issued. */
function leafIsSelfIssued({ spec }: Judged): boolean {
  return spec.certificates.at(-1)!.selfIssued;
}

interface Judged extends ChainToVerify {
  readonly spec: ChainSpec;
  /** Undefined: accepted. */
  readonly code: string | undefined;
}

function judge(spec: ChainSpec, id: string): Judged {
  const [anchor, ...below] = buildChain(spec, id);
  const leaf = below.at(-1)!;
  const judged = { id, spec, anchor: anchor!, intermediates: below.slice(0, -1), leaf };
  try {
    const anchors = [{ certificate: parseCertificate(anchor!) }];
    validatePath({ chain: below, leaf, anchors, now: chainNow, policy: demands[spec.demand]!.policy });
    return { ...judged, code: undefined };
  } catch (error) {
    if (error instanceof Refusal) return { ...judged, code: error.code };
    throw error;
  }
}

const readable = (der: Uint8Array) => {
  try {
    return new X509Certificate(der).raw.length === der.length;
  } catch {
    return false;
  }
};

/** Verdicts of OpenSSL on those that it can read at all; bundles are never accepted by us when it cannot. */
function compare(chains: readonly Judged[]): Map<string, readonly number[]> {
  const verdicts = new Map<string, readonly number[]>();
  for (const [demand, { options }] of Object.entries(demands)) {
    const group = chains.filter(({ spec }) => spec.demand === demand);
    for (let at = 0; at < group.length; at += 200) {
      for (const [id, errors] of opensslVerify(group.slice(at, at + 200), chainNow, options))
        verdicts.set(id, errors);
    }
  }
  return verdicts;
}

test(`OpenSSL agrees on ${count} random chains (seed ${seed}), but where we are stricter on purpose`, {
  timeout: 60_000 + count * 100,
}, () => {
  const specs = fc.sample(chainSpec, { numRuns: count, seed });
  const judged = specs.map((spec, n) => judge(spec, `${seed}-${n}`));
  const unreadable = judged.filter(
    ({ anchor, intermediates, leaf }) => ![anchor, ...intermediates, leaf].every(readable),
  );
  expect(unreadable.filter(({ code }) => code === undefined)).toEqual([]);
  const chains = judged.filter((chain) => !unreadable.includes(chain));
  const verdicts = compare(chains);
  const accepts = ({ id }: Judged) => verdicts.get(id)!.every((error) => styleOnly.has(error));
  const shown = ({ id, spec, code }: Judged) => ({
    id,
    code,
    errors: verdicts.get(id),
    spec: JSON.stringify(spec),
  });

  const forgets = (chain: Judged) =>
    mapsOutOfAny(chain) &&
    verdicts.get(chain.id)!.every((error) => error === NO_EXPLICIT_POLICY || styleOnly.has(error));
  const wronglyAdmitted = chains.filter(
    (chain) => chain.code === undefined && !accepts(chain) && !forgets(chain),
  );
  expect(wronglyAdmitted.map(shown)).toEqual([]);

  const refusedMore = chains.filter((chain) => chain.code !== undefined && accepts(chain));
  const policyExplained = (chain: Judged) =>
    chain.code === 'POLICY_NOT_ACCEPTED' &&
    (anchorBinds(chain) || mapsOutOfAny(chain) || leafIsSelfIssued(chain));
  const unexplained = refusedMore.filter(
    (chain) => !stricterCodes.has(chain.code!) && !policyExplained(chain),
  );
  expect(unexplained.map(shown)).toEqual([]);

  // The comparison means something only while both verdicts are common.
  const admitted = chains.filter(({ code }) => code === undefined).length;
  expect(admitted).toBeGreaterThan(count / 10);
  expect(chains.length - admitted).toBeGreaterThan(count / 10);
});

// Does this bundle hold a certification path from its leaf to one of our anchors (RFC 5280 §6.1)? Depth-first
// with backtracking, under a budget, because anybody may submit a bundle. It asks neither for revocation
// (revocation/) nor whether the leaf may do what it is enrolled for (leaf.ts), nor whom it names (holder/).

import { Refusal } from '../errors.ts';
import { certificateLimits } from '../policy.ts';
import { checkAlgorithmStrength, checkSignature } from './algorithms.ts';
import type { TrustAnchor } from './anchor.ts';
import { findLeaf } from './bundle.ts';
import type { Oid, ParsedCertificate } from './certificate.ts';
import { authorityKeyIdOf, policiesOf, subjectKeyIdOf } from './extensions.ts';
import { checkNames, type GatheredConstraints, gathered } from './name-constraints.ts';
import { sameName } from './name-match.ts';
import { parseCertificate, sameBytes } from './parse.ts';
import { checkCertificate, checkIssuer, isSelfIssued, pathLengthOf } from './path-rules.ts';
import {
  acceptedPoliciesOf,
  initialPolicies,
  type PathPolicy,
  withCertificatePolicies,
  withIssuerPolicies,
} from './policies.ts';
import type { PublicKey } from './public-key.ts';
import { type Thumbprint, thumbprintOf } from './thumbprint.ts';

export type { PathPolicy } from './policies.ts';

declare const validated: unique symbol;

/** Proof that the path held at `checkedAt`; lives in the process that made it. Read `notAfter` at each use. */
export interface CertificationPath {
  readonly [validated]: true;
  readonly leaf: ParsedCertificate;
  /** From the leaf to the certificate below the anchor. */
  readonly path: readonly ParsedCertificate[];
  readonly anchor: TrustAnchor;
  /** Policies of the anchor's domain that stand along the whole path; `2.5.29.32.0` where nothing narrows them. */
  readonly policies: readonly Oid[];
  /** The earliest of the path, anchor included; inclusive. */
  readonly notAfter: Date;
  readonly checkedAt: Date;
  /** Signatures checked, dead ends included; at most `certificateLimits.signatureChecks`. */
  readonly signatureChecks: number;
}

export interface PathInput {
  /** DER, any order, anchors may be among them. */
  readonly chain: readonly Uint8Array[];
  /**
   * DER of the leaf, or the thumbprint of one in `chain`; found by `findLeaf` when not given. Give the thumbprint
   * for a chain out of storage: who can write the table could have exchanged it.
   */
  readonly leaf?: Uint8Array | Thumbprint;
  readonly anchors: readonly TrustAnchor[];
  readonly now: Date;
  readonly policy: PathPolicy;
}

/**
 * Throws a Refusal with the clause broken; where several branches failed, of the one that came farthest.
 * Bytes that are no certificate refuse the bundle; a branch that fails does not.
 */
export function validatePath(input: PathInput): CertificationPath {
  const { chain } = input;
  if (chain.length > certificateLimits.chainCertificates) throw new Refusal('CHAIN_TOO_LONG');
  const certificates = chain.map(parseCertificate);
  return new Search(input, leafOf(input.leaf, certificates), certificates).run();
}

function leafOf(leaf: PathInput['leaf'], certificates: readonly ParsedCertificate[]): ParsedCertificate {
  if (leaf === undefined) return findLeaf(certificates);
  if (typeof leaf !== 'string') return parseCertificate(leaf);
  const named = certificates.find(({ der }) => thumbprintOf(der) === leaf);
  if (!named) throw new Refusal('LEAF_UNCLEAR', { parameter: 'x5t#S256', expected: leaf });
  return named;
}

interface Issuer {
  readonly certificate: ParsedCertificate;
  readonly anchor: TrustAnchor | undefined;
  readonly hint: number;
}

class Search {
  readonly input: PathInput;
  readonly leaf: ParsedCertificate;
  readonly certificates: readonly ParsedCertificate[];
  readonly budget = { nameComparisons: certificateLimits.nameComparisons as number };
  readonly issuers = new Map<ParsedCertificate, PublicKey | Refusal>();
  signatureChecks = 0;
  farthest: { refusal: Refusal; progress: number } | undefined;

  constructor(input: PathInput, leaf: ParsedCertificate, certificates: readonly ParsedCertificate[]) {
    this.input = input;
    this.leaf = leaf;
    this.certificates = certificates;
  }

  run(): CertificationPath {
    const key = checkCertificate(this.leaf, this.input.now);
    const pinned = this.input.anchors.find((anchor) => sameBytes(anchor.certificate.der, this.leaf.der));
    if (pinned?.pinnedLeaf) {
      this.checkLink(this.leaf, key);
      return this.proof([this.leaf], pinned, []);
    }
    const found = this.extend([this.leaf]);
    if (found) return found;
    throw this.farthest?.refusal ?? new Refusal('ANCHOR_NOT_FOUND', { clause: 'RFC 5280 §6.1' });
  }

  /** Tries every issuer of the path's last certificate. */
  extend(path: readonly ParsedCertificate[]): CertificationPath | undefined {
    const subject = path[path.length - 1]!;
    for (const issuer of this.issuersOf(subject, path)) {
      const found = this.attempt(path.length, () => this.follow(path, subject, issuer));
      if (found) return found;
    }
    return undefined;
  }

  /** A branch that is refused is remembered, not fatal: what came farthest says most. */
  attempt(progress: number, branch: () => CertificationPath | undefined): CertificationPath | undefined {
    try {
      return branch();
    } catch (error) {
      if (!(error instanceof Refusal) || spent.has(error.code)) throw error;
      if (!this.farthest || progress > this.farthest.progress) this.farthest = { refusal: error, progress };
      return undefined;
    }
  }

  follow(
    path: readonly ParsedCertificate[],
    subject: ParsedCertificate,
    { certificate, anchor }: Issuer,
  ): CertificationPath | undefined {
    const key = this.checkAsIssuer(certificate, anchor !== undefined);
    if (!anchor && path.length >= certificateLimits.pathDepth) {
      throw new Refusal('PATH_TOO_LONG', { expected: `at most ${certificateLimits.pathDepth} certificates` });
    }
    this.checkLink(subject, key);
    if (!anchor) return this.extend([...path, certificate]);
    return this.attempt(Number.POSITIVE_INFINITY, () => this.finish(path, anchor));
  }

  /** The issuer's key; looked at once for each certificate, however many branches come by. */
  checkAsIssuer(certificate: ParsedCertificate, isAnchor: boolean): PublicKey {
    let checked = this.issuers.get(certificate);
    if (!checked) {
      try {
        checked = checkCertificate(certificate, this.input.now);
        checkIssuer(certificate, isAnchor);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        checked = error;
      }
      this.issuers.set(certificate, checked);
    }
    if (checked instanceof Refusal) throw checked;
    return checked;
  }

  /** Each check costs, whether it was made before or not: so that the paths tried stay as few as the checks. */
  checkLink({ signatureAlgorithm, tbs, signature }: ParsedCertificate, issuerKey: PublicKey): void {
    checkAlgorithmStrength(signatureAlgorithm);
    if (this.signatureChecks >= certificateLimits.signatureChecks) throw new Refusal('PATH_BUDGET_SPENT');
    this.signatureChecks++;
    checkSignature(issuerKey, signatureAlgorithm, tbs, signature);
  }

  issuersOf(subject: ParsedCertificate, path: readonly ParsedCertificate[]): readonly Issuer[] {
    const keyId = authorityKeyIdOf(subject)?.keyId;
    const issuers: Issuer[] = [];
    const add = (certificate: ParsedCertificate, anchor?: TrustAnchor) => {
      if (!sameName(certificate.subject, subject.issuer)) return;
      // A name and key that the path has already would close a circle.
      for (const below of path) {
        if (sameBytes(below.spki, certificate.spki) && sameName(below.subject, certificate.subject)) return;
      }
      issuers.push({ certificate, anchor, hint: keyIdHint(keyId, certificate) });
    };
    // A pinned leaf is trusted as itself and issues nothing.
    for (const anchor of this.input.anchors) if (!anchor.pinnedLeaf) add(anchor.certificate, anchor);
    for (const certificate of this.certificates) add(certificate);
    return issuers.length > 1 ? issuers.sort((a, b) => a.hint - b.hint) : issuers;
  }

  /** §6.1.2 to §6.1.5 over a path whose single certificates and signatures have been checked. */
  finish(path: readonly ParsedCertificate[], anchor: TrustAnchor): CertificationPath {
    const { policy } = this.input;
    const explicit = policy.requireExplicitPolicy || anchor.requireExplicitPolicy || false;
    let policies = initialPolicies(
      { ...policy, requireExplicitPolicy: explicit },
      path.length,
      anchor.certificate,
    );
    let constraints: GatheredConstraints = gathered([], anchor.certificate);
    let pathLength = Math.min(path.length, pathLengthOf(anchor.certificate) ?? path.length);
    for (let i = path.length - 1; i >= 0; i--) {
      const certificate = path[i]!;
      const isLeaf = i === 0;
      const selfIssued = isSelfIssued(certificate);
      // §6.1.3 (b), (c): self-issued issuers may carry what they like.
      if (isLeaf || !selfIssued) checkNames(constraints, certificate, isLeaf, this.budget);
      policies = withCertificatePolicies(policies, certificate, !isLeaf && selfIssued);
      if (isLeaf) break;
      policies = withIssuerPolicies(policies, certificate, selfIssued);
      constraints = gathered(constraints, certificate);
      // §6.1.4 (l), (m).
      if (!selfIssued && pathLength-- <= 0) {
        throw new Refusal('PATH_LENGTH_EXCEEDED', { clause: 'RFC 5280 §6.1.4(l)' });
      }
      pathLength = Math.min(pathLength, pathLengthOf(certificate) ?? pathLength);
    }
    const accepted = [policy.acceptedPolicies, anchor.acceptedPolicies, policiesOf(anchor.certificate)];
    return this.proof(path, anchor, acceptedPoliciesOf(policies, this.leaf, accepted));
  }

  proof(
    path: readonly ParsedCertificate[],
    anchor: TrustAnchor,
    policies: readonly Oid[],
  ): CertificationPath {
    const ends = [anchor.certificate, ...path].map((certificate) => certificate.notAfter.getTime());
    return {
      leaf: this.leaf,
      path,
      anchor,
      policies,
      notAfter: new Date(Math.min(...ends)),
      checkedAt: this.input.now,
      signatureChecks: this.signatureChecks,
    } as unknown as CertificationPath;
  }
}

/** Codes that end the whole search. */
const spent: ReadonlySet<string> = new Set(['PATH_BUDGET_SPENT', 'NAME_CONSTRAINTS_TOO_MANY']);

/** Hints order the attempts and decide nothing (§4.2.1.1): 0 same key id, 1 unknown, 2 another. */
function keyIdHint(keyId: Uint8Array | undefined, issuer: ParsedCertificate): number {
  if (!keyId) return 1;
  const own = subjectKeyIdOf(issuer);
  if (!own) return 1;
  return sameBytes(keyId, own) ? 0 : 2;
}

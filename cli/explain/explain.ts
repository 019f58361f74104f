// What would enrolment say of this certificate, and why? The node's own rules, in the node's order, but going on
// after a refusal, so that everything wrong is said at once. What only a node knows (who is an apoderado of whom,
// possession of the key, people's confirmation) is named as not checked.

import { findLeaf } from '../../core/certificate/bundle.ts';
import type { ParsedCertificate } from '../../core/certificate/certificate.ts';
import { knownProductionRoots } from '../../core/certificate/known-roots.ts';
import { checkLeafFor, checkPathFor } from '../../core/certificate/leaf.ts';
import { parseCertificate, readChain } from '../../core/certificate/parse.ts';
import { type CertificationPath, validatePath } from '../../core/certificate/path.ts';
import { type PscProfile, requireAcceptedPolicy } from '../../core/certificate/psc-profile.ts';
import { requireUnrevoked } from '../../core/certificate/revocation/answer.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal, type RefusalCode } from '../../core/errors.ts';
import { type NamedAnchors, rootsAmong } from './anchors.ts';
import { type Description, describe } from './describe.ts';
import { countryOf, ownerBy, personBy, usualProfiles } from './profile.ts';
import { type RevocationReport, type RevocationSources, revocationOf } from './revocation.ts';

export type CheckName = 'usage' | 'path' | 'trust' | 'holder' | 'policy' | 'revocation';

export interface Check {
  readonly check: CheckName;
  readonly outcome: 'GOOD' | 'REFUSED' | 'NOT_CHECKED';
  readonly code?: RefusalCode;
  readonly message: string;
}

export interface Explanation {
  readonly use: 'signing' | 'transport';
  readonly certificates: readonly Description[];
  readonly holder?: Readonly<Record<string, unknown>>;
  readonly anchor?: { readonly thumbprint: string; readonly subject: string; readonly known_as?: string };
  readonly revocation?: RevocationReport;
  readonly checks: readonly Check[];
  readonly verdict: { readonly outcome: 'ADMITTED' | 'REFUSED' | 'UNDECIDED'; readonly code?: RefusalCode };
}

export interface ExplainInput
  extends Pick<RevocationSources, 'crlFiles' | 'online' | 'allowPrivate' | 'now'> {
  readonly file: Uint8Array;
  readonly use: 'signing' | 'transport';
  readonly trusted: NamedAnchors | undefined;
  readonly profile: PscProfile | undefined;
  readonly country: string | undefined;
}

/** @throws Refusal when the file holds a private key, no certificate, or no leaf that could be meant */
export async function explain(input: ExplainInput): Promise<Explanation> {
  const chain = readChain(input.file);
  const certificates = chain.map(parseCertificate);
  const leaf = findLeaf(certificates);
  const checks: Check[] = [];
  attempt(checks, 'usage', () => {
    checkLeafFor(input.use, leaf);
    return `its key and usages fit ${input.use}`;
  });
  const path = provePath(input, chain, certificates, checks);
  const holder = identify(input, leaf, checks);
  const revocation = path && (await lookUp(path, { ...input, chain, profile: input.profile }, checks));
  return {
    use: input.use,
    certificates: ordered(path, leaf, certificates).map((certificate) => describe(certificate, input.now)),
    ...(holder ? { holder } : {}),
    ...(path ? { anchor: anchorOf(path, input.now) } : {}),
    ...(revocation ? { revocation } : {}),
    checks,
    verdict: verdictOf(checks),
  };
}

function attempt<T extends string>(checks: Check[], check: CheckName, act: () => T): void {
  try {
    checks.push({ check, outcome: 'GOOD', message: act() });
  } catch (error) {
    checks.push(refused(check, error));
  }
}

function refused(check: CheckName, error: unknown): Check {
  if (!(error instanceof Refusal)) throw error;
  return { check, outcome: 'REFUSED', code: error.code, message: error.message };
}

function provePath(
  { trusted, now, use }: ExplainInput,
  chain: readonly Uint8Array[],
  certificates: readonly ParsedCertificate[],
  checks: Check[],
): CertificationPath | undefined {
  let path: CertificationPath | undefined;
  attempt(checks, 'path', () => {
    path = validatePath({ chain, anchors: trusted?.anchors ?? rootsAmong(certificates), now, policy: {} });
    checkPathFor(use, path);
    return `${path.path.length} certificate(s) up to the root, all valid until ${path.notAfter.toISOString().slice(0, 10)}`;
  });
  if (!path) return undefined;
  const message = trusted
    ? `the root is one of ${trusted.place}`
    : 'the root came with the file itself: name the roots that you trust with --anchors';
  checks.push({ check: 'trust', outcome: trusted ? 'GOOD' : 'NOT_CHECKED', message });
  return path;
}

function identify(input: ExplainInput, leaf: ParsedCertificate, checks: Check[]) {
  const country = input.profile?.country ?? countryOf(leaf, input.country);
  const profiles = input.profile ? [input.profile] : country ? usualProfiles(country) : [];
  if (profiles.length === 0) {
    checks.push({
      check: 'holder',
      outcome: 'NOT_CHECKED',
      message: 'name the country of the PSC with --country',
    });
    return undefined;
  }
  attempt(checks, 'policy', () => {
    const accepted = requireAcceptedPolicy(leaf, profiles[0]!, input.use);
    return accepted.length > 0 ? `under ${accepted.join(', ')}` : 'no policy is asked for';
  });
  let holder: Record<string, unknown> | undefined;
  attempt(checks, 'holder', () => {
    const { profile, found } = input.use === 'signing' ? personBy(leaf, profiles) : ownerBy(leaf, profiles);
    holder = { layout: profile.holder, ...found };
    const by = input.profile ? `profile ${profile.id}` : `layout ${profile.holder}, usual in ${country}`;
    return input.use === 'signing' ? `a natural person, by ${by}` : `the owner, by ${by}`;
  });
  return holder;
}

async function lookUp(path: CertificationPath, sources: RevocationSources, checks: Check[]) {
  if (!sources.online && sources.crlFiles.length === 0) {
    const message = 'nobody was asked: --online asks the PSC, --crl reads a list';
    checks.push({ check: 'revocation', outcome: 'NOT_CHECKED', message });
    return undefined;
  }
  const report = await revocationOf(path, sources);
  attempt(checks, 'revocation', () => {
    requireUnrevoked(report.answers);
    return 'no certificate of the path is revoked';
  });
  return report;
}

/** Leaf first, then its path and root; without a path, the file's own order. */
function ordered(
  path: CertificationPath | undefined,
  leaf: ParsedCertificate,
  certificates: readonly ParsedCertificate[],
): ParsedCertificate[] {
  if (!path) return [leaf, ...certificates.filter((certificate) => certificate !== leaf)];
  const last = path.path.at(-1)!;
  const { certificate } = path.anchor;
  return Buffer.compare(last.der, certificate.der) === 0 ? [...path.path] : [...path.path, certificate];
}

function anchorOf({ anchor: { certificate } }: CertificationPath, now: Date) {
  const thumbprint = thumbprintOf(certificate.der);
  const known = knownProductionRoots.get(thumbprint);
  return { thumbprint, subject: describe(certificate, now).subject, ...(known ? { known_as: known } : {}) };
}

function verdictOf(checks: readonly Check[]): Explanation['verdict'] {
  const no = checks.find(({ outcome }) => outcome === 'REFUSED');
  if (no) return { outcome: 'REFUSED', ...(no.code ? { code: no.code } : {}) };
  return { outcome: checks.every(({ outcome }) => outcome === 'GOOD') ? 'ADMITTED' : 'UNDECIDED' };
}

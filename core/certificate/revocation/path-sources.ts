// By which sources does the sweep ask about the certificates of a path, and by what name does it keep each? A list is
// one source for all of one issuer's certificates that point to it: what another issuer's certificates name at the same
// place is a source apart, because no issuer's list says anything of another's. An OCSP responder is one for each
// certificate that it is asked about. Whom to ask at all is source.ts.

import { createHash } from 'node:crypto';
import { Refusal } from '../../errors.ts';
import { certificateLimits } from '../../policy.ts';
import type { TrustAnchor } from '../anchor.ts';
import type { ParsedCertificate } from '../certificate.ts';
import type { PscProfile } from '../psc-profile.ts';
import { type Thumbprint, thumbprintOf } from '../thumbprint.ts';
import { profileListsFor, type RevocationSources, revocationSourcesOf } from './source.ts';

/** A `CertificationPath`, as far as its issuers are concerned. */
export interface IssuedPath {
  /** From the leaf to the certificate below the anchor. */
  readonly path: readonly ParsedCertificate[];
  readonly anchor: Pick<TrustAnchor, 'certificate'>;
}

export interface PathSource {
  /** SHA-256, hex. */
  readonly id: string;
  readonly kind: 'crl' | 'ocsp';
  /** The same list, or responders for the same certificate, at several places. */
  readonly urls: readonly string[];
  /** Places in the path of the certificates that name it: 0 is the leaf. */
  readonly depths: readonly number[];
  /** Of a list: by whom the certificates are that it is asked about (`issuerIdOf`). */
  readonly issuer?: string;
  /** The one certificate that a responder is asked about. */
  readonly asked?: Thumbprint;
  /** A delta list (RFC 5280 §5.2.4): the source of the complete list beside it. Nothing freezes because of a delta. */
  readonly base?: string;
  /** A pointer, where the profile names the issuer's list: it may revoke, and nothing freezes because of it. */
  readonly beside?: true;
}

/**
 * Lists first, the profile's beside them; a responder where a certificate names no list (docs/revocation.md).
 * Throws CERTIFICATE_TOO_LARGE, DER_MALFORMED.
 */
export function pathSources(
  path: IssuedPath,
  profile?: Pick<PscProfile, 'revocation'>,
): readonly PathSource[] {
  const found = new Map<string, PathSource>();
  for (const [depth, certificate] of path.path.entries()) {
    const issuer = issuerAt(path, depth);
    for (const named of namedBy(certificate, issuer, profileListsFor(issuer, profile))) {
      const known = found.get(named.id);
      found.set(named.id, { ...(known ?? named), depths: [...(known?.depths ?? []), depth] });
    }
  }
  const sources = [...found.values()];
  // Each is written, asked and watched: a certificate must not make that as dear as it likes.
  const { revocationSources, revocationPlaces } = certificateLimits;
  if (sources.length > revocationSources || sources.some(({ urls }) => urls.length > revocationPlaces))
    throw new Refusal('CERTIFICATE_TOO_LARGE', {
      expected: `at most ${revocationSources} sources of revocation, each at ${revocationPlaces} places`,
    });
  return sources;
}

/** What payouts wait for: a delta brings its list up to date sooner, and its absence changes nothing. */
export function freezingSources(sources: readonly PathSource[]): readonly string[] {
  return sources.filter(({ base, beside }) => base === undefined && !beside).map(({ id }) => id);
}

export function issuerAt({ path, anchor }: IssuedPath, depth: number): ParsedCertificate {
  return path[depth + 1] ?? anchor.certificate;
}

/** By name and key: a CA certified anew is the same issuer, one that only took its name is not. */
export function issuerIdOf({ subject, spki }: ParsedCertificate): string {
  return createHash('sha256').update(subject.der).update(spki).digest('base64url');
}

/** A list about one issuer's certificates, or a delta of one, by its places. */
export function listSource(
  urls: readonly string[],
  issuer: string,
  base?: string,
): Omit<PathSource, 'depths'> {
  const id = idOf([urls[0]!, issuer, ...(base === undefined ? [] : [base])].join('\n'));
  return { id, kind: 'crl', urls, issuer, ...(base !== undefined && { base }) };
}

function namedBy(
  certificate: ParsedCertificate,
  issuer: ParsedCertificate,
  profileLists: readonly string[],
): readonly Omit<PathSource, 'depths'>[] {
  const sources = sourcesOrNone(certificate, profileLists);
  if (!sources) return [];
  if (sources.kind === 'ocsp') {
    const asked = thumbprintOf(certificate.der);
    const urls = sources.responders;
    return [{ id: idOf(`${urls[0]}\n${asked}`), kind: 'ocsp', urls, asked }];
  }
  const issuerId = issuerIdOf(issuer);
  const [own] = profileLists;
  const lists = sources.lists.map((urls) => ({
    ...listSource(urls, issuerId),
    ...(own !== undefined && urls[0] !== own && { beside: true as const }),
  }));
  return [...lists, ...sources.deltas.map((urls) => listSource(urls, issuerId, lists[0]!.id))];
}

function sourcesOrNone(
  certificate: ParsedCertificate,
  lists: readonly string[],
): RevocationSources | undefined {
  try {
    return revocationSourcesOf(certificate, lists);
  } catch (error) {
    // The enrolment's own check refuses it; there is nobody to sweep.
    if (error instanceof Refusal && error.code === 'NO_REVOCATION_SOURCE') return undefined;
    throw error;
  }
}

const idOf = (name: string) => createHash('sha256').update(name).digest('hex');

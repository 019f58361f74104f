// By which sources does the sweep ask about the certificates of a path, and by what name does it keep each? A list is
// one source for all that point to it; an OCSP responder is one for each certificate that it is asked about. Whom to
// ask at all is source.ts.

import { createHash } from 'node:crypto';
import { Refusal } from '../../errors.ts';
import { certificateLimits } from '../../policy.ts';
import type { ParsedCertificate } from '../certificate.ts';
import type { PscProfile } from '../psc-profile.ts';
import { type Thumbprint, thumbprintOf } from '../thumbprint.ts';
import { type RevocationSources, revocationSourcesOf } from './source.ts';

export interface PathSource {
  /** SHA-256, hex. */
  readonly id: string;
  readonly kind: 'crl' | 'ocsp';
  /** The same list, or responders for the same certificate, at several places. */
  readonly urls: readonly string[];
  /** Places in the path of the certificates that name it: 0 is the leaf. */
  readonly depths: readonly number[];
  /** The one certificate that a responder is asked about. */
  readonly asked?: Thumbprint;
  /** A delta list (RFC 5280 §5.2.4): the source of the complete list beside it. Nothing freezes because of a delta. */
  readonly base?: string;
}

/**
 * Lists first, the profile's beside them; a responder where a certificate names no list (architecture, section 6).
 * Throws CERTIFICATE_TOO_LARGE, DER_MALFORMED.
 */
export function pathSources(
  path: readonly ParsedCertificate[],
  profile?: Pick<PscProfile, 'revocation'>,
): readonly PathSource[] {
  const { source } = profile?.revocation ?? {};
  const found = new Map<string, PathSource>();
  for (const [depth, certificate] of path.entries()) {
    for (const named of namedBy(certificate, source ? [source.url] : [])) {
      const depths = [...(found.get(named.id)?.depths ?? []), depth];
      found.set(named.id, { ...named, ...found.get(named.id), depths });
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
  return sources.filter(({ base }) => base === undefined).map(({ id }) => id);
}

/** A list, or a delta of one, by its places. */
export function listSource(urls: readonly string[], base?: string): Omit<PathSource, 'depths'> {
  return { id: idOf(urls[0]!), kind: 'crl', urls, ...(base !== undefined && { base }) };
}

function namedBy(certificate: ParsedCertificate, profileLists: readonly string[]) {
  const sources = sourcesOrNone(certificate, profileLists);
  if (!sources) return [];
  if (sources.kind === 'ocsp') {
    const asked = thumbprintOf(certificate.der);
    const urls = sources.responders;
    return [{ id: idOf(`${urls[0]}\n${asked}`), kind: 'ocsp' as const, urls, asked }];
  }
  const lists = sources.lists.map((urls) => listSource(urls));
  return [...lists, ...sources.deltas.map((urls) => listSource(urls, lists[0]!.id))];
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

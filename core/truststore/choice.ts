// Which CAs can the edge know, given the lists at hand? Those of paths that hold today, and of these only whole paths
// in which every CA has a list that it signed: OpenSSL locks out whoever stands under one without.

import type { ParsedCertificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import type { CertificationPath } from '../certificate/path.ts';
import { type ScannedCrl, scanCrl } from '../certificate/revocation/crl-scan.ts';
import { checkBundle } from '../certificate/revocation/preflight.ts';
import { WantedSerials } from '../certificate/revocation/wanted-serials.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import { listName, type TruststoreContent } from './manifest.ts';

export interface Choice extends TruststoreContent {
  /** CAs of good paths that stay out, because they or one above them has no list. */
  readonly leftOut: readonly Thumbprint[];
}

const nothing = new WantedSerials([]);

export function chooseTruststore(
  paths: readonly CertificationPath[],
  lists: readonly Uint8Array[],
  now: Date,
): Choice {
  const offered = lists.map((der) => ({ source: listName(der), crl: scanCrl(der, nothing) }));
  const authorities = new Map<Thumbprint, Uint8Array>();
  const used = new Set<string>();
  const leftOut = new Set<Thumbprint>();
  const listOf = remembering((der) => listOfAuthority(der, offered, now));
  for (const { path, anchor } of paths) {
    if (anchor.pinnedLeaf) continue;
    const cas = [...path.slice(1), anchor.certificate];
    const found = cas.map(({ der }) => listOf(der));
    if (found.includes(undefined)) for (const { der } of cas) leftOut.add(thumbprintOf(der));
    else
      for (const [at, { der }] of cas.entries()) {
        authorities.set(thumbprintOf(der), der);
        used.add(found[at]!);
      }
  }
  for (const thumbprint of authorities.keys()) leftOut.delete(thumbprint);
  const inOrder = [...authorities].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, der]) => der);
  return { authorities: inOrder, lists: [...used].sort(), leftOut: [...leftOut].sort() };
}

/** Late lists do: one PSC that publishes late must not keep everybody else's news away. */
function listOfAuthority(
  der: Uint8Array,
  crls: readonly { readonly source: string; readonly crl: ScannedCrl }[],
  now: Date,
): string | undefined {
  const exempt = new Set<Thumbprint>();
  try {
    const input = { authorities: [parseCertificate(der)], crls, exempt, freshUntil: new Date(0), now };
    return checkBundle(input).lists[0]?.source;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Those of these CAs whose own whole list this is, by its signature. */
export function authoritiesOf(
  crl: ScannedCrl,
  authorities: readonly ParsedCertificate[],
  now: Date,
): readonly Thumbprint[] {
  const offered = [{ source: 'offered', crl }];
  return authorities
    .filter(({ der }) => listOfAuthority(der, offered, now))
    .map(({ der }) => thumbprintOf(der));
}

function remembering(find: (der: Uint8Array) => string | undefined): (der: Uint8Array) => string | undefined {
  const known = new Map<Thumbprint, string | undefined>();
  return (der) => {
    const name = thumbprintOf(der);
    if (!known.has(name)) known.set(name, find(der));
    return known.get(name);
  };
}

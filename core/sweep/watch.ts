// What must the sweep watch for one certificate whose path held once? The rows that stand under each of its sources, so
// small that a list for a million certificates is judged without a look at any of their chains.

import { createHash } from 'node:crypto';
import type { ParsedCertificate } from '../certificate/certificate.ts';
import type { PscProfile } from '../certificate/psc-profile.ts';
import { type IssuedPath, type PathSource, pathSources } from '../certificate/revocation/path-sources.ts';
import { type SerialHex, serialHex } from '../certificate/revocation/wanted-serials.ts';
import type { SweptRow } from './ports.ts';

export interface Watch {
  readonly sources: readonly PathSource[];
  /** Of the PSC's profile: its rules are the sources' rules. */
  readonly profile: string | undefined;
  /** All that stand below the same certificates: what is proved of one issuer's list is proved for all of them. */
  readonly issuers: string;
  readonly serial: SerialHex;
  readonly issuerSerials: readonly SerialHex[];
  readonly notAfter: Date;
}

export function watchOf(path: IssuedPath, profile?: Pick<PscProfile, 'id' | 'revocation'>): Watch {
  const [leaf, ...above] = path.path;
  return {
    sources: pathSources(path, profile),
    profile: profile?.id,
    issuers: issuersOf(path.path),
    serial: serialHex(leaf!.serialNumber),
    issuerSerials: above.map(({ serialNumber }) => serialHex(serialNumber)),
    notAfter: leaf!.notAfter,
  };
}

/** 72 bits name the certificates above a leaf, the anchor by its name only. */
export function issuersOf(path: readonly ParsedCertificate[]): string {
  const hash = createHash('sha256');
  for (const { der } of path.slice(1)) hash.update(der);
  return hash.update(path.at(-1)!.issuer.der).digest('base64url').slice(0, 12);
}

/** Rows by source. A delta has none of its own: it is judged for those of its complete list. */
export function rowsOf(
  watch: Watch,
  { thumbprint, participant }: Pick<NonNullable<SweptRow['leaf']>, 'thumbprint' | 'participant'>,
): readonly { readonly source: string; readonly row: SweptRow }[] {
  const { issuers, notAfter } = watch;
  const sources = watch.sources.filter(({ base }) => base === undefined);
  const own = sources.filter(({ depths }) => depths.includes(0));
  const leaf = { thumbprint, participant, notAfter };
  // Where the leaf names nobody, its rows stand with its issuers'.
  const under = (own[0] ?? sources[0])?.id;
  return sources.flatMap(({ id, depths }) => [
    ...(depths.includes(0) || id === under
      ? [{ source: id, row: { issuers, serials: [watch.serial], leaf } }]
      : []),
    ...(depths.some((depth) => depth > 0)
      ? [{ source: id, row: { issuers, serials: watch.issuerSerials, under: under! } }]
      : []),
  ]);
}

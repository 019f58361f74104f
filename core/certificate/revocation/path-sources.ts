// By which sources does the sweep ask about the certificates of a path, and by what name does it keep each? A list is
// one source for all that point to it; an OCSP responder is one for each certificate that it is asked about.

import { createHash } from 'node:crypto';
import type { ParsedCertificate } from '../certificate.ts';
import { type Thumbprint, thumbprintOf } from '../thumbprint.ts';
import { distributionPointsOf, ocspPointersOf, urlsOfPoint } from './distribution-points.ts';

export interface PathSource {
  /** SHA-256, hex. */
  readonly id: string;
  readonly kind: 'crl' | 'ocsp';
  /** The same list, or responders for the same certificate, at several places. */
  readonly urls: readonly string[];
  /** The certificate that names it. */
  readonly certificate: ParsedCertificate;
  /** Of that certificate, where only it is asked about. */
  readonly asked?: Thumbprint;
}

/** Lists first; a responder where a certificate names no list (architecture, section 6). */
export function pathSources(path: readonly ParsedCertificate[]): readonly PathSource[] {
  return path.flatMap((certificate): readonly PathSource[] => {
    const lists = distributionPointsOf(certificate)
      .map(urlsOfPoint)
      .filter(([first]) => first !== undefined);
    if (lists.length > 0)
      return lists.map((urls) => ({ id: idOf(urls[0]!), kind: 'crl', urls, certificate }));
    const urls = ocspPointersOf(certificate);
    if (urls.length === 0) return [];
    const asked = thumbprintOf(certificate.der);
    return [{ id: idOf(`${urls[0]}\n${asked}`), kind: 'ocsp', urls, certificate, asked }];
  });
}

const idOf = (name: string) => createHash('sha256').update(name).digest('hex');

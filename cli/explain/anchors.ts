// Which roots does explain trust? Those of a file or folder that the person names; without one, the roots that the
// bundle itself brings, which proves that the chain hangs together and nothing about trust.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TrustAnchor } from '../../core/certificate/anchor.ts';
import type { ParsedCertificate } from '../../core/certificate/certificate.ts';
import { sameName } from '../../core/certificate/name-match.ts';
import { parseCertificate, readChain } from '../../core/certificate/parse.ts';
import { Refusal } from '../../core/errors.ts';
import { UsageError } from '../exit-codes.ts';

export interface NamedAnchors {
  readonly anchors: readonly TrustAnchor[];
  /** As it is said to the person. */
  readonly place: string;
}

/** Every certificate of the file, or of the .pem, .crt, .cer and .der files of the folder and those below it. */
export function readAnchors(place: string): TrustAnchor[] {
  const files = statSync(place).isDirectory()
    ? readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(pem|crt|cer|der)$/i.test(name))
        .sort()
        .map((name) => join(place, name))
    : [place];
  const anchors = files.flatMap(anchorsIn);
  if (anchors.length === 0) throw new UsageError(`"--anchors": no certificate in "${place}"`);
  return anchors;
}

function anchorsIn(file: string): TrustAnchor[] {
  try {
    return readChain(readFileSync(file)).map((der) => ({ certificate: parseCertificate(der) }));
  } catch (error) {
    if (error instanceof Refusal) throw new UsageError(`"--anchors": "${file}": ${error.message}`);
    throw error;
  }
}

/** Where `npm start` leaves the roots of its test PSC. */
const localRoots = join('.local', 'psc', 'roots.pem');

/** The test PSC's roots, in a folder where it has run and for a certificate that it issued; else nothing. */
export function localAnchors(file: Uint8Array, place = localRoots): NamedAnchors | undefined {
  if (!existsSync(place)) return undefined;
  const anchors = readAnchors(place);
  const issuers = readChain(file).map((der) => parseCertificate(der).issuer);
  // Its issuers all lie below its roots: one that none of them names is another PSC's.
  const own = anchors.some(({ certificate }) =>
    issuers.some((issuer) => sameName(issuer, certificate.subject)),
  );
  return own ? { anchors, place } : undefined;
}

export function rootsAmong(certificates: readonly ParsedCertificate[]): TrustAnchor[] {
  return certificates
    .filter(({ subject, issuer }) => sameName(subject, issuer))
    .map((certificate) => ({ certificate }));
}

// A certificate, its issuer and lists of that issuer, as core/certificate/revocation wants them offered.

import { parseCertificate } from '../../core/certificate/parse.ts';
import { scanCrl } from '../../core/certificate/revocation/crl-scan.ts';
import type { OfferedCrl } from '../../core/certificate/revocation/crl-signer.ts';
import { WantedSerials } from '../../core/certificate/revocation/wanted-serials.ts';
import type { Issued } from './certificates.ts';
import { crlNumber, type ListFields, revocationList } from './revocation-lists.ts';

export type ListOptions = Partial<ListFields> & { readonly number?: number };

/** DER of a list by `issuer`, with a CRLNumber. */
export function listBy(
  issuer: Issued,
  times: { thisUpdate: Date; nextUpdate?: Date },
  options: ListOptions = {},
): Uint8Array {
  const { number = 1, extensions = [], ...fields } = options;
  return revocationList({
    issuer: parseCertificate(issuer.der).subject.der,
    key: issuer.key,
    ...times,
    ...fields,
    extensions: [crlNumber(number), ...extensions],
  });
}

/** Scanned for the serials of `certificates`. */
export function offered(source: string, list: Uint8Array, ...certificates: readonly Issued[]): OfferedCrl {
  const serials = certificates.map(({ der }) => parseCertificate(der).serialNumber);
  return { source, crl: scanCrl(list, WantedSerials.ofContents(serials)) };
}

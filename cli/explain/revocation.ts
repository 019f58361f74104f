// What do the PSC's lists and responders say of a path? Lists given as files, or, when asked to go online, fetched
// from the certificates' own pointers through the same guard and judged by the same rules as at a node.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createEgress } from '../../adapters/http/egress.ts';
import { fetchCrl, fetchOcsp } from '../../adapters/http/revocation-fetch.ts';
import type { ParsedCertificate } from '../../core/certificate/certificate.ts';
import type { CertificationPath } from '../../core/certificate/path.ts';
import type { RevocationAnswer } from '../../core/certificate/revocation/answer.ts';
import { checkPathByCrls } from '../../core/certificate/revocation/check-path.ts';
import { scanCrl, scanCrlStream } from '../../core/certificate/revocation/crl-scan.ts';
import type { OfferedCrl } from '../../core/certificate/revocation/crl-signer.ts';
import {
  distributionPointsOf,
  ocspPointersOf,
  urlsOfPoint,
} from '../../core/certificate/revocation/distribution-points.ts';
import { checkRevocationByOcsp } from '../../core/certificate/revocation/ocsp.ts';
import { ocspRequest } from '../../core/certificate/revocation/ocsp-request.ts';
import { serialHex, WantedSerials } from '../../core/certificate/revocation/wanted-serials.ts';
import { Refusal, Transient } from '../../core/errors.ts';

export interface RevocationSources {
  /** DER lists in files. */
  readonly crlFiles: readonly string[];
  readonly online: boolean;
  /** A test PSC on this machine. */
  readonly allowPrivate: boolean;
  readonly chain: readonly Uint8Array[];
  readonly now: Date;
}

export interface RevocationReport {
  /** One for each certificate below the anchor, leaf first. */
  readonly answers: readonly RevocationAnswer[];
  /** Sources that gave nothing, and why. */
  readonly silent: readonly { readonly source: string; readonly why: string }[];
}

export async function revocationOf(
  path: CertificationPath,
  sources: RevocationSources,
): Promise<RevocationReport> {
  const serials = new WantedSerials(path.path.map(({ serialNumber }) => serialHex(serialNumber)));
  const silent: { source: string; why: string }[] = [];
  const lists: OfferedCrl[] = [];
  const offer = async (source: string, read: () => Promise<OfferedCrl['crl']>) => {
    try {
      lists.push({ source, crl: await read() });
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof Transient)) throw error;
      silent.push({ source, why: error.message });
    }
  };
  for (const file of sources.crlFiles) await offer(file, async () => scanCrl(readFileSync(file), serials));
  const egress = createEgress({ allowPrivate: sources.allowPrivate });
  if (sources.online) {
    for (const url of new Set(
      path.path.flatMap((certificate) => distributionPointsOf(certificate).flatMap(urlsOfPoint)),
    )) {
      await offer(url, async () => {
        const fetched = await fetchCrl(egress, url);
        if (fetched.outcome !== 'FETCHED')
          throw new Transient('TransientRevocationSource', `${url} sent no list`);
        return scanCrlStream(fetched.body, serials, { signatureTries: 2 });
      });
    }
  }
  const { now, chain } = sources;
  const byLists = checkPathByCrls({ path, crls: lists, certificates: chain, now });
  if (!sources.online) return { answers: byLists, silent };
  const answers = await Promise.all(
    byLists.map((answer, at) => (answer.status === 'unknown' ? byResponder(answer, at) : answer)),
  );
  return { answers, silent };

  async function byResponder(answer: RevocationAnswer, at: number): Promise<RevocationAnswer> {
    const certificate = path.path[at]!;
    const issuer: ParsedCertificate = path.path[at + 1] ?? path.anchor.certificate;
    for (const source of ocspPointersOf(certificate)) {
      const nonce = randomBytes(32);
      try {
        const response = await fetchOcsp(egress, source, ocspRequest({ certificate, issuer }, { nonce }));
        return checkRevocationByOcsp({ certificate, issuer, response, source, now, nonce });
      } catch (error) {
        if (!(error instanceof Refusal) && !(error instanceof Transient)) throw error;
        silent.push({ source, why: error.message });
      }
    }
    return answer;
  }
}

// Which of the certificates that depend on this body does it revoke, and may the body be believed at all? Only those
// whose serial stands in it are proved and checked one by one, and one of each issuer that it does not name, so that a
// body costs the same whatever number of certificates it covers.

import type { TrustAnchor } from '../certificate/anchor.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { type CertificationPath, validatePath } from '../certificate/path.ts';
import type { GoodAnswer, RevocationAnswer, RevokedAnswer } from '../certificate/revocation/answer.ts';
import { checkPathByCrls } from '../certificate/revocation/check-path.ts';
import type { ScannedCrl } from '../certificate/revocation/crl-scan.ts';
import { checkRevocationByOcsp } from '../certificate/revocation/ocsp.ts';
import { pathSources } from '../certificate/revocation/path-sources.ts';
import { serialHex } from '../certificate/revocation/wanted-serials.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import type { Dependant } from './ports.ts';

export interface Revoked {
  readonly dependant: Dependant;
  readonly code: 'CERTIFICATE_REVOKED' | 'ISSUER_REVOKED';
  readonly answer: RevokedAnswer;
}

export interface Judged {
  /** Empty where nothing in the body could be believed. */
  readonly words: readonly (GoodAnswer | RevokedAnswer)[];
  readonly revoked: readonly Revoked[];
  readonly refusals: readonly Refusal[];
}

export interface Ground {
  readonly anchors: readonly TrustAnchor[];
  readonly now: Date;
}

/** What of a dependant is kept while a list is read. */
export interface OnList {
  /** Of its whole path: a list is asked about each of its certificates, whatever source that one names. */
  readonly serials: readonly string[];
  /** Of those that name this source. */
  readonly issuers: readonly string[];
  readonly notAfter: Date;
}

export function onList(source: string, { chain }: Dependant): OnList {
  const path = chain.map(parseCertificate);
  const asked = pathSources(path).flatMap(({ id, certificate }) => (id === source ? [certificate] : []));
  return {
    serials: path.map(({ serialNumber }) => serialHex(serialNumber)),
    issuers: asked.map(({ issuer }) => Buffer.from(issuer.der).toString('base64')),
    notAfter: path[0]!.notAfter,
  };
}

/** By a list, for one dependant. `url` is what the answer names. */
export function judgeByList(dependant: Dependant, crl: ScannedCrl, url: string, ground: Ground): Judged {
  const path = provedPath(dependant, ground);
  if (path instanceof Refusal) return { words: [], revoked: [], refusals: [path] };
  const crls = [{ source: url, crl }];
  const answers = checkPathByCrls({ path, crls, certificates: dependant.chain, now: ground.now });
  return judged(dependant, answers);
}

/** By a responder's answer about the certificate `asked` of the dependant's path. */
export function judgeByOcsp(
  dependant: Dependant,
  asked: Thumbprint,
  answer: { readonly response: Uint8Array; readonly source: string },
  ground: Ground,
): Judged {
  const path = provedPath(dependant, ground);
  if (path instanceof Refusal) return { words: [], revoked: [], refusals: [path] };
  const answers = path.path.map((certificate, depth): RevocationAnswer => {
    if (thumbprintOf(certificate.der) !== asked)
      return { status: 'unknown', trouble: undefined, refusals: [] };
    const issuer = path.path[depth + 1] ?? path.anchor.certificate;
    return checkRevocationByOcsp({ certificate, issuer, ...answer, now: ground.now });
  });
  return judged(dependant, answers);
}

function judged(dependant: Dependant, answers: readonly RevocationAnswer[]): Judged {
  const words = answers.filter((answer) => answer.status !== 'unknown');
  const depth = answers.findIndex(({ status }) => status === 'revoked');
  const answer = answers[depth];
  const code = depth === 0 ? 'CERTIFICATE_REVOKED' : 'ISSUER_REVOKED';
  return {
    words,
    revoked: answer?.status === 'revoked' ? [{ dependant, code, answer }] : [],
    refusals: answers.flatMap((one) => (one.status === 'unknown' ? one.refusals : [])),
  };
}

/** an expired certificate is looked up as it stood on its last day. */
export function provedPath({ chain }: Dependant, { anchors, now }: Ground): CertificationPath | Refusal {
  const { notAfter } = parseCertificate(chain[0]!);
  try {
    return validatePath({ chain, anchors, now: now < notAfter ? now : notAfter, policy: {} });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

// Does this body revoke this certificate, and may the body be believed at all? By its stored chain, proved again: what
// stands in the rows of the index only says whom to look at.

import type { TrustAnchor } from '../certificate/anchor.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { type CertificationPath, validatePath } from '../certificate/path.ts';
import type { GoodAnswer, RevocationAnswer, RevokedAnswer } from '../certificate/revocation/answer.ts';
import { checkPathByCrls } from '../certificate/revocation/check-path.ts';
import type { OfferedCrl } from '../certificate/revocation/crl-signer.ts';
import { checkRevocationByOcsp } from '../certificate/revocation/ocsp.ts';
import { issuerAt, issuerIdOf } from '../certificate/revocation/path-sources.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import type { Dependant } from './ports.ts';

export interface Revoked {
  readonly dependant: Dependant;
  readonly path: CertificationPath;
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

export interface Lists {
  readonly crls: readonly OfferedCrl[];
  /** They are deltas, and their complete lists were judged before. */
  readonly deltasAlone: boolean;
  /** `issuerIdOf` by whom the certificates are that the source is asked about: of no other is this a word of it. */
  readonly issuer: string | undefined;
}

/** `from`: 0 with the leaf, 1 only what stands above it; lists are scanned for all of that. */
export function judgeByLists(dependant: Dependant, lists: Lists, ground: Ground, from: 0 | 1): Judged {
  const path = provedPath(dependant, ground);
  if (path instanceof Refusal) return { words: [], revoked: [], refusals: [path] };
  const { crls, deltasAlone, issuer } = lists;
  const input = { path, crls, deltasAlone, certificates: dependant.chain, now: ground.now };
  return judged({ dependant, path }, checkPathByCrls(input, from), from, issuer);
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
  return judged({ dependant, path }, answers, 0);
}

function judged(
  of: Pick<Revoked, 'dependant' | 'path'>,
  answers: readonly RevocationAnswer[],
  from: 0 | 1,
  issuer?: string,
): Judged {
  const words = answers
    .filter((_, at) => issuer === undefined || issuerIdOf(issuerAt(of.path, at + from)) === issuer)
    .filter((answer) => answer.status !== 'unknown');
  const at = answers.findIndex(({ status }) => status === 'revoked');
  const answer = answers[at];
  const code = at + from === 0 ? 'CERTIFICATE_REVOKED' : 'ISSUER_REVOKED';
  return {
    words,
    revoked: answer?.status === 'revoked' ? [{ ...of, code, answer }] : [],
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

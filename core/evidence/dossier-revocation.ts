// What did the PSC say of a certificate when the node asked? The very lists and OCSP answers that the record names are
// judged again, as of that moment, and each certificate of the path must be good by one of them (S25).

import type { CertificationPath } from '../certificate/path.ts';
import {
  type GoodAnswer,
  type RevocationAnswer,
  requireUnrevoked,
} from '../certificate/revocation/answer.ts';
import { checkPathByCrls, serialsOf } from '../certificate/revocation/check-path.ts';
import { scanCrl } from '../certificate/revocation/crl-scan.ts';
import { checkRevocationByOcsp } from '../certificate/revocation/ocsp.ts';
import { revocationPolicy } from '../policy.ts';
import type { DossierCheck } from './dossier-check.ts';
import { differs, type ProvedRecord, sha256 } from './dossier-records.ts';
import { headWords, timeOf } from './dossier-words.ts';

/** @throws Refusal */
export function revocationProved(
  check: DossierCheck,
  node: string,
  checked: ProvedRecord,
  path: CertificationPath,
): void {
  const kept = checked.sources.map(({ kind, sha256: hash }) => ({
    kind,
    hash,
    bytes: check.revocation(hash),
  }));
  for (const { hash, bytes } of kept)
    if (sha256(bytes) !== hash) throw differs(`revocation.${hash}`, hash, sha256(bytes));
  if (checked.facts.outcome !== 'GOOD' || kept.length === 0) return;
  const { at: now } = checked;
  const maxBytes = revocationPolicy.crlMaxBytesByProfile;
  const crls = kept
    .filter(({ kind }) => kind === 'crl')
    .map(({ hash, bytes }) => ({ source: hash, crl: scanCrl(bytes, serialsOf(path), { maxBytes }) }));
  const responses = kept.filter(({ kind }) => kind === 'ocsp');
  const certificates = path.path.map(({ der }) => der);
  const byLists = checkPathByCrls({ path, crls, certificates, now });
  const answers = byLists.map((answer, depth) =>
    answer.status === 'unknown' ? (byResponse(path, depth, responses, now) ?? answer) : answer,
  );
  const good = requireUnrevoked(answers);
  const since = new Date(Math.min(...good.map(({ thisUpdate }: GoodAnswer) => thisUpdate.getTime())));
  check.say(
    'The PSC',
    `had revoked no certificate of this path by ${timeOf(since)}: its own signed ${words(kept)} say so, which ${node} ` +
      `fetched by ${timeOf(now)}; ${headWords(checked.head)}.`,
  );
}

function byResponse(
  path: CertificationPath,
  depth: number,
  responses: readonly { readonly hash: string; readonly bytes: Uint8Array }[],
  now: Date,
): RevocationAnswer | undefined {
  const certificate = path.path[depth]!;
  const issuer = path.path[depth + 1] ?? path.anchor.certificate;
  for (const { hash, bytes } of responses) {
    const answer = checkRevocationByOcsp({ certificate, issuer, response: bytes, source: hash, now });
    if (answer.status !== 'unknown') return answer;
  }
  return undefined;
}

function words(kept: readonly { readonly kind: string }[]): string {
  const lists = kept.filter(({ kind }) => kind === 'crl').length;
  const answers = kept.length - lists;
  return [lists > 0 && `${lists} revocation list(s)`, answers > 0 && `${answers} OCSP answer(s)`]
    .filter(Boolean)
    .join(' and ');
}

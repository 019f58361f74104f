// What do these lists say of this certificate? RFC 5280 §6.3.3, letter by letter, over lists that are already here.
// Its issuer is proved by path.ts; fetching is an adapter's; a whole path is checked in check-path.ts.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { sameName } from '../name-match.ts';
import { parseGeneralNames } from '../names.ts';
import type { RevocationAnswer, Word } from './answer.ts';
import type { CrlEntry } from './crl-entry.ts';
import type { ScannedCrl } from './crl-scan.ts';
import { allReasons, coveredReasons, isByIssuerOf, isDeltaFor, isName, pointsOf } from './crl-scope.ts';
import { likeliestFirst, type OfferedCrl, type VerifiedCrl, verifyCrl } from './crl-signer.ts';
import { type DistributionPoint, distributionPointsOf } from './distribution-points.ts';
import { staleAt } from './freshness.ts';
import { serialHex } from './wanted-serials.ts';

export interface CrlCheckInput {
  readonly certificate: ParsedCertificate;
  /** The certificate, of a proved path or an anchor, whose key signed `certificate`. */
  readonly issuer: ParsedCertificate;
  /** Complete and delta lists in any order; each scanned for this certificate's serial, among others. */
  readonly crls: readonly OfferedCrl[];
  /** Proved and unrevoked certificates, beside the issuer's, that may have signed the list (another key, indirect). */
  readonly signersFor?: (crl: ScannedCrl) => readonly ParsedCertificate[];
  /** The lists are deltas whose complete lists were judged before: what they revoke counts, `good` means not named. */
  readonly deltasAlone?: boolean;
  readonly now: Date;
}

interface Finding extends Word {
  readonly entry: CrlEntry | undefined;
  readonly stale: boolean;
}

/** Never throws for what a list holds: what does not count is named in the answer's `refusals`. */
export function checkRevocationByCrls(input: CrlCheckInput): RevocationAnswer {
  const serial = serialHex(input.certificate.serialNumber);
  const complete = newestFirst(
    input.crls.filter(({ crl }) => (crl.extensions.deltaBase !== undefined) === (input.deltasAlone ?? false)),
  );
  for (const { crl } of input.crls) {
    // Not found must mean not listed, never not looked for.
    if (!crl.wanted.has(serial))
      throw new Error('a list was not scanned for the certificate that is checked');
  }
  const refusals: Refusal[] = [];
  const used: Finding[] = [];
  let stale = false;
  let reasons = 0;
  for (const point of pointsOf(input.certificate)) {
    for (const offered of complete) {
      if (reasons === allReasons || !isByIssuerOf(offered.crl, point, input.certificate)) continue;
      const finding = attempt(refusals, () => consult(input, offered, point, reasons), offered.source);
      if (!finding) continue;
      if (finding.entry && !(finding.stale && finding.entry.revocationReason === 'certificateHold')) {
        return revoked(finding, finding.entry);
      }
      stale ||= finding.stale;
      if (finding.stale) {
        const found = staleAt(offered.crl.head).toISOString();
        refusals.push(new Refusal('CRL_STALE', { parameter: offered.source, found }));
        continue;
      }
      used.push(finding);
      reasons |= coveredReasons(offered.crl, point, input.certificate);
    }
  }
  if (reasons === allReasons) return good(used);
  const [partial] = used;
  if (partial)
    refusals.push(
      new Refusal('CRL_SCOPE_WRONG', {
        parameter: partial.sources[0]!,
        expected: 'lists that cover all reasons together',
        clause: 'RFC 5280 §6.3.3(e)',
      }),
    );
  const asked = distributionPointsOf(input.certificate).length > 0 || refusals.length > 0 || used.length > 0;
  if (refusals.length + used.length === 0 && complete.length > 0)
    refusals.push(new Refusal('CRL_SCOPE_WRONG', { expected: 'a list by the issuer of the certificate' }));
  return { status: 'unknown', trouble: stale ? 'stale' : asked ? 'unavailable' : 'no-pointer', refusals };
}

function attempt<T>(refusals: Refusal[], act: () => T, source?: string): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusals.push(
      source === undefined ? error : new Refusal(error.code, { ...error.detail, parameter: source }),
    );
    return undefined;
  }
}

/** §6.3.3 (b) to (k) for one complete list; undefined when it adds no reason (e). */
function consult(
  input: CrlCheckInput,
  offered: OfferedCrl,
  point: DistributionPoint,
  known: number,
): Finding | undefined {
  const { certificate, now } = input;
  if ((coveredReasons(offered.crl, point, certificate) & ~known) === 0) return undefined;
  const list = verifiedBySome(input, offered);
  const delta = newestDelta(input, list);
  const stale = now > staleAt((delta ?? list).crl.head);
  // (i), (j), (k): the delta's word comes first, and removeFromCRL lifts the base's.
  const entry = entryFor(delta, certificate) ?? entryFor(list, certificate);
  const lifted = entry?.revocationReason === 'removeFromCRL';
  const last = (delta ?? list).crl.head;
  return {
    sources: delta ? [list.source, delta.source] : [list.source],
    thisUpdate: last.thisUpdate,
    nextUpdate: last.nextUpdate,
    entry: lifted ? undefined : entry,
    stale,
  };
}

/** (f), (g): the issuer of the certificate, or whom the caller proved for this list. */
function verifiedBySome(input: CrlCheckInput, offered: OfferedCrl): VerifiedCrl {
  const { crl } = offered;
  const own = sameName(input.issuer.subject, crl.head.issuer) ? [input.issuer] : [];
  const refusals: Refusal[] = [];
  // Others are asked for only when the issuer's own key does not do: proving them costs a path.
  for (const signers of [() => own, () => input.signersFor?.(crl) ?? []]) {
    for (const signer of likeliestFirst(crl, signers())) {
      const list = attempt(refusals, () => verifyCrl(offered, signer, input.now));
      if (list) return list;
    }
  }
  throw refusals[0] ?? new Refusal('CRL_ISSUER_NOT_AUTHORISED', { clause: 'RFC 5280 §6.3.3(f)' });
}

/** (c), (h): signed by the same key, in force; a delta that does not do is as good as none. */
function newestDelta(input: CrlCheckInput, list: VerifiedCrl): VerifiedCrl | undefined {
  for (const offered of newestFirst(input.crls)) {
    if (!isDeltaFor(offered.crl, list.crl) || input.now > staleAt(offered.crl.head)) continue;
    const delta = attempt([], () => verifyCrl(offered, list.signer, input.now));
    if (delta) return delta;
  }
  return undefined;
}

function entryFor(list: VerifiedCrl | undefined, certificate: ParsedCertificate): CrlEntry | undefined {
  const entries = list?.crl.entries.get(serialHex(certificate.serialNumber)) ?? [];
  const mine = entries.filter((entry) => isIssuerOfEntry(entry, list!.crl, certificate));
  // A list that names a certificate twice: what revokes outweighs what lifts.
  return mine.find((entry) => entry.revocationReason !== 'removeFromCRL') ?? mine[0];
}

/** §5.3.3: without certificateIssuer, the entry speaks of the list's own issuer. */
function isIssuerOfEntry(entry: CrlEntry, crl: ScannedCrl, { issuer }: ParsedCertificate): boolean {
  if (!entry.certificateIssuer) return sameName(crl.head.issuer, issuer);
  return parseGeneralNames(entry.certificateIssuer).some((name) => isName(name, issuer));
}

function newestFirst(crls: readonly OfferedCrl[]): readonly OfferedCrl[] {
  const byAge = (a: ScannedCrl, b: ScannedCrl) =>
    b.head.thisUpdate.getTime() - a.head.thisUpdate.getTime() ||
    Number((b.extensions.crlNumber ?? 0n) - (a.extensions.crlNumber ?? 0n));
  return [...crls].sort((a, b) => byAge(a.crl, b.crl));
}

function revoked(word: Word, entry: CrlEntry): RevocationAnswer {
  const { revocationDate, revocationReason, invalidityDate } = entry;
  return { status: 'revoked', ...wordOf([word]), revocationDate, revocationReason, invalidityDate };
}

function good(used: readonly Word[]): RevocationAnswer {
  return { status: 'good', ...wordOf(used) };
}

function wordOf(used: readonly Word[]): Word {
  const nextUpdates = used.flatMap(({ nextUpdate }) => (nextUpdate ? [nextUpdate.getTime()] : []));
  return {
    sources: [...new Set(used.flatMap(({ sources }) => sources))],
    thisUpdate: new Date(Math.max(...used.map(({ thisUpdate }) => thisUpdate.getTime()))),
    nextUpdate: nextUpdates.length > 0 ? new Date(Math.min(...nextUpdates)) : undefined,
  };
}

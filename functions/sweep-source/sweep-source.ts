// One revocation source, asked as policy says (architecture, section 6): its body is fetched by conditional GET, read
// once whatever number of certificates it covers, and kept as evidence where it revokes. A failure changes no
// certificate: the freeze is computed from the times that are written here, so that a dead sweep freezes too.

import { createHash } from 'node:crypto';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { GoodAnswer, RevokedAnswer } from '../../core/certificate/revocation/answer.ts';
import { type ScannedCrl, scanCrl } from '../../core/certificate/revocation/crl-scan.ts';
import { scopeKeyOf } from '../../core/certificate/revocation/crl-scope.ts';
import { nextAttemptAt, reportOn } from '../../core/certificate/revocation/freshness.ts';
import { ocspRequest } from '../../core/certificate/revocation/ocsp-request.ts';
import { checkSuccession } from '../../core/certificate/revocation/succession.ts';
import { WantedSerials } from '../../core/certificate/revocation/wanted-serials.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import { revocationPolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';
import {
  type Ground,
  judgeByList,
  judgeByOcsp,
  onList,
  provedPath,
  type Revoked,
} from '../../core/sweep/judge.ts';
import type { Dependant, RevocationWire, SweptSource, SweptSources } from '../../core/sweep/ports.ts';
import type { TrustSource } from '../../core/trust.ts';
import { type EndRevokedPorts, endRevoked } from './end-revoked.ts';

export interface SweepSourcePorts extends EndRevokedPorts {
  readonly clock: Clock;
  readonly sources: SweptSources;
  readonly wire: RevocationWire;
  readonly trust: TrustSource;
  /** Keeps a body that revokes, under its SHA-256 (base64url). */
  keep(kind: 'crl' | 'ocsp', sha256: string, bytes: Uint8Array): Promise<void>;
  /** A fetch that was due has failed for two hours. */
  alarm(source: SweptSource, trouble: string): void;
}

export type SweepOutcome = 'NOT_DUE' | 'UNCHANGED' | 'PROCESSED' | 'FAILED';

interface Found {
  readonly outcome: 'UNCHANGED' | 'PROCESSED';
  readonly source: SweptSource;
}

export async function sweepSource(
  ports: SweepSourcePorts,
  input: { readonly source: string },
): Promise<{ readonly outcome: SweepOutcome }> {
  const now = ports.clock.now();
  const source = await ports.sources.find(input.source);
  if (!source || now < nextAttemptAt(source)) return { outcome: 'NOT_DUE' };
  try {
    const { anchors } = await ports.trust.inForce();
    const found = await (source.kind === 'crl' ? byList : byOcsp)(ports, source, { anchors, now });
    const { trouble: _, ...good } = found.source;
    await ports.sources.save({ ...good, lastAttempt: now, lastGoodFetch: now });
    return { outcome: found.outcome };
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Transient)) throw error;
    const trouble = error instanceof Refusal ? error.code : error.name;
    await ports.sources.save({ ...source, lastAttempt: now, trouble });
    if (reportOn({ ...source, lastAttempt: now }, now).alarm) ports.alarm(source, trouble);
    return { outcome: 'FAILED' };
  }
}

async function byList(ports: SweepSourcePorts, source: SweptSource, ground: Ground): Promise<Found> {
  const body = await firstThatAnswers(source.urls, (url) => ports.wire.list(url, source));
  if (body.outcome === 'NOT_MODIFIED') return { outcome: 'UNCHANGED', source };
  const { bytes, etag, lastModified } = body;
  const bodySha256 = sha256Of(bytes);
  const { etag: _, lastModified: __, ...rest } = source;
  const heard = { ...rest, bodySha256, ...(etag && { etag }), ...(lastModified && { lastModified }) };
  // A server that knows no conditional GET sends the same list again.
  if (bodySha256 === source.bodySha256) return { outcome: 'UNCHANGED', source: heard };
  const crl = scanCrl(bytes, await wantedOf(ports, source, ground.now), {
    maxBytes: revocationPolicy.crlMaxBytesByProfile,
  });
  checkSuccession(knownOf(source), { crl });
  const words = await judgeList(ports, source, { crl, bytes, ground });
  const { thisUpdate, nextUpdate } = words;
  const { crlNumber } = crl.extensions;
  const numbered = {
    scope: scopeKeyOf(crl),
    ...(crlNumber !== undefined && { crlNumber: crlNumber.toString() }),
  };
  return { outcome: 'PROCESSED', source: { ...heard, ...numbered, thisUpdate, nextUpdate } };
}

function knownOf({ scope, crlNumber, thisUpdate }: SweptSource) {
  return scope !== undefined && thisUpdate ? { scope, crlNumber, thisUpdate } : undefined;
}

/** Serials that the list is read for; who expired too long ago is forgotten on the way. */
async function wantedOf(ports: SweepSourcePorts, source: SweptSource, now: Date): Promise<WantedSerials> {
  const serials = new Set<string>();
  for await (const page of ports.sources.dependants(source.id)) {
    for (const dependant of page) {
      const { serials: own, notAfter } = onList(source.id, dependant);
      if (now.getTime() - notAfter.getTime() > revocationPolicy.sweptAfterExpiry)
        await ports.sources.forget([source.id], dependant.thumbprint);
      else for (const serial of own) serials.add(serial);
    }
  }
  return new WantedSerials(serials);
}

async function judgeList(
  ports: SweepSourcePorts,
  source: SweptSource,
  { crl, bytes, ground }: { crl: ScannedCrl; bytes: Uint8Array; ground: Ground },
): Promise<Pick<GoodAnswer, 'thisUpdate' | 'nextUpdate'>> {
  const proved = new Set<string>();
  const refusals: Refusal[] = [];
  let word: GoodAnswer | RevokedAnswer | undefined;
  for await (const page of ports.sources.dependants(source.id)) {
    for (const dependant of page) {
      const { serials, issuers } = onList(source.id, dependant);
      const named = serials.some((serial) => crl.entries.has(serial));
      if (!named && issuers.every((issuer) => proved.has(issuer))) continue;
      const judged = judgeByList(dependant, crl, source.urls[0]!, ground);
      word ??= judged.words[0];
      refusals.push(...judged.refusals.slice(0, 8 - refusals.length));
      if (judged.words.length > 0) for (const issuer of issuers) proved.add(issuer);
      for (const revoked of judged.revoked) await revoke(ports, revoked, 'crl', bytes);
    }
  }
  if (!word) throw refusals[0] ?? new Refusal('REVOCATION_UNAVAILABLE', { retryable: true });
  return word;
}

async function byOcsp(ports: SweepSourcePorts, source: SweptSource, ground: Ground): Promise<Found> {
  let answer: { readonly response: Uint8Array; readonly source: string } | undefined;
  let word: GoodAnswer | RevokedAnswer | undefined;
  for await (const page of ports.sources.dependants(source.id)) {
    for (const dependant of page) {
      answer ??= await ask(ports, source, dependant, ground);
      const judged = judgeByOcsp(dependant, source.asked!, answer, ground);
      word ??= judged.words[0];
      if (judged.words.length === 0 && judged.refusals[0]) throw judged.refusals[0];
      for (const revoked of judged.revoked) await revoke(ports, revoked, 'ocsp', answer.response);
    }
  }
  if (!word) throw new Refusal('REVOCATION_UNAVAILABLE', { retryable: true });
  const { thisUpdate, nextUpdate } = word;
  return { outcome: 'PROCESSED', source: { ...source, thisUpdate, nextUpdate } };
}

async function ask(ports: SweepSourcePorts, source: SweptSource, dependant: Dependant, ground: Ground) {
  const path = provedPath(dependant, ground);
  if (path instanceof Refusal) throw path;
  const depth = path.path.findIndex(({ der }) => thumbprintOf(der) === source.asked);
  const certificate = path.path[depth] ?? parseCertificate(dependant.chain[0]!);
  const request = ocspRequest({ certificate, issuer: path.path[depth + 1] ?? path.anchor.certificate });
  return firstThatAnswers(source.urls, async (url) => ({
    response: await ports.wire.ocsp(url, request),
    source: url,
  }));
}

async function firstThatAnswers<T>(urls: readonly string[], ask: (url: string) => Promise<T>): Promise<T> {
  let last: unknown = new Refusal('NO_REVOCATION_SOURCE');
  for (const url of urls) {
    try {
      return await ask(url);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Transient)) throw error;
      last = error;
    }
  }
  throw last;
}

/** The evidence is kept before anything is ended by it. */
async function revoke(ports: SweepSourcePorts, revoked: Revoked, kind: 'crl' | 'ocsp', bytes: Uint8Array) {
  const bytesKept: SourceBytes = { kind, sha256: sha256Of(bytes) };
  await ports.keep(kind, bytesKept.sha256, bytes);
  await endRevoked(ports, revoked, bytesKept);
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');

// What do the PSC's sources say of a whole path, right now? Fetches each list or asks each responder once, has core
// judge what came, and keeps the bytes as evidence. The sweep asks on its own schedule; this is for enrolment.

import { createHash } from 'node:crypto';
import { sameName } from '../../core/certificate/name-match.ts';
import type { CertificationPath } from '../../core/certificate/path.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import {
  type RevocationAnswer,
  RevocationUnavailable,
  requireUnrevoked,
  type Unheard,
} from '../../core/certificate/revocation/answer.ts';
import { checkPathByCrls } from '../../core/certificate/revocation/check-path.ts';
import { type ScannedCrl, scanCrlStream } from '../../core/certificate/revocation/crl-scan.ts';
import type { OfferedCrl } from '../../core/certificate/revocation/crl-signer.ts';
import { checkRevocationByOcsp } from '../../core/certificate/revocation/ocsp.ts';
import { ocspRequest } from '../../core/certificate/revocation/ocsp-request.ts';
import { issuerAt, type PathSource, pathSources } from '../../core/certificate/revocation/path-sources.ts';
import { profileListsFor, revocationSourcesOf } from '../../core/certificate/revocation/source.ts';
import { checkSuccession, type KnownList } from '../../core/certificate/revocation/succession.ts';
import { serialHex, WantedSerials } from '../../core/certificate/revocation/wanted-serials.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import type { Egress } from './egress.ts';
import { fetchCrl, fetchOcsp } from './revocation-fetch.ts';

export interface PathRevocationParts {
  readonly egress: Egress;
  /** The newest list of this source that the sweep has read; an older one does not count (S25). */
  known(source: string): Promise<KnownList | undefined>;
  /** Keeps what an answer rests on, under its SHA-256 (base64url). */
  keep(kind: 'crl' | 'ocsp', sha256: string, bytes: Uint8Array): Promise<void>;
}

/**
 * `good`, with the bytes it rests on.
 * @throws Refusal CERTIFICATE_REVOKED, ISSUER_REVOKED, NO_REVOCATION_SOURCE, EGRESS_*; Transient
 * TransientRevocationUnavailable while a source is stale, or cannot be reached or read
 */
export async function pathRevocation(
  parts: PathRevocationParts,
  path: CertificationPath,
  profile: PscProfile | undefined,
  now: Date,
): Promise<{ readonly sources: readonly SourceBytes[] }> {
  const asked = new Asking(parts, path, profile, now);
  try {
    requireUnrevoked(await asked.answers());
  } catch (error) {
    if (error instanceof Refusal && error.code !== 'REVOCATION_UNAVAILABLE') throw error;
    if (!(error instanceof Refusal || error instanceof Transient)) throw error;
    throw new RevocationUnavailable([...asked.unheard.values()], error);
  }
  return { sources: asked.sources };
}

type FetchedList = OfferedCrl & { readonly bytes: Uint8Array };

class Asking {
  readonly parts: PathRevocationParts;
  readonly path: CertificationPath;
  readonly profile: PscProfile | undefined;
  readonly now: Date;
  readonly sources: SourceBytes[] = [];
  /** By URL; undefined where nothing came that counts. */
  readonly lists = new Map<string, FetchedList | undefined>();
  /** By source: why nothing that counts was heard of it, for who must repair it. */
  readonly unheard = new Map<string, Unheard>();

  constructor(
    parts: PathRevocationParts,
    path: CertificationPath,
    profile: PscProfile | undefined,
    now: Date,
  ) {
    this.parts = parts;
    this.path = path;
    this.profile = profile;
    this.now = now;
  }

  async answers(): Promise<readonly RevocationAnswer[]> {
    const asked = this.path.path.map((certificate, depth) =>
      revocationSourcesOf(certificate, profileListsFor(issuerAt(this.path, depth), this.profile)),
    );
    for (const source of pathSources(this.path, this.profile))
      if (source.kind === 'crl') await this.firstThatAnswers(source);
    const byLists = this.byLists();
    const answers: RevocationAnswer[] = [];
    for (const [depth, sources] of asked.entries()) {
      answers.push(
        sources.kind === 'crl' ? byLists[depth]! : await this.askResponders(depth, sources.responders),
      );
    }
    return answers;
  }

  /** A delta on a newer list than came is not its delta (RFC 5280 §5.2.4); what it revokes is revoked. */
  byLists(): readonly RevocationAnswer[] {
    const { path, now } = this;
    const certificates = path.path.map(({ der }) => der);
    const crls = [...this.lists.values()].filter((list) => list !== undefined);
    const ahead = crls.filter(({ crl }) => isAheadOf(crl, crls));
    const byDeltas = checkPathByCrls({ path, crls: ahead, certificates, deltasAlone: true, now });
    const answers = checkPathByCrls({ path, crls, certificates, now });
    for (const answer of answers) if (answer.status === 'unknown') this.hear(answer.refusals);
    return answers.map((answer, depth) =>
      byDeltas[depth]!.status === 'revoked' && answer.status !== 'revoked' ? byDeltas[depth]! : answer,
    );
  }

  hear(refusals: readonly Refusal[]): void {
    for (const { code, detail } of refusals)
      if (detail.parameter !== undefined) this.unhear(detail.parameter, code);
  }

  unhear(source: string, code: Unheard['code']): void {
    if (!this.unheard.has(source)) this.unheard.set(source, { source, code });
  }

  /** One distribution point: the same list at several places, each fetched once. */
  async firstThatAnswers({ id, urls }: PathSource): Promise<void> {
    for (const url of urls) {
      if (!this.lists.has(url)) this.lists.set(url, await this.list(url));
      const list = this.lists.get(url);
      if (!list) continue;
      if (await this.follows(list, id)) return this.keep('crl', list.bytes);
      this.lists.set(url, undefined);
    }
  }

  async follows(list: OfferedCrl, source: string): Promise<boolean> {
    try {
      return checkSuccession(await this.parts.known(source), list) !== undefined;
    } catch (error) {
      return this.tolerate(error, list.source) ?? false;
    }
  }

  async list(url: string): Promise<FetchedList | undefined> {
    const wanted = new WantedSerials(this.path.path.map(({ serialNumber }) => serialHex(serialNumber)));
    const maxBytes = this.profile?.revocation.crlMaxBytes;
    try {
      const fetched = await fetchCrl(this.parts.egress, url, maxBytes === undefined ? {} : { maxBytes });
      if (fetched.outcome !== 'FETCHED') return undefined;
      const chunks: Uint8Array[] = [];
      const crl = await scanCrlStream(
        teed(fetched.body, chunks),
        wanted,
        maxBytes === undefined ? {} : { maxBytes },
      );
      return { source: url, crl, bytes: Buffer.concat(chunks) };
    } catch (error) {
      return this.tolerate(error, url);
    }
  }

  async askResponders(depth: number, responders: readonly string[]): Promise<RevocationAnswer> {
    const certificate = this.path.path[depth]!;
    const issuer = issuerAt(this.path, depth);
    const request = ocspRequest({ certificate, issuer });
    let last: RevocationAnswer = { status: 'unknown', trouble: 'unavailable', refusals: [] };
    for (const source of responders) {
      const asked = fetchOcsp(this.parts.egress, source, request);
      const response = await asked.catch((error) => this.tolerate(error, source));
      if (!response) continue;
      last = checkRevocationByOcsp({ certificate, issuer, response, source, now: this.now });
      if (last.status === 'unknown') {
        if (last.refusals[0]) this.unhear(source, last.refusals[0].code);
        continue;
      }
      await this.keep('ocsp', response);
      return last;
    }
    return last;
  }

  /** What one place cannot give another may; what the egress guard refuses is for the record, not for a retry. */
  tolerate(error: unknown, source: string): undefined {
    if (error instanceof Refusal && !error.code.startsWith('EGRESS_')) this.unhear(source, error.code);
    else if (error instanceof Transient) this.unhear(source, 'UNREACHABLE');
    else throw error;
    return undefined;
  }

  async keep(kind: 'crl' | 'ocsp', bytes: Uint8Array): Promise<void> {
    const sha256 = createHash('sha256').update(bytes).digest('base64url');
    if (this.sources.some((kept) => kept.sha256 === sha256)) return;
    await this.parts.keep(kind, sha256, bytes);
    this.sources.push({ kind, sha256 });
  }
}

function isAheadOf({ head, extensions: { deltaBase } }: ScannedCrl, all: readonly OfferedCrl[]): boolean {
  if (deltaBase === undefined) return false;
  const complete = all.filter(
    ({ crl }) => crl.extensions.deltaBase === undefined && sameName(crl.head.issuer, head.issuer),
  );
  return complete.every(({ crl }) => (crl.extensions.crlNumber ?? 0n) < deltaBase);
}

async function* teed(body: AsyncIterable<Uint8Array>, chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    chunks.push(chunk);
    yield chunk;
  }
}

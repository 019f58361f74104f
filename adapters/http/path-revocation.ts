// What do the PSC's sources say of a whole path, right now? Fetches each list or asks each responder once, has core
// judge what came, and keeps the bytes as evidence. The sweep asks on its own schedule; this is for enrolment.

import { createHash } from 'node:crypto';
import type { CertificationPath } from '../../core/certificate/path.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { type RevocationAnswer, requireUnrevoked } from '../../core/certificate/revocation/answer.ts';
import { checkPathByCrls } from '../../core/certificate/revocation/check-path.ts';
import { scanCrlStream } from '../../core/certificate/revocation/crl-scan.ts';
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
    const unread = asked.unread.map(({ code }) => ` (${code})`).join('');
    throw new Transient('TransientRevocationUnavailable', error.message + unread, { cause: error });
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
  /** Why what was fetched could not be read, for who must repair it. */
  readonly unread: Refusal[] = [];

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
    const crls = [...this.lists.values()].filter((list) => list !== undefined);
    const { path, now } = this;
    const certificates = path.path.map(({ der }) => der);
    const byLists = checkPathByCrls({ path, crls, certificates, now });
    const answers: RevocationAnswer[] = [];
    for (const [depth, sources] of asked.entries()) {
      answers.push(
        sources.kind === 'crl' ? byLists[depth]! : await this.askResponders(depth, sources.responders),
      );
    }
    return answers;
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
      return this.tolerate(error) ?? false;
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
      return this.tolerate(error);
    }
  }

  async askResponders(depth: number, responders: readonly string[]): Promise<RevocationAnswer> {
    const certificate = this.path.path[depth]!;
    const issuer = issuerAt(this.path, depth);
    const request = ocspRequest({ certificate, issuer });
    let last: RevocationAnswer = { status: 'unknown', trouble: 'unavailable', refusals: [] };
    for (const source of responders) {
      const response = await fetchOcsp(this.parts.egress, source, request).catch((e) => this.tolerate(e));
      if (!response) continue;
      last = checkRevocationByOcsp({ certificate, issuer, response, source, now: this.now });
      if (last.status === 'unknown') continue;
      await this.keep('ocsp', response);
      return last;
    }
    return last;
  }

  /** What one place cannot give another may; what the egress guard refuses is for the record, not for a retry. */
  tolerate(error: unknown): undefined {
    if (error instanceof Transient) return undefined;
    if (!(error instanceof Refusal) || error.code.startsWith('EGRESS_')) throw error;
    this.unread.push(error);
    return undefined;
  }

  async keep(kind: 'crl' | 'ocsp', bytes: Uint8Array): Promise<void> {
    const sha256 = createHash('sha256').update(bytes).digest('base64url');
    if (this.sources.some((kept) => kept.sha256 === sha256)) return;
    await this.parts.keep(kind, sha256, bytes);
    this.sources.push({ kind, sha256 });
  }
}

async function* teed(body: AsyncIterable<Uint8Array>, chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    chunks.push(chunk);
    yield chunk;
  }
}

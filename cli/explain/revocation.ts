// What do the PSC's lists and responders say of a path? Lists given as files, or, when asked to go online, fetched
// from the certificates' own pointers through the same guard and judged by the same rules as at a node.

import { readFileSync } from 'node:fs';
import { createEgress, type Egress } from '../../adapters/http/egress.ts';
import { fetchCrl, fetchOcsp } from '../../adapters/http/revocation-fetch.ts';
import type { CertificationPath } from '../../core/certificate/path.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import type { RevocationAnswer } from '../../core/certificate/revocation/answer.ts';
import { checkPathByCrls } from '../../core/certificate/revocation/check-path.ts';
import { type ScannedCrl, scanCrl, scanCrlStream } from '../../core/certificate/revocation/crl-scan.ts';
import type { OfferedCrl } from '../../core/certificate/revocation/crl-signer.ts';
import { ocspPointersOf } from '../../core/certificate/revocation/distribution-points.ts';
import { checkRevocationByOcsp } from '../../core/certificate/revocation/ocsp.ts';
import { ocspRequest } from '../../core/certificate/revocation/ocsp-request.ts';
import { issuerAt } from '../../core/certificate/revocation/path-sources.ts';
import {
  type RevocationSources as NamedSources,
  profileListsFor,
  revocationSourcesOf,
} from '../../core/certificate/revocation/source.ts';
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
  readonly profile: PscProfile | undefined;
}

export interface RevocationReport {
  /** One for each certificate below the anchor, leaf first. */
  readonly answers: readonly RevocationAnswer[];
  /** Sources that gave nothing, and why. */
  readonly silent: readonly { readonly source: string; readonly why: string }[];
}

/** As a node asks (adapters/http/path-revocation.ts): lists first, a responder only where no list is named. */
export async function revocationOf(
  path: CertificationPath,
  sources: RevocationSources,
): Promise<RevocationReport> {
  const asking = new Asking(path, sources);
  for (const file of sources.crlFiles)
    await asking.offer(file, async (serials) => scanCrl(readFileSync(file), serials));
  if (sources.online) await asking.fetchLists();
  const { chain, now } = sources;
  const byLists = checkPathByCrls({ path, crls: asking.lists, certificates: chain, now });
  const answers: RevocationAnswer[] = [];
  for (const [depth, answer] of byLists.entries()) {
    const ask = sources.online && answer.status === 'unknown' && asking.sourcesOf(depth)?.kind === 'ocsp';
    answers.push(ask ? await asking.responder(depth, answer) : answer);
  }
  return { answers, silent: asking.silent };
}

class Asking {
  readonly lists: OfferedCrl[] = [];
  readonly silent: { source: string; why: string }[] = [];
  readonly #path: CertificationPath;
  readonly #sources: RevocationSources;
  readonly #egress: Egress;
  readonly #serials: WantedSerials;

  constructor(path: CertificationPath, sources: RevocationSources) {
    this.#path = path;
    this.#sources = sources;
    this.#egress = createEgress({ allowPrivate: sources.allowPrivate });
    this.#serials = new WantedSerials(path.path.map(({ serialNumber }) => serialHex(serialNumber)));
  }

  /** Undefined where the certificate names nobody; checkPathByCrls then says `no-pointer`. */
  sourcesOf(depth: number): NamedSources | undefined {
    try {
      const lists = profileListsFor(issuerAt(this.#path, depth), this.#sources.profile);
      return revocationSourcesOf(this.#path.path[depth]!, lists);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  async offer(source: string, read: (serials: WantedSerials) => Promise<ScannedCrl>): Promise<boolean> {
    return this.#tolerating(
      source,
      async () => void this.lists.push({ source, crl: await read(this.#serials) }),
    );
  }

  async fetchLists(): Promise<void> {
    const fetched = new Map<string, Promise<boolean>>();
    const fetchOnce = (url: string) => {
      const known = fetched.get(url) ?? this.#fetchList(url);
      fetched.set(url, known);
      return known;
    };
    for (const depth of this.#path.path.keys()) {
      const named = this.sourcesOf(depth);
      if (named?.kind !== 'crl') continue;
      for (const pointer of [...named.lists, ...named.deltas]) {
        // The same list at several places: the first that gives it is enough.
        for (const url of pointer) if (await fetchOnce(url)) break;
      }
    }
  }

  #fetchList(url: string): Promise<boolean> {
    return this.offer(url, async (serials) => {
      const fetched = await fetchCrl(this.#egress, url);
      if (fetched.outcome !== 'FETCHED')
        throw new Transient('TransientRevocationSource', `${url} sent no list`);
      return scanCrlStream(fetched.body, serials, { signatureTries: 2 });
    });
  }

  async responder(depth: number, otherwise: RevocationAnswer): Promise<RevocationAnswer> {
    const certificate = this.#path.path[depth]!;
    const issuer = issuerAt(this.#path, depth);
    let answer = otherwise;
    for (const source of ocspPointersOf(certificate)) {
      await this.#tolerating(source, async () => {
        const response = await fetchOcsp(this.#egress, source, ocspRequest({ certificate, issuer }));
        answer = checkRevocationByOcsp({ certificate, issuer, response, source, now: this.#sources.now });
      });
      if (answer.status !== 'unknown') break;
    }
    return answer;
  }

  async #tolerating(source: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof Transient)) throw error;
      this.silent.push({ source, why: error.message });
      return false;
    }
  }
}

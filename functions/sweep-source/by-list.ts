// One list, or a delta of one: fetched by conditional GET, read once for the serials of all who depend on it. Only those
// that it names, and one leaf of each issuer, are loaded and proved, so that a body costs the same whatever number of
// certificates it covers.

import { parseCertificate } from '../../core/certificate/parse.ts';
import type { GoodAnswer, RevokedAnswer } from '../../core/certificate/revocation/answer.ts';
import { type ScannedCrl, scanCrl } from '../../core/certificate/revocation/crl-scan.ts';
import { scopeKeyOf } from '../../core/certificate/revocation/crl-scope.ts';
import type { OfferedCrl } from '../../core/certificate/revocation/crl-signer.ts';
import {
  type DistributionPoint,
  distributionPointsOf,
  freshestCrlOf,
  urlsOfPoint,
} from '../../core/certificate/revocation/distribution-points.ts';
import { listSource } from '../../core/certificate/revocation/path-sources.ts';
import { checkSuccession } from '../../core/certificate/revocation/succession.ts';
import {
  type SerialHex,
  serialHex,
  WantedSerials,
} from '../../core/certificate/revocation/wanted-serials.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import { type Ground, type Judged, judgeByLists, type Lists, type Revoked } from '../../core/sweep/judge.ts';
import {
  type Dependant,
  type FetchedBody,
  listRead,
  type SweptRow,
  type SweptSource,
} from '../../core/sweep/ports.ts';
import { representatives } from '../../core/sweep/representatives.ts';
import { type Found, firstThatAnswers, revoke, type SweepSourcePorts, sha256Of } from './parts.ts';

export async function sweepList(
  ports: SweepSourcePorts,
  source: SweptSource,
  ground: Ground,
  maxBytes: number,
): Promise<Found> {
  const { url, body } = await firstThatAnswers(source.urls, async (from) => ({
    url: from,
    body: await ports.wire.list(
      from,
      from === (source.validatedBy ?? source.urls[0]) ? source : {},
      maxBytes,
    ),
  }));
  if (body.outcome === 'NOT_MODIFIED') return { outcome: 'UNCHANGED', source };
  const bodySha256 = sha256Of(body.bytes);
  const heard = heardFrom(source, url, body, bodySha256);
  // A server that knows no conditional GET sends the same list again.
  if (bodySha256 === source.bodySha256) return { outcome: 'UNCHANGED', source: heard };
  const reading = new ListReading(ports, source, { bytes: body.bytes, ground, maxBytes });
  const { word, crl } = await reading.done();
  if (!word) return { outcome: 'IDLE', source };
  const { crlNumber, deltaBase } = crl.extensions;
  const numbered = {
    scope: scopeKeyOf(crl),
    ...(crlNumber !== undefined && { crlNumber: crlNumber.toString() }),
    ...(deltaBase !== undefined && { deltaBase: deltaBase.toString() }),
  };
  const deltas = await addDeltas(ports, source, crl);
  // Its own: those of a list or delta that was read beside it may be later, or end sooner.
  const { thisUpdate, nextUpdate } = crl.head;
  return { outcome: 'PROCESSED', source: { ...heard, ...numbered, ...deltas, thisUpdate, nextUpdate } };
}

function heardFrom(
  source: SweptSource,
  url: string,
  { etag, lastModified }: Extract<FetchedBody, { outcome: 'FETCHED' }>,
  bodySha256: string,
): SweptSource {
  const { etag: _, lastModified: __, ...rest } = source;
  return {
    ...rest,
    bodySha256,
    validatedBy: url,
    ...(etag && { etag }),
    ...(lastModified && { lastModified }),
  };
}

/** RFC 5280 §5.2.6: a complete list may say where its deltas are, whatever the certificates say. */
async function addDeltas(ports: SweepSourcePorts, source: SweptSource, crl: ScannedCrl) {
  if (crl.extensions.deltaBase !== undefined) return {};
  const named = crl.extensions.freshestCrl.map(urlsOfPoint).filter((urls) => urls.length > 0);
  const known = source.deltas ?? [];
  const fresh = named
    .map((urls) => listSource(urls, source.issuer ?? '', source.id))
    .filter(({ id }) => !known.includes(id));
  const { profile } = source;
  for (const delta of fresh)
    await ports.sources.add({
      ...delta,
      since: ports.clock.now(),
      ...(profile !== undefined && { profile }),
    });
  return fresh.length > 0 ? { deltas: [...known, ...fresh.map(({ id }) => id)] } : {};
}

interface Body {
  readonly bytes: Uint8Array;
  readonly maxBytes: number;
  readonly ground: Ground;
}

/** One body over all its dependants, so many rows at a time. */
class ListReading {
  readonly ports: SweepSourcePorts;
  readonly source: SweptSource;
  readonly body: Body;
  /** Issuers over which the body was believed. */
  readonly proved = new Set<string>();
  readonly refusals: Refusal[] = [];
  /** What kept one certificate from being ended: it keeps no other, and the body is read again. */
  readonly faults: unknown[] = [];
  word: GoodAnswer | RevokedAnswer | undefined;
  crl: ScannedCrl | undefined;
  /** Rows of issuers may outlive the last leaf below them. */
  isAsked = false;

  constructor(ports: SweepSourcePorts, source: SweptSource, body: Body) {
    this.ports = ports;
    this.source = source;
    this.body = body;
  }

  /** `word` undefined: nobody depends on the list any more. @throws Refusal where it proved nothing */
  async done(): Promise<{ readonly word: GoodAnswer | RevokedAnswer | undefined; readonly crl: ScannedCrl }> {
    const { base, id } = this.source;
    let rows: SweptRow[] = [];
    for await (const page of this.ports.sources.rows(base ?? id)) {
      rows.push(...(await this.stillAsked(page)));
      if (rows.length < revocationPolicy.sweptRowsAtOnce) continue;
      await this.read(rows);
      rows = [];
    }
    if (rows.length > 0) await this.read(rows);
    if (this.faults.length > 0) throw this.faults[0];
    const { word, crl = this.scan([], new Map()) } = this;
    if (!word && this.isAsked) {
      const [first] = this.refusals;
      const ofTheList = this.refusals.find(({ code }) => code !== 'ANCHOR_NOT_FOUND');
      throw ofTheList ?? first ?? new Refusal('REVOCATION_UNAVAILABLE', { retryable: true });
    }
    return { word, crl };
  }

  /** Who expired too long ago is forgotten on the way. */
  async stillAsked(page: readonly SweptRow[]): Promise<readonly SweptRow[]> {
    const end = this.body.ground.now.getTime() - revocationPolicy.sweptAfterExpiry;
    const over = page.filter(({ leaf }) => leaf && leaf.notAfter.getTime() < end);
    for (const { leaf, issuers } of over)
      await this.ports.sources.forget([this.source.base ?? this.source.id], { ...leaf!, issuers });
    return over.length > 0 ? page.filter((row) => !over.includes(row)) : page;
  }

  async read(rows: readonly SweptRow[]): Promise<void> {
    const groups = Map.groupBy(rows, ({ issuers }) => issuers);
    const above = new Map<string, readonly Dependant[]>();
    for (const [issuers, members] of groups) {
      const some = await representatives(this.ports.sources, members, 1);
      this.isAsked ||= some.length > 0 || members.some(({ leaf }) => leaf);
      above.set(issuers, some);
    }
    const crl = this.scan(rows, above);
    const { deltaBase } = crl.extensions;
    const lists: Lists = {
      crls: [{ source: this.source.urls[0]!, crl }, ...(await this.deltasFor(crl, above))],
      deltasAlone: deltaBase !== undefined,
      issuer: this.source.issuer,
    };
    const together = { ...lists, crls: [...lists.crls, ...(await this.listsBeside(crl, above))] };
    for (const [issuers, some] of above) await this.believe(issuers, some, groups.get(issuers)!, together);
    for (const row of rows) {
      if (row.serials.some((serial) => crl.entries.has(serial))) await this.end(row, lists);
    }
  }

  scan(rows: readonly SweptRow[], above: ReadonlyMap<string, readonly Dependant[]>): ScannedCrl {
    const serials = new Set<SerialHex>(rows.flatMap((row) => row.serials));
    // A path is judged whole: its issuers are looked for too, whatever source they name.
    for (const some of above.values()) {
      for (const { chain } of some) {
        for (const der of chain) serials.add(serialHex(parseCertificate(der).serialNumber));
      }
    }
    const { bytes, maxBytes } = this.body;
    const crl = scanCrl(bytes, new WantedSerials(serials), { maxBytes });
    // A delta is signed by the same key: in the place of the whole it would hide what it leaves out.
    if (this.source.base === undefined && crl.extensions.deltaBase !== undefined)
      throw new Refusal('CRL_SCOPE_WRONG', { expected: 'a complete list', clause: 'RFC 5280 §5.2.4' });
    if (!this.crl) checkSuccession(listRead(this.source), { crl });
    this.crl = crl;
    return crl;
  }

  /** A hold on a complete list may have been lifted since: its deltas are heard before anything ends by it. */
  async deltasFor(crl: ScannedCrl, above: ReadonlyMap<string, readonly Dependant[]>): Promise<OfferedCrl[]> {
    const entries = [...crl.entries.values()].flat();
    const held = entries.some(({ revocationReason }) => revocationReason === 'certificateHold');
    if (crl.extensions.deltaBase !== undefined || !held) return [];
    const certificates = [...above.values()].flatMap((some) => some[0]?.chain ?? []).map(parseCertificate);
    const points = [...crl.extensions.freshestCrl, ...certificates.flatMap(freshestCrlOf)];
    return this.fetched(points, crl.wanted);
  }

  /** RFC 5280 §6.3.3: one that covers some reasons says `good` only with those that cover the others. */
  async listsBeside(
    crl: ScannedCrl,
    above: ReadonlyMap<string, readonly Dependant[]>,
  ): Promise<OfferedCrl[]> {
    if (crl.extensions.scope?.onlySomeReasons === undefined) return [];
    const own = (point: DistributionPoint) =>
      urlsOfPoint(point).some((url) => this.source.urls.includes(url));
    const points = [...above.values()]
      .flatMap((some) => some[0]?.chain ?? [])
      .map((der) => distributionPointsOf(parseCertificate(der)))
      .filter((named) => named.some(own))
      .flatMap((named) => named.filter((point) => !own(point)));
    return this.fetched(points, crl.wanted);
  }

  async fetched(points: readonly DistributionPoint[], wanted: WantedSerials): Promise<OfferedCrl[]> {
    const named = points.map(urlsOfPoint).filter((urls) => urls.length > 0);
    const lists = new Map(named.map((urls) => [urls[0], urls] as const));
    return (await Promise.all([...lists.values()].map((urls) => this.beside(urls, wanted)))).flat();
  }

  /** One that does not come, or does not read, is as good as none (check-by-crls.ts). */
  async beside(urls: readonly string[], wanted: WantedSerials): Promise<readonly OfferedCrl[]> {
    const { maxBytes } = this.body;
    try {
      const ask = (url: string) => this.ports.wire.list(url, {}, maxBytes);
      const body = await firstThatAnswers(urls, ask);
      if (body.outcome !== 'FETCHED') return [];
      return [{ source: urls[0]!, crl: scanCrl(body.bytes, wanted, { maxBytes }) }];
    } catch (error) {
      if (error instanceof Refusal || error instanceof Transient) return [];
      throw error;
    }
  }

  /** One proves the list for all below the same issuers; where its own path no longer holds, a few others. */
  async believe(
    issuers: string,
    some: readonly Dependant[],
    members: readonly SweptRow[],
    lists: Lists,
  ): Promise<void> {
    const hear = (dependant: Dependant) => {
      // A leaf that has its row elsewhere was not looked for here.
      const isHere = members.some(({ leaf }) => leaf?.thumbprint === dependant.thumbprint);
      this.hear(issuers, judgeByLists(dependant, lists, this.body.ground, isHere ? 0 : 1));
    };
    if (this.proved.has(issuers)) return;
    for (const dependant of some) hear(dependant);
    if (this.proved.has(issuers)) return;
    for (const dependant of await representatives(this.ports.sources, members)) hear(dependant);
  }

  hear(issuers: string, { words, refusals }: Judged): void {
    this.word ??= words[0];
    if (words.length > 0) this.proved.add(issuers);
    this.refusals.push(...refusals.slice(0, revocationPolicy.representatives - this.refusals.length));
  }

  /** The row is named: each leaf of it is judged by itself. */
  async end(row: SweptRow, lists: Lists): Promise<void> {
    const { sources } = this.ports;
    const pages = row.leaf ? [[row]] : sources.rows(row.under!, { issuers: row.issuers, pageOf: 100 });
    for await (const page of pages) {
      for (const dependant of await sources.dependants(page)) {
        const judged = judgeByLists(dependant, lists, this.body.ground, row.leaf ? 0 : 1);
        this.hear(row.issuers, judged);
        for (const revoked of judged.revoked) await this.revoke(revoked);
      }
    }
  }

  async revoke(revoked: Revoked): Promise<void> {
    try {
      await revoke(this.ports, revoked, 'crl', this.body.bytes);
    } catch (error) {
      // A busy table is busy for all.
      if (error instanceof Transient) throw error;
      this.faults.push(error);
    }
  }
}

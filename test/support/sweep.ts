// A node with certificates that point to lists or responders, and a PSC that says what a test has it say.

import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { keyThumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Transient } from '../../core/errors.ts';
import type { FetchedBody, SweptSource } from '../../core/sweep/ports.ts';
import { watchOf } from '../../core/sweep/watch.ts';
import { type SweepSourcePorts, sweepSource } from '../../functions/sweep-source/sweep-source.ts';
import type { Issued } from './certificates.ts';
import { disableStand } from './disable.ts';
import { ocspAnswer } from './ocsp-answers.ts';
import { crlNumber, revocationList } from './revocation-lists.ts';

export const listUrl = 'http://psc.example/lista.crl';
export const responderUrl = 'http://psc.example/ocsp';
const hours = 3_600_000;

export interface ListOptions {
  readonly revoked?: readonly { readonly leaf: Issued; readonly reason?: number }[];
  readonly hours?: number;
  readonly number?: number;
  readonly thisUpdate?: Date;
  /** Signed by a key that is not the issuer's. */
  readonly forged?: boolean;
  /** DER of more extensions. */
  readonly extensions?: readonly Uint8Array[];
}

export function sweepStand(role: 'network' | 'payoutOperator' = 'network') {
  const stand = disableStand(role);
  const { clock, root, table } = stand;
  const sources = sweptSources(table);
  const asked: string[] = [];
  const kept: string[] = [];
  const alarms: string[] = [];
  let says: () => FetchedBody | Uint8Array = () => {
    throw new Transient('TransientRevocationSource', 'down');
  };
  const answer = (what: string, served?: Uint8Array) => {
    asked.push(what);
    return served ?? says();
  };
  const served = new Map<string, Uint8Array>();
  const ports: SweepSourcePorts = {
    ...stand.ports,
    enrolments: stand.enrolments,
    sources,
    trust: { inForce: async () => stand.trust },
    wire: {
      list: async (url, { etag }) => {
        const what = `GET ${url}${etag === undefined ? '' : ` ${etag}`}`;
        const found = answer(what, served.get(url));
        return found instanceof Uint8Array ? { outcome: 'FETCHED', bytes: found } : found;
      },
      ocsp: async (url) => answer(`POST ${url}`) as Uint8Array,
    },
    keep: async (kind, sha256) => void kept.push(`${kind} ${sha256}`),
    alarm: (_, trouble) => void alarms.push(trouble),
  };

  function list(options: ListOptions = {}): Uint8Array {
    const thisUpdate = options.thisUpdate ?? clock.now();
    return revocationList({
      issuer: parseCertificate(root.der).subject.der,
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + (options.hours ?? 24) * hours),
      entries: (options.revoked ?? []).map(({ leaf, reason }) => ({
        serial: parseCertificate(leaf.der).serialNumber,
        revoked: clock.now(),
        ...(reason === undefined ? {} : { reason }),
      })),
      extensions: [
        crlNumber(options.number ?? Math.floor(thisUpdate.getTime() / 1000)),
        ...(options.extensions ?? []),
      ],
      key: options.forged ? stand.leaf('forger').key : root.key,
    });
  }

  function ocsp(leaf: Issued, revoked?: { readonly reason?: number }): Uint8Array {
    const at = clock.now();
    return ocspAnswer({
      singles: [
        {
          certificate: leaf.der,
          issuer: root.der,
          status: revoked ? { revoked: at, ...revoked } : 'good',
          thisUpdate: at,
          nextUpdate: new Date(at.getTime() + 24 * hours),
        },
      ],
      responder: root.der,
      key: root.key,
      producedAt: at,
    });
  }

  /** A node's certificate that two people pinned, as apply-act writes it. */
  async function pinned(leaf: Issued, finId: string, of: readonly string[] = []): Promise<void> {
    const [own, anchor] = [parseCertificate(leaf.der), parseCertificate(root.der)];
    const at = clock.now();
    const status = {
      thumbprint: leaf.thumbprint,
      keyThumbprint: keyThumbprintOf(own.spki),
      participant: finId,
      enrolmentId: 'pin.1',
      use: 'signing',
      networkStatus: 'active',
      validity: 'valid',
      notAfter: own.notAfter,
      acceptingOperators: [],
      sources: of,
      anchor: root.thumbprint,
      activatedAt: at,
    } as const;
    const watch = watchOf({ path: [own], anchor: { certificate: anchor } });
    const actor = { kind: 'node', function: 'apply-act' } as const;
    const evidence = { id: 'E-pin', scope: finId, kind: 'peer.pinned', at, actor, subjects: {} };
    await ledger(table, stand.sealer, async () => undefined).commit(
      [{ noun: 'certificate', status, path: [leaf.der], watch, version: 1 }],
      ['p'],
      { evidence: [evidence], outbox: [] },
    );
  }

  return {
    ...stand,
    pinned,
    sources,
    asked,
    kept,
    alarms,
    sweepPorts: ports,
    list,
    ocsp,
    listed: (label: string, more = {}) => stand.leaf(label, { crlUrls: [listUrl], ...more }),
    says(what: FetchedBody | Uint8Array | (() => never)) {
      says = typeof what === 'function' ? what : () => what;
    },
    /** What one URL says, whatever the others do. */
    serves: (url: string, body: Uint8Array) => void served.set(url, body),
    down() {
      says = () => {
        throw new Transient('TransientRevocationSource', 'down');
      };
    },
    /** One sweep: every source that is due, once. */
    async sweep(): Promise<string[]> {
      const outcomes: string[] = [];
      for (const source of await sources.due(clock.now(), 1_000))
        outcomes.push((await sweepSource(ports, { source })).outcome);
      return outcomes;
    },
    /** @param url the first one there is, unless told */
    async source(url?: string): Promise<SweptSource> {
      const item = [...stand.items.values()].find(
        ({ pk, sk, urls }) =>
          pk.startsWith('SRC#') && sk === 'SOURCE' && (!url || (urls as string[]).includes(url)),
      );
      return (await sources.find(item!.pk.slice(4)))!;
    },
  };
}

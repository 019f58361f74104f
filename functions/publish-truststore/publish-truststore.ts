// The edge's truststore follows the certificates that are enrolled and the lists that the sweep has heard: each list's
// new body is fetched once more and kept, CAs and lists are chosen as a pair, and a changed pair becomes a new signed
// version (B-034, B-042). A list that cannot be fetched stays as it was; nobody is locked out for a PSC's outage.

import { createHash } from 'node:crypto';
import type { KeptList, TruststoreRecord, TruststoreRecords } from '../../adapters/dynamodb/truststore.ts';
import type { TruststoreShelf } from '../../adapters/s3/truststore.ts';
import type { Stage } from '../../core/certificate/anchors.ts';
import type { ParsedCertificate } from '../../core/certificate/certificate.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { CertificationPath } from '../../core/certificate/path.ts';
import { scanCrl } from '../../core/certificate/revocation/crl-scan.ts';
import { issuerAt, issuerIdOf } from '../../core/certificate/revocation/path-sources.ts';
import { checkSuccession, knownListOf } from '../../core/certificate/revocation/succession.ts';
import { WantedSerials } from '../../core/certificate/revocation/wanted-serials.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import type { Clock, Signer } from '../../core/ports.ts';
import { provedPath } from '../../core/sweep/judge.ts';
import type { Dependant, RevocationWire, SweptSource, SweptSources } from '../../core/sweep/ports.ts';
import { representatives } from '../../core/sweep/representatives.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';
import { authoritiesOf, chooseTruststore } from '../../core/truststore/choice.ts';
import { listName, signTruststore } from '../../core/truststore/manifest.ts';

export interface PublishTruststorePorts {
  readonly clock: Clock;
  readonly stage: Stage;
  readonly trust: TrustSource;
  readonly sources: Pick<SweptSources, 'due' | 'find' | 'rows' | 'dependants'>;
  readonly wire: Pick<RevocationWire, 'list'>;
  readonly shelf: TruststoreShelf;
  readonly records: TruststoreRecords;
  readonly signer: Signer;
  /** CAs whose clients cannot present a certificate, for want of a list. */
  leftOut(authorities: readonly Thumbprint[]): void;
}

export interface Published {
  readonly outcome: 'PUBLISHED' | 'UNCHANGED' | 'OVERTAKEN' | 'NO_ANCHORS';
  readonly version: number;
}

/** Every source, whenever its next attempt is due. */
const always = new Date('9999-12-31T23:59:59Z');

export async function publishTruststore(ports: PublishTruststorePorts): Promise<Published> {
  const before = await ports.records.read();
  const trust = await trustInForce(ports);
  // A node that has just begun: nobody can be enrolled yet.
  if (!trust) return { outcome: 'NO_ANCHORS', version: before.version };
  const { paths, kept } = await gather(ports, before, trust);
  const lists = await Promise.all([...kept.values()].map(({ list }) => ports.shelf.list(list)));
  const { leftOut, ...content } = chooseTruststore(paths, lists, ports.clock.now());
  if (leftOut.length > 0) ports.leftOut(leftOut);
  const name = contentName(content);
  const after: TruststoreRecord = { version: before.version, content: name, kept };
  if (name === before.content) {
    if (!sameKept(before.kept, kept)) await ports.records.settle(after);
    return { outcome: 'UNCHANGED', version: before.version };
  }
  const version = before.version + 1;
  if (!(await ports.records.reserve(version))) return { outcome: 'OVERTAKEN', version: before.version };
  const issuedAt = ports.clock.now();
  const file = await signTruststore({ ...content, version, stage: ports.stage, issuedAt }, ports.signer);
  await ports.shelf.publish(file);
  // Only now: an edge that begins between the two may still take the one before.
  await ports.records.settle({ ...after, version });
  return { outcome: 'PUBLISHED', version };
}

async function trustInForce({ trust }: PublishTruststorePorts): Promise<TrustInForce | undefined> {
  try {
    return await trust.inForce();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'ANCHORS_MISSING') return undefined;
    throw error;
  }
}

async function gather(ports: PublishTruststorePorts, before: TruststoreRecord, { anchors }: TrustInForce) {
  const ground = { anchors, now: ports.clock.now() };
  const paths = new Map<string, CertificationPath>();
  const kept = new Map<string, KeptList>();
  for (const id of await ports.sources.due(always)) {
    const source = await ports.sources.find(id);
    // A delta is no list of its own.
    if (source?.kind !== 'crl' || source.base !== undefined) continue;
    const above: CertificationPath[] = [];
    for await (const page of ports.sources.rows(id)) {
      for (const members of Map.groupBy(page, ({ issuers }) => issuers).values()) {
        for (const dependant of await representatives(ports.sources, members)) {
          const issuers = issuersOf(dependant);
          const path = paths.get(issuers) ?? provedPath(dependant, ground);
          if (path instanceof Refusal) continue;
          paths.set(issuers, path);
          above.push(path);
        }
      }
      // All that name one list stand under the same few CAs: the first thousands show them.
      break;
    }
    const known = before.kept.get(id);
    const list =
      above.length > 0 ? await currentList(ports, source, known, signersOf(source, above)) : undefined;
    if (list) kept.set(id, list);
  }
  return { paths: [...paths.values()], kept };
}

/** Names the CAs of a chain, the anchor too, which is not in it. */
function issuersOf({ chain }: Dependant): string {
  const last = parseCertificate(chain.at(-1)!);
  return [...chain.slice(1).map(thumbprintOf), Buffer.from(last.issuer.der).toString('base64')].join();
}

/** Whose list it can only be: of the CAs above, those about whose certificates it is asked. */
function signersOf(
  { issuer }: SweptSource,
  paths: readonly CertificationPath[],
): readonly ParsedCertificate[] {
  const all = paths.flatMap((path) => path.path.map((_, depth) => issuerAt(path, depth)));
  return all.filter((one) => issuer === undefined || issuerIdOf(one) === issuer);
}

async function currentList(
  ports: PublishTruststorePorts,
  source: SweptSource,
  known: KeptList | undefined,
  signers: readonly ParsedCertificate[],
): Promise<KeptList | undefined> {
  const { bodySha256: heard } = source;
  if (known && known.heard === heard) return known;
  try {
    const der = await fetched(ports, source);
    await requireNext(ports, known, der, signers);
    const list = listName(der);
    if (list !== known?.list) await ports.shelf.keep(list, der);
    return { heard, list };
  } catch (error) {
    if (error instanceof Refusal || error instanceof Transient) return known;
    throw error;
  }
}

async function fetched({ wire }: PublishTruststorePorts, { urls }: SweptSource): Promise<Uint8Array> {
  let last: unknown = new Refusal('NO_REVOCATION_SOURCE');
  for (const url of urls) {
    try {
      const body = await wire.list(url, {}, revocationPolicy.crlMaxBytes);
      if (body.outcome === 'FETCHED') return body.bytes;
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Transient)) throw error;
      last = error;
    }
  }
  throw last;
}

/**
 * S25: who stands on the way takes no revocation back with an older list, and locks nobody out with one that the same
 * CAs did not sign.
 */
async function requireNext(
  ports: PublishTruststorePorts,
  known: KeptList | undefined,
  der: Uint8Array,
  signers: readonly ParsedCertificate[],
): Promise<void> {
  const now = ports.clock.now();
  const crl = scanCrl(der, nothing);
  const signed = authoritiesOf(crl, signers, now);
  if (signed.length === 0) throw new Refusal('CRL_ISSUER_NOT_AUTHORISED');
  const before = known && scanCrl(await ports.shelf.list(known.list), nothing);
  const signedBefore = before ? authoritiesOf(before, signers, now) : [];
  if (!before || signedBefore.length === 0) return;
  if (!signedBefore.every((one) => signed.includes(one))) throw new Refusal('CRL_ISSUER_NOT_AUTHORISED');
  checkSuccession(knownListOf({ crl: before }), { crl });
}

const nothing = new WantedSerials([]);

function contentName({
  authorities,
  lists,
}: {
  authorities: readonly Uint8Array[];
  lists: readonly string[];
}) {
  const names = [...authorities.map(thumbprintOf), ...lists];
  return createHash('sha256').update(names.join('\n')).digest('base64url');
}

function sameKept(a: TruststoreRecord['kept'], b: TruststoreRecord['kept']): boolean {
  return JSON.stringify([...a]) === JSON.stringify([...b]);
}

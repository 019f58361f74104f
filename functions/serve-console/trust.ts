// On what does the trust of this node stand now: how fresh are the sources of revocation that certificates in sight
// name, and which anchors are in force? Reads only; freshness is computed as the payout path computes it.

import type { KnownSource } from '../../adapters/dynamodb/revocation-sources.ts';
import { reportOn, type SourceState } from '../../core/certificate/revocation/freshness.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import type { Sight } from '../../core/people/sight.ts';
import type { TrustInForce } from '../../core/trust.ts';
import { certificatesInSight } from './certificates.ts';
import type { ConsolePorts } from './console-ports.ts';

export interface SourceRow {
  /** SHA-256 (hex) of the URL. */
  readonly source: string;
  readonly pscs: readonly string[];
  /** Pending and active ones that name it. */
  readonly certificates: number;
  readonly times?: KnownSource;
  /** UNSWEPT: asked when a certificate came, and by nobody since. */
  readonly state: SourceState | 'UNSWEPT';
}

const order: readonly SourceRow['state'][] = ['FROZEN', 'STALE', 'UNSWEPT', 'CURRENT'];

/** What needs somebody first. */
export async function sourcesInSight(ports: ConsolePorts, sight: Sight): Promise<readonly SourceRow[]> {
  const [{ rows }, trust] = await Promise.all([
    certificatesInSight(ports, sight),
    // Only names come from there: a manifest that is refused leaves the list as it is.
    trustOf(ports).catch((error: unknown) => {
      if (error instanceof Refusal) return undefined;
      throw error;
    }),
  ]);
  const living = rows.filter(
    ({ networkStatus }) => networkStatus === 'active' || networkStatus === 'pending',
  );
  const named = new Map<string, { pscs: Set<string>; certificates: number }>();
  for (const { sources, psc } of living)
    for (const source of sources) {
      const known = named.get(source) ?? { pscs: new Set(), certificates: 0 };
      named.set(source, {
        // A pinned certificate knows its profile's id alone.
        pscs: psc ? known.pscs.add(trust?.profiles.get(psc)?.name ?? psc) : known.pscs,
        certificates: known.certificates + 1,
      });
    }
  const times = await ports.sourceTimes([...named.keys()]);
  const now = ports.clock.now();
  return [...named]
    .map(([source, { pscs, certificates }], at): SourceRow => {
      const swept = times[at];
      const plain = { source, pscs: [...pscs], certificates };
      return swept ? { ...plain, times: swept, state: stateOf(swept, now) } : { ...plain, state: 'UNSWEPT' };
    })
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

export interface AnchorRow {
  readonly subject: string;
  readonly thumbprint: string;
  readonly notAfter: Date;
  readonly profile?: string;
}

export interface AnchorsShown {
  /** 0 before the first manifest. */
  readonly version: number;
  readonly anchors: readonly AnchorRow[];
}

/** The certificate that named it came a moment ago, and was asked about then: no sweep was due since, and none is late. */
function stateOf(source: KnownSource, now: Date): SourceRow['state'] {
  const { state, alarm } = reportOn(source, now);
  return state === 'STALE' && !source.lastAttempt && !alarm ? 'UNSWEPT' : state;
}

/** For those who see the node. */
export async function anchorsInForce(ports: ConsolePorts, sight: Sight): Promise<AnchorsShown | undefined> {
  if (sight.of !== 'node') return undefined;
  const trust = await trustOf(ports);
  if (!trust) return { version: 0, anchors: [] };
  const { version, anchors, profiles } = trust;
  return {
    version,
    anchors: anchors.map(({ certificate, pscProfile }) => ({
      subject: nameOf(certificate.subject.rdns.flat()),
      thumbprint: thumbprintOf(certificate.der),
      notAfter: certificate.notAfter,
      ...(pscProfile && { profile: profiles.get(pscProfile)?.name ?? pscProfile }),
    })),
  };
}

/** Undefined before the first manifest. */
async function trustOf({ trust }: ConsolePorts): Promise<TrustInForce | undefined> {
  try {
    return await trust.inForce();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'ANCHORS_MISSING') return undefined;
    throw error;
  }
}

/** CN, else O, else whatever stands last. */
function nameOf(attributes: readonly { readonly oid: string; readonly text: string }[]): string {
  const named = ['2.5.4.3', '2.5.4.10'].map((oid) => attributes.find((one) => one.oid === oid));
  return (named.find(Boolean) ?? attributes.at(-1))?.text ?? '';
}

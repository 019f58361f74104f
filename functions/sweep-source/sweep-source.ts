// One revocation source, asked as policy says. A failure changes no certificate: the freeze is computed from the times
// that are written here, so that a dead sweep freezes too.

import type { RevocationRule } from '../../core/certificate/psc-profile.ts';
import { nextAttemptAt, reportOn, restedAt } from '../../core/certificate/revocation/freshness.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import type { SweptSource } from '../../core/sweep/ports.ts';
import type { TrustInForce } from '../../core/trust.ts';
import { sweepList } from './by-list.ts';
import { sweepResponder } from './by-ocsp.ts';
import type { SweepSourcePorts } from './parts.ts';

export type { SweepSourcePorts } from './parts.ts';

interface SweepInput {
  readonly source: string;
  /** Not only when it is due: a delta says that there is a newer one. */
  readonly ahead?: true;
}

/** IDLE: nobody depends on it now, or only who hangs from no anchor; it is looked at again, and rings for nobody. */
export type SweepOutcome = 'NOT_DUE' | 'UNCHANGED' | 'PROCESSED' | 'FAILED' | 'IDLE';

export async function sweepSource(
  ports: SweepSourcePorts,
  input: SweepInput,
): Promise<{ readonly outcome: SweepOutcome }> {
  const now = ports.clock.now();
  const stood = await ports.sources.find(input.source);
  if (!stood || now < (input.ahead ? restedAt(stood) : nextAttemptAt(stood))) return { outcome: 'NOT_DUE' };
  const { anchors, profiles } = await ports.trust.inForce();
  const rule = ruleOf(stood, profiles);
  const { frozenAfterStale, frozenAfterLastGoodFetch } = rule;
  const source = { ...stood, frozenAfterStale, frozenAfterLastGoodFetch };
  const { trouble: _, ...untroubled } = source;
  const ring = (of: SweptSource, trouble: string) => {
    if (reportOn(of, now).alarm && !(source.beside && rule.source)) ports.alarm(of, trouble);
  };
  if (!(await ports.sources.isAsked(source.base ?? source.id))) {
    await ports.sources.save({ ...untroubled, lastAttempt: now });
    return { outcome: 'IDLE' };
  }
  try {
    const ground = { anchors, now };
    const found =
      source.kind === 'crl'
        ? await sweepList(ports, untroubled, ground, rule.crlMaxBytes)
        : await sweepResponder(ports, untroubled, ground);
    const heard = found.outcome === 'IDLE' ? {} : { lastGoodFetch: now };
    const after = { ...found.source, ...heard, lastAttempt: now };
    // A server that goes on serving what its PSC renews no more: nothing fails, and payouts will freeze.
    const isStale = found.outcome !== 'IDLE' && reportOn(after, now).state !== 'CURRENT';
    await ports.sources.save({ ...after, ...(isStale && { trouble: 'CRL_STALE' }) });
    if (isStale) ring(after, 'CRL_STALE');
    await fetchBaseOf(ports, found.source);
    return { outcome: found.outcome };
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Transient)) throw error;
    const trouble = error instanceof Refusal ? error.code : error.name;
    await ports.sources.save({ ...source, lastAttempt: now, trouble });
    // Two node operators took the anchor out, and nobody signs with what hangs from it: no fault of the source's.
    if (trouble === 'ANCHOR_NOT_FOUND') return { outcome: 'IDLE' };
    ring({ ...source, lastAttempt: now }, trouble);
    return { outcome: 'FAILED' };
  }
}

/** The PSC's own rule (A-164: configurable for each), as it stands in the manifest of today. */
function ruleOf({ profile }: SweptSource, profiles: TrustInForce['profiles']): RevocationRule {
  return profiles.get(profile ?? '')?.revocation ?? revocationPolicy;
}

/** What was revoked between the base that we hold and the one that a delta stands on is named by neither of the two. */
async function fetchBaseOf(ports: SweepSourcePorts, { base, deltaBase }: SweptSource): Promise<void> {
  if (base === undefined || deltaBase === undefined) return;
  const held = (await ports.sources.find(base))?.crlNumber;
  if (held !== undefined && BigInt(held) < BigInt(deltaBase))
    await sweepSource(ports, { source: base, ahead: true });
}

// One revocation source, asked as policy says (architecture, section 6). A failure changes no certificate: the freeze is
// computed from the times that are written here, so that a dead sweep freezes too.

import { nextAttemptAt, reportOn } from '../../core/certificate/revocation/freshness.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import type { SweptSource } from '../../core/sweep/ports.ts';
import type { TrustInForce } from '../../core/trust.ts';
import { sweepList } from './by-list.ts';
import { sweepResponder } from './by-ocsp.ts';
import type { SweepSourcePorts } from './parts.ts';

export type { SweepSourcePorts } from './parts.ts';

/** IDLE: nobody depends on it now; it is looked at again, and rings for nobody. */
export type SweepOutcome = 'NOT_DUE' | 'UNCHANGED' | 'PROCESSED' | 'FAILED' | 'IDLE';

export async function sweepSource(
  ports: SweepSourcePorts,
  input: { readonly source: string },
): Promise<{ readonly outcome: SweepOutcome }> {
  const now = ports.clock.now();
  const stood = await ports.sources.find(input.source);
  if (!stood || now < nextAttemptAt(stood)) return { outcome: 'NOT_DUE' };
  const { anchors, profiles } = await ports.trust.inForce();
  const rule = ruleOf(stood, profiles);
  const { frozenAfterStale, frozenAfterLastGoodFetch } = rule;
  const source = { ...stood, frozenAfterStale, frozenAfterLastGoodFetch };
  const { trouble: _, ...untroubled } = source;
  if (!(await ports.sources.isAsked(source.base ?? source.id))) {
    await ports.sources.save({ ...untroubled, lastAttempt: now });
    return { outcome: 'IDLE' };
  }
  try {
    const ground = { anchors, now };
    const found =
      source.kind === 'crl'
        ? await sweepList(ports, untroubled, ground, {
            maxBytes: rule.crlMaxBytes,
            profile: profiles.get(source.profile ?? ''),
          })
        : await sweepResponder(ports, untroubled, ground);
    const heard = found.outcome === 'IDLE' ? {} : { lastGoodFetch: now };
    await ports.sources.save({ ...found.source, ...heard, lastAttempt: now });
    return { outcome: found.outcome };
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Transient)) throw error;
    const trouble = error instanceof Refusal ? error.code : error.name;
    await ports.sources.save({ ...source, lastAttempt: now, trouble });
    if (reportOn({ ...source, lastAttempt: now }, now).alarm) ports.alarm(source, trouble);
    return { outcome: 'FAILED' };
  }
}

/** The PSC's own rule (A-164: configurable for each), as it stands in the manifest of today. */
function ruleOf({ profile }: SweptSource, profiles: TrustInForce['profiles']) {
  return profiles.get(profile ?? '')?.revocation ?? revocationPolicy;
}

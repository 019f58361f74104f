// Steps 3 and 9: has the PSC revoked this certificate or one of its issuers? Runs after the certificate is in the
// sweep's index, with a body at least as new as its source's item. Never in a payout's path.

import type { CertificationPath } from '../../core/certificate/path.ts';
import { validatePath } from '../../core/certificate/path.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { RevocationUnavailable, type Unheard } from '../../core/certificate/revocation/answer.ts';
import type { Enrolment, Step } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore, WithTrace } from '../../core/enrolment/ports.ts';
import { Refusal, type RefusalCode } from '../../core/errors.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import { certificateLimits } from '../../core/policy.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { TrustSource } from '../../core/trust.ts';

/** Nothing on the path is revoked, every certificate below the anchor asked (S25). */
export interface PathRevocation {
  /** The lists or answers it rests on, kept as evidence. */
  readonly sources: readonly SourceBytes[];
}

export interface CheckRevocationPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: EnrolmentStore;
  readonly trust: TrustSource;
  /**
   * @throws Refusal CERTIFICATE_REVOKED, ISSUER_REVOKED, NO_REVOCATION_SOURCE and what a hostile source earns;
   * Transient TransientRevocationUnavailable while a source is stale or cannot be reached
   */
  revocationOf(path: CertificationPath, profile: PscProfile | undefined, now: Date): Promise<PathRevocation>;
}

/** `GOOD`, `REVOKED`, the code of a refusal, or `ENDED` when the enrolment ended meanwhile. */
export interface CheckRevocationOutcome {
  readonly outcome: 'GOOD' | 'REVOKED' | 'ENDED' | RefusalCode;
}

/** @throws Refusal ENROLMENT_UNKNOWN; Transient */
export async function checkRevocation(
  ports: CheckRevocationPorts,
  input: { readonly enrolmentId: string },
): Promise<CheckRevocationOutcome> {
  const enrolment = await ports.enrolments.find(input.enrolmentId);
  if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
  if (enrolment.networkStatus !== 'pending') return { outcome: 'ENDED' };
  const now = ports.clock.now();
  const finding = await findingFor(ports, enrolment, now).catch(async (error) => {
    if (error instanceof RevocationUnavailable) await noteUnheard(ports, enrolment, error.unheard);
    throw error;
  });
  await record(ports, enrolment, finding, now);
  return { outcome: finding.outcome };
}

/** The participant sees what is waited for, and not only after an hour that it was in vain. */
async function noteUnheard(
  { enrolments }: CheckRevocationPorts,
  enrolment: Enrolment,
  found: readonly Unheard[],
): Promise<void> {
  const unheard = found.slice(0, certificateLimits.revocationSources);
  if (JSON.stringify(unheard) === JSON.stringify(enrolment.unheard)) return;
  await enrolments.note(enrolment, [], { evidence: [], outbox: [] }, { unheard });
}

interface Finding {
  readonly outcome: CheckRevocationOutcome['outcome'];
  readonly revocation?: PathRevocation;
  readonly refusal?: Refusal;
}

async function findingFor(ports: CheckRevocationPorts, enrolment: Enrolment, now: Date): Promise<Finding> {
  const chain = await ports.enrolments.chainOf(enrolment.thumbprint);
  if (!chain) throw new Refusal('ENROLMENT_UNKNOWN');
  const { anchors, profiles } = await ports.trust.inForce();
  try {
    const path = validatePath({ chain, leaf: enrolment.thumbprint, anchors, now, policy: {} });
    const profile = profiles.get(path.anchor.pscProfile ?? '');
    const revocation = await ports.revocationOf(path, profile, now);
    return { outcome: 'GOOD', revocation };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const revoked = error.code === 'CERTIFICATE_REVOKED' || error.code === 'ISSUER_REVOKED';
    return { outcome: revoked ? 'REVOKED' : error.code, refusal: error };
  }
}

async function record(
  ports: CheckRevocationPorts,
  enrolment: Enrolment,
  finding: Finding,
  now: Date,
): Promise<void> {
  const number = enrolment.role === 'network' ? 3 : 9;
  if (enrolment.steps.some((step) => step.number === number && step.outcome === finding.outcome)) return;
  const step: Step = { number, outcome: finding.outcome, at: now, by: 'check-revocation' };
  const trace: WithTrace = {
    evidence: [
      {
        id: ports.ids.next(),
        scope: enrolment.participant,
        kind: 'enrolment.revocationChecked',
        at: now,
        actor: { kind: 'node', function: 'check-revocation' },
        subjects: { enrolmentId: enrolment.id, thumbprint: enrolment.thumbprint },
        facts: {
          outcome: finding.outcome,
          code: finding.refusal?.code,
          found: finding.refusal?.detail.found,
        },
        ...(finding.revocation ? { sources: finding.revocation.sources } : {}),
      },
    ],
    outbox: [],
  };
  await ports.enrolments.note(enrolment, [step], trace, enrolment.unheard ? { unheard: [] } : {});
}

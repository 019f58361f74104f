// Must the security officer confirm this enrolment here, or is it enough to tell them? (A-160, S12) Policy may
// relax it for enrolments signed by an active certificate; some cases are never relaxed.

import type { Party } from '../people/party.ts';
import { officerRelaxation } from '../policy.ts';
import type { CertificateStatus, Enrolment } from './enrolment.ts';

export interface OfficerGround {
  readonly party: Pick<Party, 'officerConfirmation'>;
  readonly now: Date;
  /** The certificate that signed the enrolment, as it stands now. */
  readonly signer: CertificateStatus | undefined;
  /** The newest API-key renewal or webhook change of the participant. */
  readonly lastSensitiveChange: Date | undefined;
}

export function officerMustConfirm(enrolment: Enrolment, ground: OfficerGround): boolean {
  if (enrolment.role !== 'network') return enrolment.use === 'transport';
  if (enrolment.use === 'transport' || ground.party.officerConfirmation !== 'relaxed') return true;
  const { signer } = ground;
  // First enrolment, or unsigned: officer and apoderado always confirm (table in docs/threat-model.md).
  if (!signer || enrolment.signedBy !== signer.thumbprint) return true;
  if (enrolment.replaces !== signer.thumbprint || enrolment.holder !== signer.holder) return true;
  const { lastSensitiveChange } = ground;
  const quiet = ground.now.getTime() - officerRelaxation.quietHours * 3_600_000;
  // A participant's first API key is such a change: where none is known, somebody took its record away (S22).
  return lastSensitiveChange === undefined || lastSensitiveChange.getTime() > quiet;
}

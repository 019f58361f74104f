// What may a participant see of certificates and enrolments? Their own, and the certificates that messages to them
// are signed with. Nobody learns from an answer whether somebody else's exists.

import { parseCertificate } from '../../core/certificate/parse.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus, Enrolment, OperatorAnswer } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import type { Parties } from '../../core/people/ports.ts';
import { enrolmentLimits } from '../../core/policy.ts';

export interface ReadCertificatesPorts {
  readonly enrolments: EnrolmentStore;
  readonly statuses: StatusStore;
  readonly parties: Pick<Parties, 'party'>;
}

/** @throws Refusal ENROLMENT_UNKNOWN */
export async function readEnrolment(
  ports: ReadCertificatesPorts,
  participant: string,
  enrolmentId: string,
): Promise<{ readonly enrolment: Enrolment; readonly rows: readonly OperatorAnswer[] }> {
  const enrolment = await ports.enrolments.find(enrolmentId);
  if (enrolment?.participant !== participant) throw new Refusal('ENROLMENT_UNKNOWN');
  return { enrolment, rows: await ports.enrolments.rows(enrolmentId) };
}

/** @throws Refusal CERTIFICATE_UNKNOWN */
export async function readCertificate(
  ports: ReadCertificatesPorts,
  participant: string,
  thumbprint: string,
): Promise<{ readonly status: CertificateStatus; readonly chain: readonly Uint8Array[] }> {
  const status = await ports.statuses.status(thumbprint as Thumbprint);
  if (status?.participant !== participant) throw new Refusal('CERTIFICATE_UNKNOWN');
  return { status, chain: (await ports.enrolments.chainOf(status.thumbprint)) ?? [] };
}

/** more than two active certificates is warned of. */
export async function listCertificates(ports: ReadCertificatesPorts, participant: string) {
  const statuses = await ports.statuses.listOf(participant);
  const active = statuses.filter((one) => one.networkStatus === 'active').length;
  const warnings = active > enrolmentLimits.activeCertificates ? ['MORE_THAN_TWO_ACTIVE'] : [];
  return { statuses, warnings };
}

export interface SigningCertificate {
  readonly thumbprint: string;
  readonly der: Uint8Array;
  readonly signs: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What this party signs messages with: its active `signing` certificates. */
export async function signingCertificatesOf(
  ports: ReadCertificatesPorts,
  finId: string,
): Promise<readonly SigningCertificate[]> {
  const party = await ports.parties.party(finId);
  const active = await ports.statuses.activeOf(finId);
  const signing = active.filter((one) => one.use === 'signing');
  const chains = await Promise.all(signing.map((one) => ports.enrolments.chainOf(one.thumbprint)));
  return signing.flatMap((status, i) => {
    const der = chains[i]?.[0];
    if (!der) return [];
    const { notBefore, notAfter } = parseCertificate(der);
    const signs = party?.pinnedCertificate === null || party?.pinnedCertificate === status.thumbprint;
    return [{ thumbprint: status.thumbprint, der, signs, notBefore, notAfter }];
  });
}

/** Only a payout operator of this participant. @throws Refusal PARTICIPANT_UNKNOWN */
export async function requireOwnOperator(
  ports: ReadCertificatesPorts,
  participant: string,
  operator: string,
): Promise<void> {
  const party = await ports.parties.party(participant);
  if (!party?.payoutOperators.includes(operator)) throw new Refusal('ENROLMENT_UNKNOWN');
}

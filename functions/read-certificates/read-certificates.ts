// What may a participant see of certificates and enrolments? Their own, and the certificates that messages to them
// are signed with. Nobody learns from an answer whether somebody else's exists.

import { networkStatuses } from '../../core/certificate/lifecycle.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { LateUse, LateUses } from '../../core/disable/late-use.ts';
import type { CertificateStatus, Enrolment, OperatorAnswer } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import { signingNow } from '../../core/message/own-certificate.ts';
import type { Parties } from '../../core/people/ports.ts';
import { enrolmentLimits } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';

export interface ReadCertificatesPorts {
  readonly clock: Clock;
  readonly enrolments: EnrolmentStore;
  readonly statuses: StatusStore;
  readonly parties: Pick<Parties, 'party' | 'frozen'>;
  readonly lateUses: Pick<LateUses, 'find'>;
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

export interface OwnCertificate {
  readonly status: CertificateStatus;
  readonly chain: readonly Uint8Array[];
  /** It makes room for another soon, and something still signs with it. */
  readonly lateUse?: LateUse;
  /** The participant is: active as it stands, nothing is accepted under it. */
  readonly suspended: boolean;
}

/** @throws Refusal CERTIFICATE_UNKNOWN */
export async function readCertificate(
  ports: ReadCertificatesPorts,
  participant: string,
  thumbprint: string,
): Promise<OwnCertificate> {
  const status = await ports.statuses.status(thumbprint as Thumbprint);
  if (status?.participant !== participant) throw new Refusal('CERTIFICATE_UNKNOWN');
  const lateUse =
    status.networkStatus === 'active' ? await ports.lateUses.find(status.thumbprint) : undefined;
  const chain = (await ports.enrolments.chainOf(status.thumbprint)) ?? [];
  const suspended = await ports.parties.frozen(participant);
  return { status, chain, suspended, ...(lateUse && { lateUse }) };
}

export interface CertificateQuery {
  readonly cursor: string | undefined;
  readonly limit: string | undefined;
  readonly networkStatus: string | undefined;
}

const mostPerPage = 100;

/**
 * more than two active certificates is warned of, on the first page.
 * @throws Refusal QUERY_MALFORMED, CURSOR_MALFORMED
 */
export async function listCertificates(
  { statuses, parties }: Pick<ReadCertificatesPorts, 'statuses' | 'parties'>,
  participant: string,
  { cursor, limit = '50', networkStatus }: CertificateQuery,
) {
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > mostPerPage)
    throw new Refusal('QUERY_MALFORMED', { parameter: 'limit', expected: `1 to ${mostPerPage}` });
  const state = networkStatuses.find((one) => one === networkStatus);
  if (networkStatus !== undefined && !state)
    throw new Refusal('QUERY_MALFORMED', {
      parameter: 'network_status',
      expected: networkStatuses.join(', '),
    });
  const page = await statuses.page(participant, {
    limit: Number(limit),
    ...(cursor !== undefined && { cursor }),
    ...(state && { networkStatus: state }),
  });
  const active = cursor === undefined ? (await statuses.activeOf(participant)).length : 0;
  const warnings = active > enrolmentLimits.activeCertificates ? ['MORE_THAN_TWO_ACTIVE'] : [];
  return { ...page, warnings, suspended: await parties.frozen(participant) };
}

export interface SigningCertificate {
  readonly thumbprint: string;
  readonly der: Uint8Array;
  /** Its intermediates, DER, the anchor excluded: who reads it proves the path to an anchor of their own. */
  readonly issuers: readonly Uint8Array[];
  readonly signs: boolean;
  readonly signsFrom: Date;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What this node signs messages with, and the one that it will sign with next: at most two. */
export async function signingCertificatesOf(
  ports: Omit<ReadCertificatesPorts, 'lateUses'>,
  finId: string,
): Promise<readonly SigningCertificate[]> {
  const now = ports.clock.now();
  const pinned = (await ports.parties.party(finId))?.pinnedCertificate ?? null;
  const active = (await ports.statuses.activeOf(finId)).filter(
    ({ use, notAfter }) => use === 'signing' && now <= notAfter,
  );
  const signing = signingNow(active, { now, pinned });
  const next = active
    .filter((one) => one !== signing)
    .toSorted((one, other) => +other.activatedAt - +one.activatedAt);
  const shown = [...(signing ? [signing] : []), ...next].slice(0, enrolmentLimits.activeCertificates);
  const chains = await Promise.all(shown.map((one) => ports.enrolments.chainOf(one.thumbprint)));
  return shown.flatMap((status, at) => {
    const [der, ...issuers] = chains[at] ?? [];
    if (!der) return [];
    const { thumbprint, signsFrom = status.activatedAt } = status;
    const { notBefore, notAfter } = parseCertificate(der);
    return [{ thumbprint, der, issuers, signs: status === signing, signsFrom, notBefore, notAfter }];
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

// Under which of its certificates does this node sign a message to this receiver? Reads what there is to choose from;
// core/message/own-certificate.ts chooses.

import type { KeyObject } from 'node:crypto';
import { parseCertificate } from '../core/certificate/parse.ts';
import type { CertificateStatus } from '../core/enrolment/enrolment.ts';
import type { EnrolmentStore, StatusStore } from '../core/enrolment/ports.ts';
import { onKey, signingNow } from '../core/message/own-certificate.ts';
import type { Parties } from '../core/people/ports.ts';
import type { Clock } from '../core/ports.ts';

export interface OwnCertificateParts {
  /** This node's own. */
  readonly finId: string;
  readonly clock: Clock;
  readonly enrolments: Pick<EnrolmentStore, 'chainOf' | 'rows'>;
  readonly statuses: Pick<StatusStore, 'activeOf'>;
  readonly parties: Pick<Parties, 'party'>;
  readonly messageKey: () => Promise<KeyObject>;
}

/**
 * @param receiver another node's fin_id; absent: whoever reads what is published
 * @returns DER. @throws Error where nothing active is on the message key
 */
export async function ownCertificate(parts: OwnCertificateParts, receiver?: string): Promise<Uint8Array> {
  const pinned = (await parts.parties.party(parts.finId))?.pinnedCertificate ?? null;
  const own = onKey(await activeNow(parts), await parts.messageKey());
  const confirmed = receiver === undefined ? undefined : await confirmedBy(receiver, own, parts.enrolments);
  const now = parts.clock.now();
  const signing = signingNow(own, { now, pinned, ...(confirmed && { confirmed }) });
  if (!signing) throw new Error('this node has no active certificate on its message key');
  return signing.der;
}

async function activeNow({ finId, clock, enrolments, statuses }: OwnCertificateParts) {
  const active = (await statuses.activeOf(finId)).filter(({ use }) => use === 'signing');
  const chains = await Promise.all(active.map(({ thumbprint }) => enrolments.chainOf(thumbprint)));
  return active.flatMap((status, at) => {
    const der = chains[at]?.[0];
    const inTime = der && clock.now() <= parseCertificate(der).notAfter;
    return inTime ? [{ ...status, der }] : [];
  });
}

/** Which successors of ours that node's people have confirmed; each has a row for it. */
async function confirmedBy(
  receiver: string,
  own: readonly CertificateStatus[],
  enrolments: Pick<EnrolmentStore, 'rows'>,
): Promise<Set<string>> {
  const successors = own.filter(({ signsFrom }) => signsFrom !== undefined);
  const accepted = successors.map(async ({ enrolmentId, thumbprint }) => {
    const rows = await enrolments.rows(enrolmentId);
    const isTheirs = rows.some((row) => row.operator === receiver && row.status === 'accepted');
    return isTheirs ? [thumbprint] : [];
  });
  return new Set((await Promise.all(accepted)).flat());
}

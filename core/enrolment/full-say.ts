// May this certificate sign more than payouts and its own end (S19)? The first acceptance makes it active at the network,
// for payouts through whoever accepted; a payout operator that colludes must not open anything else by it.

import type { UsableCertificate } from '../certificate/usable.ts';
import { Refusal } from '../errors.ts';
import { enrolmentLimits } from '../policy.ts';
import type { EnrolmentStore } from './ports.ts';

/**
 * Every payout operator that was asked has accepted, but those that cannot be reached: no signed word was heard of them
 * for as long as the network waits. Where none is asked (at a payout operator, for a node's own) there is nothing to ask.
 * @throws Refusal ACCEPTANCE_INCOMPLETE
 */
export async function requireFullSay(
  enrolments: Pick<EnrolmentStore, 'rows'>,
  { status }: Pick<UsableCertificate, 'status'>,
  now: Date,
): Promise<void> {
  const rows = await enrolments.rows(status.enrolmentId);
  const missing = rows
    .filter(({ operator }) => !status.acceptingOperators.includes(operator))
    .filter((row) => row.status === 'rejected' || now.getTime() - row.at.getTime() < waitMs)
    .map((row) => `${row.operator} (${row.status})`);
  if (missing.length > 0) throw new Refusal('ACCEPTANCE_INCOMPLETE', { found: missing.join(', ') });
}

const waitMs = enrolmentLimits.operatorDays * 24 * 3_600_000;

// S16: whose power ends, their certificates end with it, at once and before the act is recorded as applied: pending
// ones are rejected, active ones disabled, payout operators and people told. Doing it twice does nothing again.

import { isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, recordOf } from '../../core/disable/recording.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import type { Person } from '../../core/people/person.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import { peopleToTell } from '../../core/people/told.ts';
import type { Ids } from '../../core/ports.ts';
import type { ActContext } from './people-acts.ts';

export interface EndCertificatesDeps {
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly disables: DisableStore;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'holders'>;
}

/** Certificates that end in one transaction: with their wake-ups they stay far below its 100 actions. */
const atOnce = 8;

export async function endCertificates(
  deps: EndCertificatesDeps,
  person: Person,
  { actId, signers, now }: ActContext,
): Promise<void> {
  const { participant, personId } = person;
  if (participant === null) return;
  const party = await deps.parties.party(participant);
  const operators = deps.role === 'network' ? (party?.payoutOperators ?? []) : [];
  const audience = { people: await peopleToTell(deps.people, participant), operators };
  for (let attempt = 0; attempt < 20; attempt++) {
    const own = (await deps.disables.holdings(participant)).filter(
      (holding) =>
        (holding.enrolment?.holder ?? holding.status?.holder) === personId &&
        (isPending(holding) || isActive(holding)),
    );
    if (own.length === 0) return;
    const batch = own.slice(0, atOnce);
    const facts = {
      // A change that moved meanwhile is read and written anew; each transaction is a record of its own.
      id: deps.ids.next(),
      participant,
      origin: 'nodeOperators' as const,
      cause: 'other' as const,
      reason: `act ${actId}`,
      at: now,
      suspended: false,
      warnings: [],
    };
    const signer = signers[0]!;
    await deps.disables.commit(
      disableChange({
        record: recordOf(facts, batch),
        role: deps.role,
        actor: { kind: 'person', personId: signer },
        evidenceId: deps.ids.next(),
        codes: { active: 'PERSON_POWER_NOT_IN_FORCE', pending: 'PERSON_POWER_NOT_IN_FORCE' },
        by: signer,
        holdings: batch,
        audience,
      }),
    );
  }
  throw new Error(`certificates of ${participant} change faster than they can be ended`);
}

// What an act ends besides what it records: the certificates of a person whose power ends (S16), and those that hang
// from an anchor that is taken out (S24). At once and before the act is recorded as applied: pending ones are
// rejected, active ones disabled, payout operators and people told. Doing it twice does nothing again.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { type Holding, isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, endedAtOnce, recordOf } from '../../core/disable/recording.ts';
import type { EndingCode, NodeRole } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import type { Person } from '../../core/people/person.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import { keepersToTell } from '../../core/people/told.ts';
import type { Ids } from '../../core/ports.ts';
import type { ActContext } from './applying.ts';

export interface EndCertificatesPorts {
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly disables: DisableStore;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'holders'>;
}

export async function endCertificatesOf(
  ports: EndCertificatesPorts,
  { participant, personId }: Person,
  context: ActContext,
): Promise<void> {
  if (participant === null) return;
  const held = (holding: Holding) => (holding.enrolment?.holder ?? holding.status?.holder) === personId;
  await endCertificates(ports, participant, held, 'POWER_ENDED', context);
}

/** Of every participant and node: whatever was proved against one of these anchors. */
export async function endCertificatesUnder(
  ports: EndCertificatesPorts & { readonly parties: Parties },
  anchors: ReadonlySet<Thumbprint>,
  context: ActContext,
): Promise<void> {
  const hangs = ({ enrolment, status }: Holding) => {
    const anchor = enrolment?.anchor ?? status?.anchor;
    return anchor !== undefined && anchors.has(anchor);
  };
  for (const { finId } of await ports.parties.parties())
    await endCertificates(ports, finId, hangs, 'ANCHOR_REMOVED', context);
}

/**
 * A node's; for an incident with all on the same key, as its successors are (S11).
 * @throws Refusal ACT_PARAMETERS_INVALID where it is neither pending nor active here
 */
export async function endOfNode(
  ports: EndCertificatesPorts,
  finId: string,
  { thumbprint, incident }: { readonly thumbprint: Thumbprint; readonly incident: boolean },
  context: ActContext,
): Promise<void> {
  const holdings = await ports.disables.holdings(finId);
  const found = holdings.find((holding) => holding.thumbprint === thumbprint);
  if (!found || !(isPending(found) || isActive(found)))
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'certificate_thumbprint',
      expected: 'a certificate of that node that is pending or active here',
    });
  const meant = (holding: Holding) =>
    incident ? holding.keyThumbprint === found.keyThumbprint : holding.thumbprint === thumbprint;
  await endCertificates(ports, finId, meant, 'DISABLED', context, incident ? 'incident' : 'other');
}

async function endCertificates(
  ports: EndCertificatesPorts,
  participant: string,
  meant: (holding: Holding) => boolean,
  code: EndingCode,
  { actId, signers, now }: ActContext,
  cause: 'incident' | 'other' = 'other',
): Promise<void> {
  const party = await ports.parties.party(participant);
  const people = await keepersToTell(ports.people, participant, party);
  for (let fruitless = 0; fruitless < 20; ) {
    const own = (await ports.disables.holdings(participant)).filter(
      (holding) => meant(holding) && (isPending(holding) || isActive(holding)),
    );
    if (own.length === 0) return;
    const accepting = own.flatMap(({ status }) => status?.acceptingOperators ?? []);
    const all = ports.role === 'network' ? [...(party?.payoutOperators ?? []), ...accepting] : [];
    const operators = [...new Set(all)];
    const batch = endedAtOnce(own, ports.role, operators);
    const facts = {
      // A change that moved meanwhile is read and written anew; each transaction is a record of its own.
      id: ports.ids.next(),
      participant,
      origin: 'nodeOperators' as const,
      cause,
      reason: `act ${actId}`,
      at: now,
      suspended: false,
      warnings: [],
    };
    const signer = signers[0]!;
    const outcome = await ports.disables.commit(
      disableChange({
        record: recordOf(facts, batch),
        role: ports.role,
        actor: { kind: 'person', personId: signer },
        evidenceId: ports.ids.next(),
        codes: { active: code, pending: code },
        by: signer,
        holdings: batch,
        audience: { people, operators },
      }),
    );
    if (outcome !== 'DONE') fruitless++;
  }
  throw new Error(`certificates of ${participant} change faster than they can be ended`);
}

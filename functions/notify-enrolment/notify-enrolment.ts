// Steps 4, 15 and 16: who has to hear of this enrolment now, and who has to confirm it? Mails, events and answers
// go out through the outbox; calling twice tells nobody twice.

import type { Enrolment, Step, StepNumber } from '../../core/enrolment/enrolment.ts';
import { announceToParticipants } from '../../core/enrolment/node-certificate.ts';
import { officerMustConfirm } from '../../core/enrolment/officer.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import { needsOperators } from '../../core/enrolment/settlement.ts';
import { Refusal } from '../../core/errors.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import { isNode, type Party } from '../../core/people/party.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import type { Clock } from '../../core/ports.ts';

export interface NotifyEnrolmentPorts {
  readonly clock: Clock;
  readonly enrolments: EnrolmentStore;
  readonly statuses: Pick<StatusStore, 'status'>;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'holders'>;
  lastSensitiveChange(participant: string): Promise<Date | undefined>;
}

export interface NotifyEnrolmentInput {
  readonly enrolmentId: string;
  readonly moment: 'CHECKED' | 'SETTLED';
}

export interface NotifyEnrolmentOutcome {
  readonly outcome: 'ASK' | 'FORWARD' | 'ENDED' | 'TOLD';
  readonly office: 'securityOfficer' | 'apoderado' | 'nodeOperator';
  /** fin_ids that have to be asked; empty at a payout operator and for `transport`. */
  readonly operators: readonly string[];
}

/** @throws Refusal ENROLMENT_UNKNOWN, PARTICIPANT_UNKNOWN */
export async function notifyEnrolment(
  ports: NotifyEnrolmentPorts,
  input: NotifyEnrolmentInput,
): Promise<NotifyEnrolmentOutcome> {
  const enrolment = await ports.enrolments.find(input.enrolmentId);
  if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
  const party = await ports.parties.party(enrolment.participant);
  if (!party) throw new Refusal('PARTICIPANT_UNKNOWN');
  return input.moment === 'CHECKED' ? checked(ports, enrolment, party) : settled(ports, enrolment, party);
}

async function checked(
  ports: NotifyEnrolmentPorts,
  enrolment: Enrolment,
  party: Party,
): Promise<NotifyEnrolmentOutcome> {
  if (isNode(party)) {
    // A node's own certificate: our node operators are told by the act that asks them (S20).
    const outcome = enrolment.networkStatus === 'pending' ? 'ASK' : 'ENDED';
    return { outcome, office: 'nodeOperator', operators: [] };
  }
  const operators = needsOperators(enrolment) ? party.payoutOperators : [];
  const office =
    enrolment.role === 'payoutOperator' && enrolment.use === 'signing' ? 'apoderado' : 'securityOfficer';
  if (enrolment.networkStatus !== 'pending') return { outcome: 'ENDED', office, operators };
  const now = ports.clock.now();
  // on every enrolment, whether or not the officer has to confirm.
  if (enrolment.role === 'network') await tell(ports, enrolment, 4, 'mail.enrolment-notice', now, 'officers');
  const signer = enrolment.signedBy && (await ports.statuses.status(enrolment.signedBy));
  const ask =
    office === 'apoderado' ||
    officerMustConfirm(enrolment, {
      party,
      now,
      signer: signer || undefined,
      lastSensitiveChange: await ports.lastSensitiveChange(party.finId),
    });
  return { outcome: ask ? 'ASK' : 'FORWARD', office, operators };
}

async function settled(
  ports: NotifyEnrolmentPorts,
  enrolment: Enrolment,
  party: Party,
): Promise<NotifyEnrolmentOutcome> {
  const now = ports.clock.now();
  if (isNode(party))
    await tell(ports, enrolment, 15, 'mail.enrolment-outcome', now, 'everyone', nodeEntries(enrolment, now));
  else if (enrolment.role === 'payoutOperator')
    await tell(ports, enrolment, 15, 'mail.enrolment-outcome', now, 'everyone', [
      answerEntry(enrolment, now),
    ]);
  else
    await tell(ports, enrolment, 16, 'mail.enrolment-outcome', now, 'everyone', [eventEntry(enrolment, now)]);
  return { outcome: 'TOLD', office: 'securityOfficer', operators: [] };
}

/** One transaction: the step "told" and everything that tells; the step found means it was done before. */
async function tell(
  ports: NotifyEnrolmentPorts,
  enrolment: Enrolment,
  number: StepNumber,
  kind: string,
  now: Date,
  whom: 'officers' | 'everyone',
  more: readonly OutboxEntry[] = [],
): Promise<void> {
  const told = (one: Enrolment) =>
    one.steps.some((step) => step.number === number && step.outcome === 'TOLD');
  const people = await ports.people.holders(enrolment.participant);
  const mails = people
    .filter((person) => person.state === 'active')
    .filter(
      (person) =>
        person.office === 'securityOfficer' || (whom === 'everyone' && person.office === 'apoderado'),
    )
    .map((person) =>
      newOutboxEntry({
        id: `${kind}.${enrolment.id}.${person.personId}`,
        queue: 'mail',
        kind,
        refs: { enrolmentId: enrolment.id, personId: person.personId },
        now,
      }),
    );
  let current: Enrolment | undefined = enrolment;
  while (current && !told(current)) {
    const step: Step = { number, outcome: 'TOLD', at: now, by: 'notify-enrolment' };
    const written = await ports.enrolments.note(current, [step], {
      evidence: [],
      outbox: [...mails, ...more],
    });
    if (written) return;
    current = await ports.enrolments.find(enrolment.id);
  }
}

/** the node that announced its certificate hears of it, and the participants who meet it. */
function nodeEntries(enrolment: Enrolment, now: Date): OutboxEntry[] {
  const { id, participant: node, thumbprint } = enrolment;
  const answer = newOutboxEntry({
    id: `node.certificate_answer.${id}`,
    queue: 'deliver',
    kind: 'node.certificate_answer',
    refs: { enrolmentId: id, receiver: node },
    receiver: node,
    now,
  });
  return enrolment.networkStatus === 'active'
    ? [answer, announceToParticipants(node, thumbprint, now)]
    : [answer];
}

function answerEntry(enrolment: Enrolment, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `enrolment.answer.${enrolment.id}`,
    queue: 'deliver',
    kind: 'enrolment.answer',
    refs: { enrolmentId: enrolment.id, receiver: enrolment.receivedFrom },
    receiver: enrolment.receivedFrom,
    now,
  });
}

function eventEntry(enrolment: Enrolment, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `event.enrolment.${enrolment.id}`,
    queue: 'deliver',
    kind: 'event.enrolment',
    refs: { enrolmentId: enrolment.id, receiver: enrolment.participant },
    receiver: enrolment.participant,
    now,
  });
}

// Steps 5 and 12: asks the people of one office and keeps the task token until they have decided. A retried state
// brings a new token: links stay, nobody is mailed twice, and a decision that stands already wakes it at once.

import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import {
  type AskedOffice,
  type Decision,
  decisionIdOf,
  openDecision,
  openWithoutPeople,
  outcome,
} from '../../core/people/decision.ts';
import { powerInForce } from '../../core/people/person.ts';
import type { Decisions, Parties, TaskTokens } from '../../core/people/ports.ts';
import { subjectOf } from '../../core/people/statement.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import { peoplePolicy } from '../../core/policy.ts';
import { type AskByActPorts, askByAct } from './ask-by-act.ts';

export interface AskConfirmationInput {
  readonly taskToken: string;
  readonly enrolmentId: string;
  /** `nodeOperator`: by an act of two, for another node's certificate. */
  readonly office: AskedOffice | 'nodeOperator';
  readonly timeoutSeconds: number;
}

export interface AskConfirmationPorts extends AskByActPorts {
  readonly parties: Pick<Parties, 'party'>;
  readonly decisions: Decisions;
  readonly tokens: Pick<TaskTokens, 'put'>;
}

export async function askConfirmation(
  ports: AskConfirmationPorts,
  input: AskConfirmationInput,
): Promise<{ readonly decisionId: string; readonly asked: number }> {
  const decisionId = decisionIdOf(input.enrolmentId, input.office);
  // The token first: a decision that comes right after the mail finds it.
  await ports.tokens.put(decisionId, input.taskToken);
  if (input.office === 'nodeOperator') return askByAct(ports, input.enrolmentId, decisionId);
  if (!(await ports.decisions.find(decisionId))) await open(ports, { ...input, office: input.office });
  // Read again: whoever decided before our token stood woke nobody with it.
  const decision = await ports.decisions.find(decisionId);
  const decided = decision && outcome(decision);
  if (decided)
    await ports.announceWake(wakeEntry(decisionId, decided, `token.${ports.ids.next()}`, ports.clock.now()));
  return { decisionId, asked: decision?.asked.length ?? 0 };
}

type AskedInput = AskConfirmationInput & { readonly office: AskedOffice };

async function open(ports: AskConfirmationPorts, input: AskedInput): Promise<void> {
  const now = ports.clock.now();
  const enrolment = await ports.enrolments.find(input.enrolmentId);
  if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
  const decision = await decisionFor(ports, input, enrolment, now);
  const evidence = {
    id: ports.ids.next(),
    scope: enrolment.participant,
    kind: 'confirmation.asked',
    at: now,
    actor: { kind: 'node' as const, function: 'ask-confirmation' },
    subjects: {
      enrolmentId: enrolment.id,
      decisionId: decision.decisionId,
      thumbprint: enrolment.thumbprint,
    },
    facts: {
      office: decision.office,
      rule: decision.rule,
      asked: [...decision.asked],
      state: decision.state,
    },
  };
  const outbox = decision.state === 'waiting' ? decision.asked.flatMap((id) => mailsTo(decision, id)) : [];
  await ports.decisions.open(decision, { evidence: [evidence], outbox });
}

async function decisionFor(
  ports: AskConfirmationPorts,
  input: AskedInput,
  enrolment: Enrolment,
  now: Date,
): Promise<Decision> {
  const party = await ports.parties.party(enrolment.participant);
  if (!party) throw new Refusal('PERSON_UNKNOWN', { parameter: 'participant' });
  const holders = await ports.people.holders(enrolment.participant);
  const able = holders.filter(
    (person) => person.office === input.office && person.state === 'active' && powerInForce(person, now),
  );
  const question = {
    enrolmentId: enrolment.id,
    office: input.office,
    subject: subjectOf(enrolment),
    messageId: enrolment.messageId,
    rule: party.rule,
    asked: able.map(({ personId }) => personId).sort(),
  };
  try {
    return openDecision(question, now, input.timeoutSeconds);
  } catch (error) {
    // Nobody may decide: said at once and by name, not as 72 h of silence.
    if (error instanceof Refusal && error.code === 'OFFICE_MISSING') return openWithoutPeople(question, now);
    throw error;
  }
}

/** The question, and its reminders: each reads the decision again and is not sent once the person has answered. */
function mailsTo(decision: Decision, personId: string): OutboxEntry[] {
  const life = decision.expiresAt.getTime() - decision.createdAt.getTime();
  const reminders = peoplePolicy.reminderHours.filter((hours) => hours * 3_600_000 < life);
  const first = mail(decision, personId, 'mail.confirmation', 0);
  return [
    first,
    ...reminders.map((hours, index) => mail(decision, personId, 'mail.reminder', hours, index + 1)),
  ];
}

function mail(
  decision: Decision,
  personId: string,
  kind: string,
  afterHours: number,
  reminder = 0,
): OutboxEntry {
  return newOutboxEntry({
    id: `${kind}.${decision.decisionId}.${personId}.${reminder}`,
    queue: 'mail',
    kind,
    refs: { decisionId: decision.decisionId, personId, reminder: String(reminder) },
    receiver: personId,
    // Its patience begins when it is due, not when it was planned.
    now: new Date(decision.createdAt.getTime() + afterHours * 3_600_000),
  });
}

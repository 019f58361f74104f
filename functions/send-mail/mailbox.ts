// How many mails has a person had today (S29)? Beyond the limit they are held back for one digest an hour: a flood of
// enrolments must neither bury a mailbox nor hide the one question that matters. A question is held back only by
// questions, never by notices; a notice by both. Security notices are never held.

import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';

export interface CountedMail {
  readonly id: string;
  /** It asks for an answer that has an end. */
  readonly isQuestion: boolean;
}

export interface Mailbox {
  /**
   * Counts this entry once for the day, whatever number of attempts it takes.
   * @returns mails of the day, this included: of a question the questions among them
   */
  count(personId: string, entry: CountedMail, now: Date): Promise<number>;
  /** Puts the digest if absent and counts one more held mail. */
  hold(digest: OutboxEntry): Promise<void>;
  held(digestId: string): Promise<number>;
}

const questions = ['mail.confirmation', 'mail.reminder'];
// What tells of a bounce may itself come back: uncounted, two dead addresses would tell each other for ever.
const notices = ['mail.decided', 'mail.enrolment-notice', 'mail.enrolment-outcome', 'mail.bounced'];

/** Undefined for what is never held back. */
export function countedMail({ id, kind }: Pick<OutboxEntry, 'id' | 'kind'>): CountedMail | undefined {
  const isQuestion = questions.includes(kind);
  return isQuestion || notices.includes(kind) ? { id, isQuestion } : undefined;
}

/** One for each person and hour, due when the hour is over. */
export function digestEntry(personId: string, now: Date): OutboxEntry {
  const hour = now.toISOString().slice(0, 13);
  const id = `mail.digest.${personId}.${hour}`;
  const due = new Date(Date.parse(`${hour}:00:00Z`) + 3_600_000);
  return newOutboxEntry({
    id,
    queue: 'mail',
    kind: 'mail.digest',
    refs: { personId, digestId: id },
    receiver: personId,
    now: due,
  });
}

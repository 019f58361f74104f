// How many mails has a person had today (S29)? Beyond the limit they are held back for one digest an hour: a flood of
// enrolments must neither bury a mailbox nor hide the one question that matters. Security notices are never held.

import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';

export interface Mailbox {
  /** Counts this entry once for the day, whatever number of attempts it takes. @returns mails of the day, this included */
  count(personId: string, entryId: string, now: Date): Promise<number>;
  /** Puts the digest if absent and counts one more held mail. */
  hold(digest: OutboxEntry): Promise<void>;
  held(digestId: string): Promise<number>;
}

const flood = [
  'mail.confirmation',
  'mail.reminder',
  'mail.decided',
  'mail.enrolment-notice',
  'mail.enrolment-outcome',
];

export function countsTowardsDigest(kind: string): boolean {
  return flood.includes(kind);
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

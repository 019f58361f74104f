// Somebody still signs with a certificate that is about to make room for its successor: in the last week of the overlap
// that is told each day, so that nobody is surprised by the refusals that would follow.

import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { WithTrace } from '../enrolment/ports.ts';
import { newOutboxEntry } from '../outbox.ts';
import type { Overlap } from './ageing.ts';

export interface LateUse {
  readonly thumbprint: Thumbprint;
  readonly participant: string;
  readonly replacedBy: Thumbprint;
  readonly overlapEndsAt: Date;
  readonly lastUsedAt: Date;
  /** UTC, of the report: one a day. */
  readonly day: string;
}

export interface LateUses {
  /** When a message that this certificate signed was last taken here, not before `since`. */
  lastUse(participant: string, thumbprint: Thumbprint, since: Date): Promise<Date | undefined>;
  /** @returns false where this day's was reported before */
  report(late: LateUse, trace: WithTrace): Promise<boolean>;
  find(thumbprint: Thumbprint): Promise<LateUse | undefined>;
}

export function lateUse(
  participant: string,
  { old, successor, endsAt }: Overlap,
  lastUsedAt: Date,
  now: Date,
): LateUse {
  return {
    thumbprint: old.thumbprint,
    participant,
    replacedBy: successor.thumbprint,
    overlapEndsAt: endsAt,
    lastUsedAt,
    day: now.toISOString().slice(0, 10),
  };
}

/** Officers and apoderados by mail, the participant's systems by event, and evidence. */
export function lateUseTrace(
  late: LateUse,
  about: { readonly people: readonly string[]; readonly enrolmentId: string; readonly evidenceId: string },
  now: Date,
): WithTrace {
  const { thumbprint, participant, replacedBy, day } = late;
  const [overlapEndsAt, lastUsedAt] = [late.overlapEndsAt.toISOString(), late.lastUsedAt.toISOString()];
  const name = `${thumbprint}.${day}`;
  const mails = about.people.map((personId) =>
    newOutboxEntry({
      id: `mail.rotation-late.${name}.${personId}`,
      queue: 'mail',
      kind: 'mail.rotation-late',
      refs: { personId, participant, enrolmentId: about.enrolmentId, overlapEndsAt },
      now,
    }),
  );
  const event = newOutboxEntry({
    id: `event.rotation-late.${name}`,
    queue: 'deliver',
    kind: 'event.rotation-late',
    refs: { receiver: participant, participant, thumbprint, replacedBy, overlapEndsAt, lastUsedAt },
    receiver: participant,
    now,
  });
  return {
    outbox: [...mails, event],
    evidence: [
      {
        id: about.evidenceId,
        scope: participant,
        kind: 'certificate.usedLate',
        at: now,
        actor: { kind: 'node', function: 'expire-certificates' },
        subjects: { enrolmentId: about.enrolmentId, thumbprint },
        facts: { replacedBy, overlapEndsAt, lastUsedAt },
      },
    ],
  };
}

// A mail came back, or its reader complained: who was it for, and who must hear of it? A bounce is no answer: it is
// evidence, an alarm, told to the node operators and to the participant's other people, and whoever else was asked the
// same is reminded at once. Nobody is rejected by it.

import { createHash } from 'node:crypto';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Person } from '../../core/people/person.ts';
import type { Decisions, Effects, People } from '../../core/people/ports.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface BouncePorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly people: Pick<People, 'byAddress' | 'holders'>;
  readonly decisions: Pick<Decisions, 'waitingFor'>;
  /** Once: the same news again about the same person, however late, changes nothing. */
  readonly record: (
    news: { readonly id: string; readonly personId: string },
    effects: Effects,
  ) => Promise<void>;
  readonly alarm: (personId: string) => void;
}

export interface Bounce {
  readonly kind: 'bounce' | 'complaint' | 'refused';
  readonly addresses: readonly string[];
  /** Names this news: SNS tells at least once. */
  readonly id: string;
}

interface SesEvent {
  readonly eventType?: string;
  readonly notificationType?: string;
  readonly mail?: { readonly messageId?: string; readonly destination?: readonly string[] };
  readonly bounce?: {
    readonly bounceType?: string;
    readonly feedbackId?: string;
    readonly bouncedRecipients?: readonly { readonly emailAddress: string }[];
  };
  readonly complaint?: {
    readonly feedbackId?: string;
    readonly complainedRecipients?: readonly { readonly emailAddress: string }[];
  };
}

/** What SES publishes to SNS; transient bounces are SES's own to retry. */
export function bounceOf(message: string): Bounce | undefined {
  const { eventType, notificationType, mail, bounce, complaint } = JSON.parse(message) as SesEvent;
  const type = eventType ?? notificationType;
  const id = (feedbackId: string | undefined) => idOf(`${type}\n${feedbackId ?? mail?.messageId ?? message}`);
  if (type === 'Bounce' && bounce && bounce.bounceType !== 'Transient')
    return { kind: 'bounce', addresses: addressesOf(bounce.bouncedRecipients), id: id(bounce.feedbackId) };
  if (type === 'Complaint')
    return {
      kind: 'complaint',
      addresses: addressesOf(complaint?.complainedRecipients),
      id: id(complaint?.feedbackId),
    };
  if (type === 'Reject') return { kind: 'refused', addresses: mail?.destination ?? [], id: id(undefined) };
  return undefined;
}

const addressesOf = (recipients: readonly { emailAddress: string }[] | undefined) =>
  (recipients ?? []).map(({ emailAddress }) => emailAddress);

export const idOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22);

export async function handleBounce(
  ports: BouncePorts,
  bounce: Bounce,
): Promise<{ readonly persons: number }> {
  const found = await Promise.all(bounce.addresses.map((address) => ports.people.byAddress(address)));
  const persons = [...new Map(found.flat().map((person) => [person.personId, person])).values()];
  for (const person of persons) {
    ports.alarm(person.personId);
    const evidence = {
      id: ports.ids.next(),
      scope: person.participant ?? 'node',
      kind: 'mail.bounced',
      at: ports.clock.now(),
      actor: { kind: 'node' as const, function: 'record-bounce' },
      subjects: { personId: person.personId },
      facts: { kind: bounce.kind },
    };
    const outbox = [...(await notices(ports, bounce, person)), ...(await reminders(ports, bounce, person))];
    await ports.record({ id: bounce.id, personId: person.personId }, { evidence: [evidence], outbox });
  }
  return { persons: persons.length };
}

/** To who can reach the person by another way: the node operators, and the other people of the participant. */
async function notices(ports: BouncePorts, bounce: Bounce, about: Person): Promise<OutboxEntry[]> {
  const operators = (await ports.people.holders(null)).filter(({ office }) => office === 'nodeOperator');
  const colleagues = about.participant === null ? [] : await ports.people.holders(about.participant);
  const told = [...operators, ...colleagues].filter(
    ({ personId, state }) => state === 'active' && personId !== about.personId,
  );
  return told.map(({ personId }) =>
    newOutboxEntry({
      id: `mail.bounced.${bounce.id}.${about.personId}.${personId}`,
      queue: 'mail',
      kind: 'mail.bounced',
      refs: { personId, aboutPersonId: about.personId },
      receiver: personId,
      now: ports.clock.now(),
    }),
  );
}

/** A complaint was read; what came back was not: the others who were asked the same are asked again at once. */
async function reminders(ports: BouncePorts, bounce: Bounce, about: Person): Promise<OutboxEntry[]> {
  if (bounce.kind === 'complaint' || about.participant === null) return [];
  const waiting = await ports.decisions.waitingFor(about);
  return waiting.flatMap(({ decisionId, asked, votes }) =>
    asked
      .filter((id) => id !== about.personId && !votes.some(({ personId }) => personId === id))
      .map((personId) =>
        newOutboxEntry({
          id: `mail.reminder.${decisionId}.${personId}.${bounce.id}`,
          queue: 'mail',
          kind: 'mail.reminder',
          refs: { decisionId, personId, reminder: '1' },
          receiver: personId,
          now: ports.clock.now(),
        }),
      ),
  );
}

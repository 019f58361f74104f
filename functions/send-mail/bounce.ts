// A mail came back, or its reader complained: who was it for, and who must hear of it? A bounce is no answer: it is
// evidence, an alarm, and told to the node operators, who know the person by another way. Nobody is rejected by it.

import { newOutboxEntry } from '../../core/outbox.ts';
import type { Effects, People } from '../../core/people/ports.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface BounceDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly people: Pick<People, 'byAddress' | 'holders'>;
  readonly record: (effects: Effects) => Promise<void>;
  readonly alarm: (personId: string) => void;
}

export interface Bounce {
  readonly kind: 'bounce' | 'complaint' | 'refused';
  readonly addresses: readonly string[];
}

/** What SES publishes to SNS; transient bounces are SES's own to retry. */
export function bounceOf(message: string): Bounce | undefined {
  const event = JSON.parse(message) as {
    eventType?: string;
    notificationType?: string;
    bounce?: { bounceType?: string; bouncedRecipients?: { emailAddress: string }[] };
    complaint?: { complainedRecipients?: { emailAddress: string }[] };
  };
  const type = event.eventType ?? event.notificationType;
  if (type === 'Bounce' && event.bounce?.bounceType === 'Permanent')
    return { kind: 'bounce', addresses: addressesOf(event.bounce.bouncedRecipients) };
  if (type === 'Complaint')
    return { kind: 'complaint', addresses: addressesOf(event.complaint?.complainedRecipients) };
  return undefined;
}

const addressesOf = (recipients: readonly { emailAddress: string }[] | undefined) =>
  (recipients ?? []).map(({ emailAddress }) => emailAddress);

export async function handleBounce(deps: BounceDeps, bounce: Bounce): Promise<{ readonly persons: number }> {
  const found = await Promise.all(bounce.addresses.map((address) => deps.people.byAddress(address)));
  const persons = found.flat();
  const operators = (await deps.people.holders(null)).filter(
    ({ office, state }) => office === 'nodeOperator' && state === 'active',
  );
  const now = deps.clock.now();
  for (const person of persons) {
    deps.alarm(person.personId);
    const id = deps.ids.next();
    const evidence = {
      id,
      scope: person.participant ?? 'node',
      kind: 'mail.bounced',
      at: now,
      actor: { kind: 'node' as const, function: 'send-mail' },
      subjects: { personId: person.personId },
      facts: { kind: bounce.kind },
    };
    const outbox = operators
      .filter(({ personId }) => personId !== person.personId)
      .map(({ personId }) =>
        newOutboxEntry({
          id: `mail.bounced.${id}.${personId}`,
          queue: 'mail',
          kind: 'mail.bounced',
          refs: { personId, aboutPersonId: person.personId },
          receiver: personId,
          now,
        }),
      );
    await deps.record({ evidence: [evidence], outbox });
  }
  return { persons: persons.length };
}

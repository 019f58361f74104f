// What do both who hear of a returned mail stand on: SES's own news, and the sender whose mail SES would not take?

import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { type Announce, effectWrites } from '../../adapters/dynamodb/effects.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { absent, ConditionFailed, type Table } from '../../adapters/dynamodb/table.ts';
import type { NodeParts } from '../../adapters/node-parts.ts';
import type { BouncePorts } from './record-bounce.ts';

export function bouncePorts(parts: NodeParts): BouncePorts {
  const { table, sealer, announce, log } = parts;
  return {
    ...parts,
    people: people(table, sealer),
    decisions: decisions(table, announce),
    alarm: (personId) => log.say('MAIL_BOUNCED', { personId }),
    record: bounceRecord(table, announce, () => parts.clock.now()),
  };
}

/** Longer than SNS or a queue keeps anything that it may say again. */
const rememberedSeconds = 60 * 86_400;

export function bounceRecord(table: Table, announce: Announce, now: () => Date): BouncePorts['record'] {
  return async ({ id, personId }, effects) => {
    const expiresAt = Math.floor(now().getTime() / 1000) + rememberedSeconds;
    const told = { put: { pk: `RATE#bounce#${id}`, sk: personId, expiresAt }, when: absent() };
    try {
      await table.transact([told, ...effectWrites(effects)]);
    } catch (error) {
      if (error instanceof ConditionFailed) return;
      throw error;
    }
    await announce(effects.outbox);
  };
}

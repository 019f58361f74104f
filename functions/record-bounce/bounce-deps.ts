// What do both who hear of a returned mail stand on: SES's own news, and the sender whose mail SES would not take?

import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { effectWrites } from '../../adapters/dynamodb/effects.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { ConditionFailed } from '../../adapters/dynamodb/table.ts';
import type { NodeParts } from '../../adapters/node-parts.ts';
import type { Effects } from '../../core/people/ports.ts';
import type { BounceDeps } from './record-bounce.ts';

export function bounceDeps(parts: NodeParts): BounceDeps {
  const { table, sealer, announce, log } = parts;
  return {
    ...parts,
    people: people(table, sealer),
    decisions: decisions(table, announce),
    alarm: (personId) => log.say('MAIL_BOUNCED', { personId }),
    async record(effects: Effects) {
      try {
        await table.transact(effectWrites(effects));
      } catch (error) {
        // The entries stand: the same news was recorded before.
        if (error instanceof ConditionFailed) return;
        throw error;
      }
      await announce(effects.outbox);
    },
  };
}

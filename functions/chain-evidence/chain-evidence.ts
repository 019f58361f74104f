// Where does each new record stand? The one writer of all chains: scope by scope, batch by batch, until nothing waits.
// It decides nothing and may die anywhere; a second one beside it does no harm. What waits too long is an alarm.

import type { Log } from '../../adapters/logger.ts';
import type { EvidenceChains } from '../../core/evidence/ports.ts';
import { evidencePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';

export interface ChainEvidencePorts {
  readonly chains: EvidenceChains;
  readonly clock: Clock;
  readonly log: Log;
}

/** Scopes chained side by side: each is a partition of its own. */
const sideBySide = 8;
/** Rounds without progress on a scope until it is left to the next run. */
const patience = 3;

export async function chainEvidence(ports: ChainEvidencePorts): Promise<{ chained: number }> {
  const { chains, clock, log } = ports;
  const waiting = await chains.waiting();
  const oldest = Math.min(...waiting.map(({ since }) => since.getTime()));
  const seconds = Math.round((clock.now().getTime() - oldest) / 1000);
  if (seconds > evidencePolicy.unchainedAlarmSeconds) {
    const count = waiting.reduce((sum, scope) => sum + scope.count, 0);
    log.say('EVIDENCE_UNCHAINED', { seconds, count });
  }
  const scopes = waiting.map(({ scope }) => scope);
  const counts: number[] = [];
  const lane = async () => {
    for (let scope = scopes.pop(); scope !== undefined; scope = scopes.pop()) {
      // What is wrong in one scope keeps no other waiting.
      counts.push(
        await chainScope(ports, scope).catch((error: Error) => {
          log.say('FAULT', { scope, error: error.name });
          return 0;
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, lane));
  return { chained: counts.reduce((sum, count) => sum + count, 0) };
}

async function chainScope({ chains, clock, log }: ChainEvidencePorts, scope: string): Promise<number> {
  let total = 0;
  for (let idle = 0; idle < patience; ) {
    const { chained, broken } = await chains.chain(scope, clock.now());
    if (broken.length > 0) log.say('EVIDENCE_BROKEN', { scope, count: broken.length });
    total += chained;
    if (chained === 0) idle++;
    else idle = 0;
  }
  return total;
}

// Wires expire-certificates, started once a day; and for one participant, by drive-execution.

import { readConfig } from '../../adapters/config.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { deadEntries, revive } from '../../adapters/dynamodb/outbox.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { undeliveredDisables } from '../../adapters/dynamodb/undelivered.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { expireCertificates } from './expire-certificates.ts';
import { reviveEnds, tellAgain } from './tell-again.ts';

const config = readConfig(['nodeRole', 'mailQueueUrl', 'deliverQueueUrl', 'executionQueueUrl']);
const parts = nodeParts('expire-certificates', {
  seals: false,
  queueUrls: {
    mail: config.mailQueueUrl,
    deliver: config.deliverQueueUrl,
    execution: config.executionQueueUrl,
  },
});
const ports = {
  ...parts,
  role: config.nodeRole,
  parties: parties(parts.table, parts.sealer),
  people: people(parts.table, parts.sealer),
  disables: disableStore(parts.table, parts.announce),
  undelivered: undeliveredDisables(parts.table, parts.announce),
  lateUses: lateUses(parts.table, parts.announce),
  apiKeys: apiKeys(parts.table, parts.sealer),
  suspensions: suspensions(parts.table, parts.announce),
  deadEntries: deadEntries(parts.table),
  revive: (entry: OutboxEntry, now: Date) => revive(parts.table, entry, now),
  warn: (participant: string, thumbprint: string) =>
    parts.log.say('ROTATION_HELD', { participant, thumbprint }),
  unanswered: (disableId: string, payoutOperator: string) =>
    parts.log.say('DISABLE_NOT_DELIVERED', { disableId, payoutOperator, error: 'UNANSWERED' }),
};

interface Pass {
  /** One participant alone: a certificate of theirs was loaded after its end. */
  readonly participant?: string;
}

export async function handler({ participant }: Pass) {
  await parts.clock.tune();
  if (participant !== undefined) return expireCertificates({ ...ports, parties: only(participant) });
  // None waits for another: what is wrong with one rings, and the others are done.
  const [aged, again, ends] = await Promise.allSettled([
    expireCertificates(ports),
    tellAgain(ports),
    reviveEnds(ports),
  ]);
  if (aged.status === 'rejected') throw aged.reason;
  if (again.status === 'rejected') throw again.reason;
  if (ends.status === 'rejected') throw ends.reason;
  return { ...aged.value, ...again.value, ...ends.value };
}

const only = (finId: string) => ({
  parties: async () => [await ports.parties.party(finId)].filter((party) => party !== undefined),
});

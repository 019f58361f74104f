// Once a day: records what has expired, ends certificates whose holder's power is over and replaced ones whose overlap
// is, tells who still signs with one that is about to end, and reminds officer, apoderado and the participant's systems
// of what expires soon, the last API key that is valid included. No verifier relies on it: each of them reads the clock.

import { keyThatEnds } from '../../core/api-key.ts';
import { ageOf, type Overlap, type Reminder } from '../../core/disable/ageing.ts';
import { type LateUses, lateUse, lateUseTrace } from '../../core/disable/late-use.ts';
import { type Holding, isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { type DisableAct, disableChange, recordOf } from '../../core/disable/recording.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Party } from '../../core/people/party.ts';
import type { ApiKeyRings, Parties, People } from '../../core/people/ports.ts';
import { keepersToTell, peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ExpireCertificatesPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly parties: Pick<Parties, 'parties'>;
  readonly people: Pick<People, 'holders'>;
  readonly disables: Pick<DisableStore, 'holdings' | 'commit' | 'remindOnce'>;
  readonly lateUses: Pick<LateUses, 'lastUse' | 'report'>;
  readonly apiKeys: ApiKeyRings;
  /** A replaced certificate whose overlap is over goes on, because an operator has not accepted its successor. */
  warn(participant: string, thumbprint: string): void;
}

export interface DayOfAgeing {
  readonly expired: number;
  readonly powerless: number;
  readonly rotated: number;
  readonly reminded: number;
  /** Old certificates that were used in the last days of their overlap. */
  readonly late: number;
}

export async function expireCertificates(ports: ExpireCertificatesPorts): Promise<DayOfAgeing> {
  const counts = { expired: 0, powerless: 0, rotated: 0, reminded: 0, late: 0 };
  const ending: (readonly [Party, Overlap])[] = [];
  const faults: unknown[] = [];
  // What is wrong with one keeps no other from being reminded; it rings in the end.
  const apart = (work: () => Promise<void>) => work().catch((error) => void faults.push(error));
  for (const party of await ports.parties.parties()) {
    await apart(async () => {
      const holdings = await ports.disables.holdings(party.finId);
      const aged = ageOf(holdings, ports.clock.now(), party.payoutOperators);
      for (const holding of aged.expired) counts.expired += await end(ports, party, holding, expiry(holding));
      for (const holding of aged.powerless)
        counts.powerless += await end(ports, party, holding, powerEnd(ports, party, holding));
      for (const holding of aged.rotated.filter((one) => endsHere(one, party)))
        counts.rotated += await end(ports, party, holding, rotation(ports, party, holding));
      for (const { thumbprint } of aged.held) ports.warn(party.finId, thumbprint);
      for (const reminder of aged.reminders) counts.reminded += await remind(ports, party, reminder);
      ending.push(...aged.ending.map((overlap) => [party, overlap] as const));
    });
    await apart(async () => {
      counts.reminded += await remindOfKey(ports, party);
    });
  }
  // Last: it reads a day's evidence for each.
  for (const [party, overlap] of ending)
    await apart(async () => {
      counts.late += await tellLateUse(ports, party, overlap);
    });
  if (faults.length > 0) throw faults[0];
  return counts;
}

/**
 * Of what the network forwarded only the network knows whether every payout operator has accepted the new one: it says
 * when the old one ends. Ended here before, payouts that the network still takes would be refused.
 */
function endsHere({ enrolment }: Holding, { finId }: Party): boolean {
  return enrolment === undefined || enrolment.receivedFrom === finId;
}

type Ending = Pick<DisableAct, 'expired' | 'quiet' | 'codes'> & {
  readonly origin: 'clock' | 'power' | 'rotation';
  readonly reason: string;
  readonly operators: readonly string[];
};

/** Each node's own clock says so: nobody forwards it. What was over already is recorded without a mail. */
function expiry(holding: Holding): Ending {
  return {
    origin: 'clock',
    reason: 'notAfter has passed',
    expired: new Set([holding.thumbprint]),
    quiet: !isActive(holding) && !isPending(holding),
    codes: { active: 'CERTIFICATE_EXPIRED', pending: 'EXPIRED_WHILE_PENDING' },
    operators: [],
  };
}

function rotation(ports: ExpireCertificatesPorts, party: Party, holding: Holding): Ending {
  return {
    origin: 'rotation',
    reason: 'the overlap is over',
    codes: { active: 'ROTATED', pending: 'WITHDRAWN' },
    operators: operatorsOf(ports, party, holding),
  };
}

/** The clock has refused it since; another node may hold a later end, or none. */
function powerEnd(ports: ExpireCertificatesPorts, party: Party, holding: Holding): Ending {
  return {
    origin: 'power',
    reason: 'the power of its holder is over',
    codes: { active: 'POWER_ENDED', pending: 'WITHDRAWN' },
    operators: operatorsOf(ports, party, holding),
  };
}

function operatorsOf(
  { role }: ExpireCertificatesPorts,
  party: Party,
  { status }: Holding,
): readonly string[] {
  const here = role === 'payoutOperator' || party.kind !== 'participant';
  return here ? [] : [...new Set([...party.payoutOperators, ...status!.acceptingOperators])];
}

/** @returns 0 where somebody else ended it meanwhile: tomorrow's pass looks again. */
async function end(
  ports: ExpireCertificatesPorts,
  party: Party,
  holding: Holding,
  ending: Ending,
): Promise<number> {
  const { origin, reason, operators, ...how } = ending;
  const record = recordOf(
    {
      id: ports.ids.next(),
      participant: party.finId,
      origin,
      cause: origin === 'rotation' ? 'rotation' : 'other',
      reason,
      at: ports.clock.now(),
      suspended: false,
      warnings: [],
    },
    [holding],
  );
  const change = disableChange({
    ...how,
    record,
    role: ports.role,
    actor: { kind: 'node', function: 'expire-certificates' },
    evidenceId: ports.ids.next(),
    by: 'expire-certificates',
    holdings: [holding],
    audience: { people: await keepersToTell(ports.people, party.finId, party), operators },
  });
  return (await ports.disables.commit(change)) === 'DONE' ? 1 : 0;
}

async function remind(
  ports: ExpireCertificatesPorts,
  party: Party,
  { holding, days }: Reminder,
): Promise<number> {
  const now = ports.clock.now();
  const { thumbprint, enrolment, status } = holding;
  const notAfter = (status ?? enrolment!).notAfter.toISOString();
  // A node's certificate may be pinned: it has no enrolment to read in a mail.
  const what: OutboxEntry['refs'] =
    party.kind === 'participant' ? { enrolmentId: enrolment!.id } : { thumbprint, notAfter };
  const people = await keepersToTell(ports.people, party.finId, party);
  const mails = people.map((personId) =>
    newOutboxEntry({
      id: `mail.expiring.${thumbprint}.${days}.${personId}`,
      queue: 'mail',
      kind: 'mail.expiring',
      refs: { personId, participant: party.finId, ...what },
      now,
    }),
  );
  const event = newOutboxEntry({
    id: `event.expiring.${thumbprint}.${days}`,
    queue: 'deliver',
    kind: 'event.expiring',
    refs: { receiver: party.finId, participant: party.finId, thumbprint, notAfter },
    receiver: party.finId,
    now,
  });
  // Of a node's certificate only people here have to know.
  const events = party.kind === 'participant' ? [event] : [];
  return (await ports.disables.remindOnce(thumbprint, days, [...mails, ...events])) ? 1 : 0;
}

/** Silenced by another key that lasts longer; of a node's, the operators here issue the next one. */
async function remindOfKey(ports: ExpireCertificatesPorts, party: Party): Promise<number> {
  const now = ports.clock.now();
  const ending = keyThatEnds((await ports.apiKeys.heldBy(party.finId)).keys, now);
  if (!ending) return 0;
  const { keyId } = ending.key;
  const isParticipant = party.kind === 'participant';
  const about = `key.${keyId}`;
  const refs = { participant: party.finId, keyId, expiresAt: ending.key.expiresAt.toISOString() };
  const name = `key-expiring.${keyId}.${ending.days}`;
  const mails = (await keepersToTell(ports.people, party.finId, party)).map((personId) =>
    newOutboxEntry({
      id: `mail.${name}.${personId}`,
      queue: 'mail',
      kind: 'mail.key-expiring',
      refs: { ...refs, personId, ...(!isParticipant && { node: party.finId }) },
      now,
    }),
  );
  const event = newOutboxEntry({
    id: `event.${name}`,
    queue: 'deliver',
    kind: 'event.key-expiring',
    refs: { ...refs, receiver: party.finId },
    receiver: party.finId,
    now,
  });
  const told = isParticipant ? [...mails, event] : mails;
  return (await ports.disables.remindOnce(about, ending.days, told)) ? 1 : 0;
}

/** At the network, whose evidence names what signed each message; a payout operator sees the network's envelopes. */
async function tellLateUse(ports: ExpireCertificatesPorts, party: Party, overlap: Overlap): Promise<number> {
  const { thumbprint, enrolment } = overlap.old;
  if (ports.role !== 'network' || party.kind !== 'participant' || !enrolment) return 0;
  const now = ports.clock.now();
  const since = new Date(now.getTime() - aDay);
  const usedAt = await ports.lateUses.lastUse(party.finId, thumbprint, since);
  if (!usedAt) return 0;
  const late = lateUse(party.finId, overlap, usedAt, now);
  const people = await peopleToTell(ports.people, party.finId);
  const about = { people, enrolmentId: enrolment.id, evidenceId: ports.ids.next() };
  return (await ports.lateUses.report(late, lateUseTrace(late, about, now))) ? 1 : 0;
}

const aDay = 24 * 3_600_000;

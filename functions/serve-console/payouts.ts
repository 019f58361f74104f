// Which payouts lie in this person's sight, and how much of today's limits is used? Reads only. A creditor's name or
// account stands in the message that was signed, not in a list.

import { Refusal, type RefusalCode } from '../../core/errors.ts';
import type { Currency } from '../../core/payout/amount.ts';
import { dayIn } from '../../core/payout/limits.ts';
import type { Payout, PayoutState } from '../../core/payout/payout.ts';
import type { Party } from '../../core/people/party.ts';
import type { Sight } from '../../core/people/sight.ts';
import type { ConsolePorts } from './console-ports.ts';
import { partiesInSight } from './participants.ts';

export interface PayoutQuery {
  /** fin_id; empty: everybody in sight. */
  readonly participant: string;
  /** The participant's own id or the network's; empty: all. */
  readonly id: string;
  readonly state: PayoutState | '';
  readonly cursor: string;
}

export interface PayoutRow {
  readonly participant: Party;
  readonly payout: Payout;
}

export interface PayoutsInSight {
  /** Newest first. */
  readonly rows: readonly PayoutRow[];
  /** Where one participant is looked at and has more. */
  readonly cursor?: string;
}

/** Keeps the page below 100 KB. */
const linesOfPage = 50;

export async function payoutsInSight(
  ports: ConsolePorts,
  sight: Sight,
  query: PayoutQuery,
): Promise<PayoutsInSight> {
  const asked = (await paying(ports, sight)).filter(
    ({ finId }) => query.participant === '' || finId === query.participant,
  );
  if (query.id !== '') return { rows: await named(ports, asked, query.id) };
  const [, ...others] = asked;
  const pages = await Promise.all(
    asked.map(async (participant) => {
      const page = { limit: linesOfPage, ...(query.state !== '' && { states: [query.state] }) };
      const from = query.cursor !== '' && others.length === 0 ? { cursor: query.cursor } : {};
      const list = (asked: object) => ports.payouts.list(participant.finId, { ...page, ...asked });
      // A cursor that this list never gave begins anew.
      const { items, cursor } = await list(from).catch(unless('CURSOR_MALFORMED', () => list({})));
      return { rows: items.map((payout) => ({ participant, payout })), cursor };
    }),
  );
  const rows = pages
    .flatMap((page) => page.rows)
    .sort((a, b) => b.payout.createdAt.getTime() - a.payout.createdAt.getTime())
    .slice(0, linesOfPage);
  const cursor = pages.length === 1 ? pages[0]!.cursor : undefined;
  return { rows, ...(cursor !== undefined && { cursor }) };
}

async function named(ports: ConsolePorts, parties: readonly Party[], id: string): Promise<PayoutRow[]> {
  const found = await Promise.all(
    parties.map(async (participant) => {
      const payout = await ports.payouts.find(participant.finId, id);
      return payout ? [{ participant, payout }] : [];
    }),
  );
  return found.flat();
}

/** Undefined where there is none in sight. */
export async function payoutInSight(ports: ConsolePorts, sight: Sight, id: string) {
  const [row] = await named(ports, await paying(ports, sight), id);
  return row && { ...row, answered: (await ports.payouts.answerOf(row.payout)) !== undefined };
}

export interface UsedLimit {
  readonly participant: Party;
  readonly currency: Currency;
  readonly spentMinor: bigint;
  readonly limitMinor: bigint;
}

export interface LimitsInSight {
  /** Of the participant and this day of theirs, where anything was spent; the fullest first. */
  readonly used: readonly UsedLimit[];
  /** Whose settings have a seal that does not hold (S22): nothing of theirs is paid meanwhile. */
  readonly sealBroken: readonly Party[];
}

export async function limitsInSight(ports: ConsolePorts, sight: Sight): Promise<LimitsInSight> {
  const now = ports.clock.now();
  const sealBroken: Party[] = [];
  const used = await Promise.all(
    (await paying(ports, sight)).map(async (participant): Promise<UsedLimit[]> => {
      const { finId, timeZone } = participant;
      const today = await ports.spentToday(finId, dayIn(timeZone, now)).catch(
        unless('SEAL_BROKEN', () => {
          sealBroken.push(participant);
          return [];
        }),
      );
      return today.map((each) => ({ participant, ...each }));
    }),
  );
  const share = ({ spentMinor, limitMinor }: UsedLimit) => Number(spentMinor) / Number(limitMinor);
  const spent = used.flat().filter(({ spentMinor }) => spentMinor > 0n);
  return { used: spent.sort((a, b) => share(b) - share(a)), sealBroken };
}

/** For a catch: what to do instead where it was refused with this code. */
function unless<T>(code: RefusalCode, instead: () => T) {
  return (error: unknown): T => {
    if (error instanceof Refusal && error.code === code) return instead();
    throw error;
  };
}

const paying = async (ports: ConsolePorts, sight: Sight) =>
  (await partiesInSight(ports, sight)).filter(({ kind }) => kind === 'participant');

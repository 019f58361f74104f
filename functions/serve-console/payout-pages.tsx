// The list of payouts as it was asked for, and one payout, as pages.

import type { PayoutState } from '../../core/payout/payout.ts';
import { PayoutPage, PayoutsPage, payoutStates } from '../../pages/console/payouts.tsx';
import type { Look } from './look.ts';
import { nodeNames, partiesInSight } from './participants.ts';
import { limitsInSight, payoutInSight, payoutsInSight } from './payouts.ts';

export async function payoutsPage({ ports, request, session, frame }: Look) {
  const { sight } = session;
  const filters = filtersOf(request.query);
  const [{ rows, cursor }, { used, sealBroken }, parties] = await Promise.all([
    payoutsInSight(ports, sight, {
      ...filters,
      id: filters.q,
      cursor: (request.query.get('cursor') ?? '').slice(0, 1000),
    }),
    limitsInSight(ports, sight),
    partiesInSight(ports, sight),
  ]);
  const operators = await nodeNames(
    ports,
    rows.map(({ payout }) => payout.payoutOperator),
  );
  return (
    <PayoutsPage
      frame={frame}
      lines={rows.map(({ participant, payout }) => ({
        participantName: participant.name,
        operatorName: operators.get(payout.payoutOperator)!,
        payout,
      }))}
      sealBroken={sealBroken.map(({ name }) => name)}
      limits={used.map(({ participant, currency, spentMinor, limitMinor }) => ({
        participantName: participant.name,
        spent: { currency, amountMinor: spentMinor },
        limit: { currency, amountMinor: limitMinor },
      }))}
      filters={filters}
      participants={parties.filter(({ kind }) => kind === 'participant')}
      {...(cursor !== undefined && { cursor })}
    />
  );
}

function filtersOf(query: URLSearchParams) {
  const text = (name: string) => (query.get(name) ?? '').trim().slice(0, 100);
  const state = text('state') as PayoutState;
  return {
    q: text('q'),
    participant: text('participant'),
    state: payoutStates.includes(state) ? state : ('' as const),
  };
}

export async function payoutPage({ ports, session, frame }: Look, id: string) {
  const found = await payoutInSight(ports, session.sight, id);
  if (!found) return undefined;
  const { participant, payout, answered } = found;
  const operators = await nodeNames(ports, [payout.payoutOperator]);
  return (
    <PayoutPage
      frame={frame}
      participantName={participant.name}
      operatorName={operators.get(payout.payoutOperator)!}
      payout={payout}
      answered={answered}
    />
  );
}

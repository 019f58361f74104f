// What was paid, what waits, and how much of today's limits is left? Amounts, ids and states; whom it was paid to
// stands in the signed message alone.

import type { FC } from 'hono/jsx';
import type { Money } from '../../core/payout/amount.ts';
import type { Payout, PayoutState } from '../../core/payout/payout.ts';
import { quotable } from '../../core/plain-text.ts';
import { Fact } from '../parts.tsx';
import { consoleTextsIn } from '../texts/console.ts';
import { fill } from '../texts/shared.ts';
import { dateText, momentText, moneyText } from '../when.ts';
import { type ConsoleFrame, ConsolePage, commands, Empty, List, pathOf, State, When } from './frame.tsx';
import { FilterForm } from './list-page.tsx';

export interface PayoutLine {
  readonly participantName: string;
  readonly operatorName: string;
  readonly payout: Payout;
}

export interface LimitLine {
  readonly participantName: string;
  readonly spent: Money;
  readonly limit: Money;
}

export interface PayoutFilters {
  readonly q: string;
  readonly participant: string;
  readonly state: PayoutState | '';
}

export interface PayoutsProps {
  readonly frame: ConsoleFrame;
  readonly lines: readonly PayoutLine[];
  readonly limits: readonly LimitLine[];
  /** Names of participants whose limits have a seal that does not hold. */
  readonly sealBroken: readonly string[];
  readonly filters: PayoutFilters;
  readonly participants: readonly { readonly finId: string; readonly name: string }[];
  /** Of the page after this one. */
  readonly cursor?: string;
}

export const payoutStates: readonly PayoutState[] = [
  'pending',
  'received',
  'executing',
  'ok',
  'error',
  'tombstone',
];
const tones = {
  pending: 'warn',
  received: 'warn',
  executing: 'warn',
  ok: 'ok',
  error: 'danger',
  tombstone: 'plain',
} as const;

const StateOf: FC<{ frame: ConsoleFrame; state: PayoutState }> = ({ frame, state }) => (
  <State tone={tones[state]}>{consoleTextsIn(frame.locale).payouts.states[state]}</State>
);

const pathOfPayout = ({ networkTransactionId }: Payout) => `${pathOf.payouts}/${networkTransactionId}`;

export const PayoutsPage: FC<PayoutsProps> = (props) => {
  const { frame, lines, limits, filters, participants, cursor } = props;
  const { payouts, ...words } = consoleTextsIn(frame.locale);
  const filtered = filters.q !== '' || filters.state !== '' || filters.participant !== '';
  if (lines.length === 0 && !filtered && props.sealBroken.length === 0)
    return (
      <ConsolePage frame={frame} section="payouts" title={payouts.title} lead={payouts.lead}>
        <Empty frame={frame} title={payouts.empty} text={payouts.emptyText} command={commands.pay} />
      </ConsolePage>
    );
  const selects = [
    {
      name: 'participant',
      label: words.participant,
      value: filters.participant,
      options: participants.map(({ finId, name }) => [finId, name] as const),
    },
    {
      name: 'state',
      label: words.state,
      value: filters.state,
      options: payoutStates.map((state) => [state, payouts.states[state]] as const),
    },
  ];
  return (
    <ConsolePage frame={frame} section="payouts" title={payouts.title} lead={payouts.lead}>
      {props.sealBroken.map((participant) => (
        <div class="problem" role="alert">
          <h2>{fill(payouts.sealBroken, { participant })}</h2>
          <p>{payouts.sealBrokenText}</p>
        </div>
      ))}
      {limits.length > 0 && <Limits frame={frame} limits={limits} />}
      <h2>{payouts.list}</h2>
      <FilterForm
        frame={frame}
        section="payouts"
        search={{ name: 'q', label: payouts.search, value: filters.q }}
        selects={selects.filter(({ name }) => name !== 'participant' || participants.length > 1)}
      />
      {lines.length > 0 ? (
        <Lines frame={frame} lines={lines} />
      ) : (
        <Empty frame={frame} title={words.nothingFound} text={words.nothingFoundText} />
      )}
      {cursor && (
        <p class="paging">
          <a href={`${pathOf.payouts}?${new URLSearchParams({ ...filters, cursor })}`}>{words.older}</a>
        </p>
      )}
    </ConsolePage>
  );
};

const Limits: FC<{ frame: ConsoleFrame; limits: readonly LimitLine[] }> = ({ frame, limits }) => {
  const { payouts, participant } = consoleTextsIn(frame.locale);
  const columns = [
    { name: participant },
    { name: payouts.spent, number: true },
    { name: payouts.limit, number: true },
    { name: payouts.share },
  ];
  const rows = limits.map(({ participantName, spent, limit }) => {
    const share = Math.floor((Number(spent.amountMinor) * 100) / Number(limit.amountMinor));
    const shown = share === 0 && spent.amountMinor > 0n ? '< 1' : share;
    const label = fill(payouts.shareOf, { share: shown, participant: participantName });
    return [
      participantName,
      moneyText(spent, frame),
      moneyText(limit, frame),
      <span class="share">
        <meter min={0} max={100} high={80} value={share} aria-label={label}></meter> {shown} %
      </span>,
    ];
  });
  return (
    <>
      <h2>{payouts.limits}</h2>
      <List caption={payouts.limits} columns={columns} rows={rows} />
    </>
  );
};

const Lines: FC<{ frame: ConsoleFrame; lines: readonly PayoutLine[] }> = ({ frame, lines }) => {
  const { payouts, ...words } = consoleTextsIn(frame.locale);
  const many = frame.participant === undefined;
  const columns = [
    { name: payouts.own },
    ...(many ? [{ name: words.participant }] : []),
    { name: payouts.amount, number: true },
    { name: payouts.operator },
    { name: words.state },
    { name: words.received },
  ];
  const rows = lines.map(({ participantName, operatorName, payout }) => [
    <a class="mono" href={pathOfPayout(payout)}>
      {payout.transactionId}
    </a>,
    ...(many ? [participantName] : []),
    moneyText(payout, frame),
    operatorName,
    <>
      <StateOf frame={frame} state={payout.state} />
      {payout.state === 'error' && payout.response && (
        <small class="mono">
          <q>{quotable(payout.response.status)}</q>
        </small>
      )}
    </>,
    <When frame={frame} date={payout.createdAt} />,
  ]);
  return <List caption={payouts.list} columns={columns} rows={rows} />;
};

export const PayoutPage: FC<PayoutLine & { frame: ConsoleFrame; answered: boolean }> = (props) => {
  const { frame, participantName, operatorName, payout, answered } = props;
  const { payouts, ...words } = consoleTextsIn(frame.locale);
  const { response } = payout;
  const Id: FC<{ name: string; id: string }> = ({ name, id }) => (
    <Fact name={name}>
      <span class="mono">{id}</span>
    </Fact>
  );
  return (
    <ConsolePage
      frame={frame}
      section="payouts"
      title={moneyText(payout, frame)}
      lead={`${participantName} · ${operatorName}`}
    >
      <dl class="facts">
        <Fact name={words.state}>
          <StateOf frame={frame} state={payout.state} />
        </Fact>
        <Id name={payouts.own} id={payout.transactionId} />
        <Id name={payouts.network} id={payout.networkTransactionId} />
        <Id name={payouts.message} id={payout.messageId} />
        <Fact name={words.received}>{momentText(payout.createdAt, frame)}</Fact>
        {/* At a payout operator it has none before it starts. */}
        {payout.day !== '' && (
          <Fact name={payouts.day}>
            {dateText(new Date(`${payout.day}T00:00:00Z`), { ...frame, timeZone: 'UTC' })}
          </Fact>
        )}
        {response && (
          <>
            <Fact name={payouts.answer}>
              <q class="quote">{quotable(response.status)}</q>
              {response.message && <q class="quote">{quotable(response.message)}</q>}
            </Fact>
            <Fact name={payouts.answeredAt}>{momentText(response.at, frame)}</Fact>
          </>
        )}
        <Fact name={payouts.words}>{answered ? payouts.wordsKept : payouts.wordsNone}</Fact>
      </dl>
    </ConsolePage>
  );
};

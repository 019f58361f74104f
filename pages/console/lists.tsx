// What waits, who is here, with which keys? The console's plain lists; each row answers without a click, each empty
// one names the command that fills it.

import type { FC } from 'hono/jsx';
import type { Decision } from '../../core/people/decision.ts';
import type { Party } from '../../core/people/party.ts';
import { type Person, powerInForce } from '../../core/people/person.ts';
import { Fact, Note } from '../parts.tsx';
import { companyTaxIdType, taxIdText } from '../tax-id.ts';
import { consoleTextsIn } from '../texts/console.ts';
import { fill, textsIn } from '../texts/texts.ts';
import { countryText, dateText, momentText } from '../when.ts';
import { type ConsoleFrame, ConsolePage, commands, Empty, List, pathOf, State, When } from './frame.tsx';
import { ListPage } from './list-page.tsx';
import { SuspendedList } from './suspended.tsx';

export interface WaitingLine {
  readonly participantName: string;
  readonly decision: Decision;
  readonly asked: readonly string[];
}

export const ConfirmationsPage: FC<{ frame: ConsoleFrame; waiting: readonly WaitingLine[] }> = (props) => {
  const { frame, waiting } = props;
  const texts = textsIn(frame.locale);
  const { confirmations, ...words } = consoleTextsIn(frame.locale);
  const oldest = waiting[0]?.decision.createdAt;
  const columns = [
    { name: words.participant },
    { name: words.who },
    { name: words.use },
    { name: words.since },
    { name: words.until },
    { name: confirmations.votes, number: true },
  ];
  const rows = waiting.map(({ participantName, decision, asked }) => [
    <a href={`/console/enrolments/${decision.enrolmentId}`}>{participantName}</a>,
    <>
      {asked.join(', ')}
      <small>{texts.offices[decision.office]}</small>
    </>,
    words.uses[decision.subject.use],
    <When frame={frame} date={decision.createdAt} />,
    <When frame={frame} date={decision.expiresAt} />,
    `${decision.votes.length}/${decision.asked.length}`,
  ]);
  return (
    <ListPage
      frame={frame}
      section="confirmations"
      texts={confirmations}
      command={commands.submit}
      columns={columns}
      rows={rows}
    >
      {oldest && <Note>{fill(confirmations.oldest, { since: momentText(oldest, frame) })}</Note>}
    </ListPage>
  );
};

export const ParticipantsPage: FC<{ frame: ConsoleFrame; parties: readonly Party[] }> = (props) => {
  const { frame, parties } = props;
  const { participants, ...words } = consoleTextsIn(frame.locale);
  const columns = [
    { name: words.name },
    { name: participants.kind },
    { name: participants.country },
    { name: participants.rule },
    { name: participants.timeZone },
  ];
  const rows = parties.map((party) => [
    <>
      <a href={`/console/participants/${party.finId}`}>{party.name}</a>
      <small class="mono">{party.finId}</small>
    </>,
    participants.kinds[party.kind],
    countryText(party.country, frame),
    party.kind === 'participant' ? participants.rules[party.rule] : words.unknown,
    party.timeZone,
  ]);
  return (
    <ListPage
      frame={frame}
      section="participants"
      texts={participants}
      command="apodera admin onboard --file participant.json --reason '…'"
      columns={columns}
      rows={rows}
    />
  );
};

export interface PersonLine {
  readonly person: Person;
  readonly name: string;
  readonly address?: string;
}

const invite = "apodera admin invite --file person.json --reason '…'";

export interface ParticipantProps {
  readonly frame: ConsoleFrame;
  readonly party: Party;
  readonly people: readonly PersonLine[];
  /** Names of its payout operators. */
  readonly operators: readonly string[];
}

export const ParticipantPage: FC<ParticipantProps> = ({ frame, party, people, operators }) => {
  const { participants } = consoleTextsIn(frame.locale);
  return (
    <ConsolePage
      frame={frame}
      section="participants"
      title={party.name}
      lead={`${participants.kinds[party.kind]} · ${party.finId}`}
    >
      {frame.participant === undefined && (
        <SuspendedList
          frame={frame}
          lines={frame.suspended.filter(({ finId }) => finId === party.finId)}
          all={pathOf.suspensions}
        />
      )}
      <dl class="facts">
        <Fact name={participants.country}>{countryText(party.country, frame)}</Fact>
        <Fact name={participants.taxId}>{taxIdText(companyTaxIdType(party.country), party.taxId)}</Fact>
        <Fact name={participants.timeZone}>{party.timeZone}</Fact>
        {party.kind === 'participant' && (
          <>
            <Fact name={participants.rule}>{participants.rules[party.rule]}</Fact>
            <Fact name={participants.officer}>
              {participants.officerConfirmation[party.officerConfirmation]}
            </Fact>
            {operators.length > 0 && <Fact name={participants.operators}>{operators.join(', ')}</Fact>}
          </>
        )}
      </dl>
      {party.kind === 'participant' && (
        <>
          <h2>{participants.people}</h2>
          <People frame={frame} people={people} />
        </>
      )}
    </ConsolePage>
  );
};

export const NodePeoplePage: FC<{ frame: ConsoleFrame; people: readonly PersonLine[] }> = (props) => {
  const { participants } = consoleTextsIn(props.frame.locale);
  return (
    <ConsolePage
      frame={props.frame}
      section="people"
      title={participants.peopleTitle}
      lead={participants.peopleLead}
    >
      <People {...props} />
    </ConsolePage>
  );
};

const People: FC<{ frame: ConsoleFrame; people: readonly PersonLine[] }> = ({ frame, people }) => {
  const texts = textsIn(frame.locale);
  const { participants, ...words } = consoleTextsIn(frame.locale);
  if (people.length === 0)
    return (
      <Empty frame={frame} title={participants.nobody} text={participants.nobodyText} command={invite} />
    );
  const powers = people.some(({ person }) => person.power);
  const columns = [
    { name: words.name },
    { name: words.office },
    { name: words.state },
    ...(powers ? [{ name: participants.power }] : []),
    { name: participants.email },
  ];
  const tone = { invited: 'info', unreleased: 'warn', active: 'ok', ended: 'plain' } as const;
  const rows = people.map(({ person, name, address }) => [
    name,
    texts.offices[person.office],
    <State tone={tone[person.state]}>{participants.states[person.state]}</State>,
    ...(powers ? [<Power frame={frame} person={person} />] : []),
    <span class="mono quote">{address ?? words.unknown}</span>,
  ]);
  return (
    <>
      <List caption={participants.people} columns={columns} rows={rows} />
      <p class="small">{participants.peopleNote}</p>
    </>
  );
};

const Power: FC<{ frame: ConsoleFrame; person: Person }> = ({ frame, person }) => {
  const { participants, unknown } = consoleTextsIn(frame.locale);
  if (!person.power) return <>{unknown}</>;
  const { from, until } = person.power;
  return (
    <>
      {fill(participants.powerFrom, { from: dateText(from, frame) })},{' '}
      {until ? fill(participants.powerUntil, { until: dateText(until, frame) }) : participants.powerOpen}
      {!powerInForce(person, frame.now) && (
        <small>
          <State tone="danger">{participants.powerEnded}</State>
        </small>
      )}
    </>
  );
};

export interface KeyLine {
  readonly participantName: string;
  readonly finId: string;
  readonly keyId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt?: Date;
}

const soonMs = 14 * 24 * 3_600_000;

export const KeysPage: FC<{ frame: ConsoleFrame; keys: readonly KeyLine[] }> = ({ frame, keys: lines }) => {
  const { keys, ...words } = consoleTextsIn(frame.locale);
  const columns = [
    { name: words.participant },
    { name: keys.id },
    { name: words.state },
    { name: keys.age },
    { name: keys.expires },
  ];
  const stateOf = ({ endedAt, expiresAt }: KeyLine) => {
    if (endedAt) return ['ended', 'plain'] as const;
    const left = expiresAt.getTime() - frame.now.getTime();
    if (left <= 0) return ['expired', 'danger'] as const;
    return left < soonMs ? (['soon', 'warn'] as const) : (['current', 'ok'] as const);
  };
  const rows = lines.map((line) => {
    const [state, tone] = stateOf(line);
    return [
      line.participantName,
      <span class="mono">{line.keyId}</span>,
      <State tone={tone}>{keys.states[state]}</State>,
      <When frame={frame} date={line.createdAt} />,
      <When frame={frame} date={line.endedAt ?? line.expiresAt} />,
    ];
  });
  return (
    <ListPage
      frame={frame}
      section="keys"
      texts={keys}
      command="apodera admin issue-key --participant … --reason '…'"
      columns={columns}
      rows={rows}
    />
  );
};

export interface ActLine {
  readonly actId: string;
  readonly kind: string;
  readonly reason: string;
  readonly proposedBy: string;
  readonly expiresAt: Date;
  readonly signed: number;
  readonly needed: number;
}

export const ActsPage: FC<{ frame: ConsoleFrame; acts: readonly ActLine[] }> = ({ frame, acts: lines }) => {
  const texts = textsIn(frame.locale);
  const { acts, ...words } = consoleTextsIn(frame.locale);
  const kinds = texts.acts.kinds as Readonly<Record<string, string>>;
  const columns = [
    { name: acts.act },
    { name: acts.proposedBy },
    { name: acts.signatures, number: true },
    { name: words.until },
  ];
  const rows = lines.map(({ actId, kind, reason, proposedBy, expiresAt, signed, needed }) => [
    <>
      <a href={`/acts/${actId}`}>{kinds[kind] ?? kind}</a>
      <small>
        <q>{reason}</q>
      </small>
    </>,
    proposedBy,
    `${signed}/${needed}`,
    <When frame={frame} date={expiresAt} />,
  ]);
  return (
    <ListPage
      frame={frame}
      section="acts"
      texts={acts}
      command="apodera admin onboard --file participant.json --reason '…'"
      columns={columns}
      rows={rows}
    />
  );
};

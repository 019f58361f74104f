// Which certificates are there, in which states, and for how long? The list with its filters; one line answers.

import type { FC } from 'hono/jsx';
import { type NetworkStatus, networkStatuses, type Validity } from '../../core/certificate/lifecycle.ts';
import { type ConsoleTexts, consoleTextsIn } from '../texts/console.ts';
import { counted, fill } from '../texts/shared.ts';
import { thumbprintShort } from '../when.ts';
import {
  type ConsoleFrame,
  ConsolePage,
  commands,
  Empty,
  List,
  NetworkState,
  pathOf,
  spanText,
  ValidityState,
} from './frame.tsx';
import { FilterForm, type Option } from './list-page.tsx';
import { SuspendedList } from './suspended.tsx';

export interface CertificateLine {
  readonly participant: string;
  readonly participantName: string;
  readonly enrolmentId?: string;
  readonly holder: string;
  readonly psc: string;
  readonly use: 'signing' | 'transport';
  readonly validity: Validity;
  readonly networkStatus: NetworkStatus;
  readonly daysLeft: number;
  readonly since: Date;
  readonly thumbprint: string;
}

export interface Filters {
  readonly q: string;
  readonly participant: string;
  /** A network status, a validity, or `expiring`. */
  readonly state: string;
  readonly page: number;
}

export interface CertificatesProps {
  readonly frame: ConsoleFrame;
  readonly lines: readonly CertificateLine[];
  readonly counts: {
    readonly all: number;
    readonly found: number;
    readonly active: number;
    readonly pending: number;
    readonly oldestPending?: Date;
    readonly expiring: number;
    readonly revoked: number;
  };
  readonly pages: number;
  readonly filters: Filters;
  readonly participants: readonly { readonly finId: string; readonly name: string }[];
  /** Names of participants a seal of whose certificates does not hold. */
  readonly sealBroken: readonly string[];
}

export const CertificatesPage: FC<CertificatesProps> = (props) => {
  const { frame, counts, participants, sealBroken } = props;
  const texts = consoleTextsIn(frame.locale);
  const one = frame.participant === undefined ? undefined : participants[0]?.name;
  const { certificates } = texts;
  return (
    <ConsolePage
      frame={frame}
      section="certificates"
      title={certificates.title}
      lead={one ? fill(certificates.leadOne, { participant: one }) : certificates.lead}
    >
      {sealBroken.map((participant) => (
        <div class="problem" role="alert">
          <h2>{fill(certificates.sealBroken, { participant })}</h2>
          <p>{certificates.sealBrokenText}</p>
        </div>
      ))}
      {frame.participant === undefined && (
        <SuspendedList frame={frame} lines={frame.suspended} all={pathOf.suspensions} />
      )}
      {counts.all === 0 ? (
        <Empty
          frame={frame}
          title={certificates.empty}
          text={certificates.emptyText}
          command={commands.submit}
        />
      ) : (
        <>
          <Tiles {...props} />
          <CertificateFilters {...props} />
          <Lines {...props} />
        </>
      )}
    </ConsolePage>
  );
};

const Tiles: FC<CertificatesProps> = ({ frame, counts }) => {
  const { certificates } = consoleTextsIn(frame.locale);
  const { active, pending, oldestPending, expiring, revoked } = counts;
  const tiles = [
    ['active', active, certificates.active, ''],
    [
      'pending',
      pending,
      oldestPending ? certificates.pendingOldest : certificates.pending,
      pending > 0 ? 'warn' : '',
    ],
    ['expiring', expiring, certificates.expiring, expiring > 0 ? 'warn' : ''],
    ['revoked', revoked, certificates.revoked, revoked > 0 ? 'danger' : ''],
  ] as const;
  const time = oldestPending ? spanText(frame, oldestPending) : '';
  return (
    <ul class="tiles">
      {tiles.map(([state, count, label, tone]) => (
        <li class={tone}>
          <a href={`${pathOf.certificates}?state=${state}`}>
            <b>{count}</b>
            <span>{fill(counted(count, label), { time })}</span>
          </a>
        </li>
      ))}
    </ul>
  );
};

function stateOptions(texts: ConsoleTexts): readonly Option[] {
  return [
    ...networkStatuses.map((status) => [status, texts.networkStatuses[status]] as const),
    ['expiring', texts.certificates.expiring.many],
    ['expired', texts.validities.expired],
    ['revoked', texts.validities.revoked],
  ];
}

const CertificateFilters: FC<CertificatesProps> = ({ frame, filters, participants }) => {
  const texts = consoleTextsIn(frame.locale);
  const parties = participants.map(({ finId, name }) => [finId, name] as const);
  const selects = [
    { name: 'participant', label: texts.participant, value: filters.participant, options: parties },
    { name: 'state', label: texts.state, value: filters.state, options: stateOptions(texts) },
  ];
  return (
    <FilterForm
      frame={frame}
      section="certificates"
      search={{ name: 'q', label: texts.certificates.search, value: filters.q }}
      selects={selects.filter(({ name }) => name !== 'participant' || participants.length > 1)}
    />
  );
};

const Lines: FC<CertificatesProps> = (props) => {
  const { frame, lines } = props;
  const texts = consoleTextsIn(frame.locale);
  if (lines.length === 0)
    return <Empty frame={frame} title={texts.nothingFound} text={texts.nothingFoundText} />;
  // An officer's list is of one participant, whom the lead names.
  const many = frame.participant === undefined;
  const columns = [
    { name: texts.holder },
    ...(many ? [{ name: texts.participant }] : []),
    { name: texts.use },
    { name: texts.validity },
    { name: texts.network },
    { name: texts.daysLeft, number: true },
    { name: texts.thumbprint },
  ];
  const rows = lines.map((line) => [
    line.enrolmentId ? <a href={`/console/enrolments/${line.enrolmentId}`}>{line.holder}</a> : line.holder,
    ...(many ? [line.participantName] : []),
    texts.uses[line.use],
    <ValidityState frame={frame} validity={line.validity} />,
    <NetworkState frame={frame} status={line.networkStatus} since={line.since} />,
    line.daysLeft < 0 ? texts.unknown : line.daysLeft,
    <span class="mono">{thumbprintShort(line.thumbprint)}</span>,
  ]);
  return (
    <>
      <List caption={texts.certificates.title} columns={columns} rows={rows} />
      <Paging {...props} />
    </>
  );
};

const Paging: FC<CertificatesProps> = ({ frame, counts, pages, filters }) => {
  const texts = consoleTextsIn(frame.locale);
  const to = (page: number) => {
    const query = new URLSearchParams({ ...filters, page: String(page) });
    return `${pathOf.certificates}?${query}`;
  };
  return (
    <p class="paging">
      <span>{fill(texts.shown, { count: counts.found })}</span>
      {pages > 1 && <span>{fill(texts.page, { page: filters.page, pages })}</span>}
      {filters.page > 1 && <a href={to(filters.page - 1)}>{texts.newer}</a>}
      {filters.page < pages && <a href={to(filters.page + 1)}>{texts.older}</a>}
    </p>
  );
};

// Which certificates are there, in which states, and for how long? The list with its filters; one line answers.

import type { FC } from 'hono/jsx';
import { type NetworkStatus, networkStatuses, type Validity } from '../../core/certificate/lifecycle.ts';
import { type ConsoleTexts, fill, textsIn } from '../texts/texts.ts';
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
  const texts = textsIn(frame.locale).console;
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
          <FilterForm {...props} />
          <Lines {...props} />
        </>
      )}
    </ConsolePage>
  );
};

const Tiles: FC<CertificatesProps> = ({ frame, counts }) => {
  const { certificates } = textsIn(frame.locale).console;
  const { active, pending, oldestPending, expiring, revoked } = counts;
  const tiles = [
    ['active', active, certificates.active, ''],
    [
      'pending',
      pending,
      oldestPending
        ? fill(certificates.pendingOldest, { time: spanText(frame, oldestPending) })
        : certificates.pending,
      pending > 0 ? 'warn' : '',
    ],
    ['expiring', expiring, certificates.expiring, expiring > 0 ? 'warn' : ''],
    ['revoked', revoked, certificates.revoked, revoked > 0 ? 'danger' : ''],
  ] as const;
  return (
    <ul class="tiles">
      {tiles.map(([state, count, label, tone]) => (
        <li class={tone}>
          <a href={`${pathOf.certificates}?state=${state}`}>
            <b>{count}</b>
            <span>{label}</span>
          </a>
        </li>
      ))}
    </ul>
  );
};

function stateOptions(texts: ConsoleTexts): readonly (readonly [string, string])[] {
  return [
    ...networkStatuses.map((status) => [status, texts.networkStatuses[status]] as const),
    ['expiring', texts.certificates.expiring],
    ['expired', texts.validities.expired],
    ['revoked', texts.validities.revoked],
  ];
}

const FilterForm: FC<CertificatesProps> = ({ frame, filters, participants }) => {
  const texts = textsIn(frame.locale).console;
  const filtered = filters.q || filters.state || filters.participant;
  return (
    <search>
      <form method="get" action={pathOf.certificates} class="filters">
        <div class="grow">
          <label for="q">{texts.certificates.search}</label>
          <input id="q" name="q" type="search" value={filters.q} maxlength={100} autocomplete="off" />
        </div>
        {participants.length > 1 && (
          <div>
            <label for="participant">{texts.participant}</label>
            <Select
              id="participant"
              chosen={filters.participant}
              all={texts.all}
              options={participants.map(({ finId, name }) => [finId, name] as const)}
            />
          </div>
        )}
        <div>
          <label for="state">{texts.state}</label>
          <Select id="state" chosen={filters.state} all={texts.all} options={stateOptions(texts)} />
        </div>
        <button type="submit">{texts.find}</button>
        {filtered && (
          <a class="clear" href={pathOf.certificates}>
            {texts.clear}
          </a>
        )}
      </form>
    </search>
  );
};

const Select: FC<{
  id: string;
  chosen: string;
  all: string;
  options: readonly (readonly [string, string])[];
}> = ({ id, chosen, all, options }) => (
  <select id={id} name={id}>
    <option value="">{all}</option>
    {options.map(([value, label]) => (
      <option value={value} selected={value === chosen}>
        {label}
      </option>
    ))}
  </select>
);

const Lines: FC<CertificatesProps> = (props) => {
  const { frame, lines } = props;
  const texts = textsIn(frame.locale).console;
  if (lines.length === 0)
    return <Empty frame={frame} title={texts.nothingFound} text={texts.nothingFoundText} />;
  const columns = [
    { name: texts.holder },
    { name: texts.participant },
    { name: texts.use },
    { name: texts.validity },
    { name: texts.network },
    { name: texts.daysLeft, number: true },
    { name: texts.thumbprint },
  ];
  const rows = lines.map((line) => [
    line.enrolmentId ? <a href={`/console/enrolments/${line.enrolmentId}`}>{line.holder}</a> : line.holder,
    line.participantName,
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
  const texts = textsIn(frame.locale).console;
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

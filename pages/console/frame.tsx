// Of what is each page of the console made? Navigation with counts, tables that are cards on a phone, states in word
// and colour, times relative with the exact one on hover, and an empty state that names the command that fills it.

import type { Child, FC } from 'hono/jsx';
import type { NetworkStatus, Validity } from '../../core/certificate/lifecycle.ts';
import type { Office } from '../../core/people/person.ts';
import { type Frame, Page } from '../page.tsx';
import { FormToken } from '../parts.tsx';
import { refreshScriptPath, refreshSeconds } from '../refresh-script.ts';
import { type ConsoleTexts, consoleTextsIn } from '../texts/console.ts';
import { fill, textsIn } from '../texts/texts.ts';
import { momentText } from '../when.ts';
import { SuspendedNote, type SuspensionLine } from './suspended.tsx';

export type Section =
  | 'certificates'
  | 'confirmations'
  | 'payouts'
  | 'participants'
  | 'sources'
  | 'anchors'
  | 'evidence'
  | 'acts'
  | 'suspensions'
  | 'keys'
  | 'people';

export interface ConsoleFrame extends Frame {
  readonly now: Date;
  readonly who: { readonly name: string; readonly office: Office; readonly formToken: string };
  /** The one participant that this person sees; undefined: the whole node. */
  readonly participant?: string;
  /** What it shows changes often: it refreshes itself where scripts run. */
  readonly refreshes?: boolean;
  /** Whoever is suspended among those in sight. */
  readonly suspended: readonly SuspensionLine[];
  /** Beside their entry in the navigation, where something waits. */
  readonly waiting: { readonly confirmations: number; readonly acts?: number | undefined };
}

export const pathOf: Record<Section, string> = {
  certificates: '/console',
  confirmations: '/console/confirmations',
  payouts: '/console/payouts',
  participants: '/console/participants',
  sources: '/console/sources',
  anchors: '/console/anchors',
  evidence: '/console/evidence',
  acts: '/console/acts',
  suspensions: '/console/suspensions',
  keys: '/console/keys',
  people: '/console/people',
};

const groups: readonly {
  readonly title?: keyof ConsoleTexts['nav'];
  readonly sections: readonly Section[];
}[] = [
  { sections: ['certificates', 'confirmations', 'payouts', 'participants'] },
  { title: 'groupTrust', sections: ['sources', 'anchors', 'evidence'] },
  { title: 'groupControl', sections: ['acts', 'suspensions', 'keys', 'people'] },
];
/** What belongs to no participant. */
const nodeOnly: readonly Section[] = ['anchors', 'evidence', 'acts', 'suspensions', 'people'];

interface SideProps {
  readonly frame: ConsoleFrame;
  readonly section: Section;
}

const labelOf = ({ nav }: ConsoleTexts, { participant }: ConsoleFrame, section: Section) =>
  nav[section === 'participants' && participant !== undefined ? 'participant' : section];

const Side: FC<SideProps> = (props) => {
  const texts = consoleTextsIn(props.frame.locale);
  const { nav } = texts;
  return (
    <nav class="side" aria-label={nav.label}>
      <div class="groups-of">
        <Groups {...props} />
      </div>
      {/* On a phone in its place: twelve entries would push the page's answer off the screen. */}
      <details class="menu">
        <summary>
          {nav.menu}: <b>{labelOf(texts, props.frame, props.section)}</b>
        </summary>
        <Groups {...props} />
      </details>
    </nav>
  );
};

const Groups: FC<SideProps> = ({ frame, section }) => {
  const { common, passkey, delegation } = textsIn(frame.locale);
  const texts = consoleTextsIn(frame.locale);
  const { nav } = texts;
  const counts: Partial<Record<Section, number | undefined>> = {
    ...frame.waiting,
    suspensions: frame.suspended.length,
  };
  const mine = (one: Section) => frame.participant === undefined || !nodeOnly.includes(one);
  return (
    <>
      {groups.map(({ title, sections }) => (
        <section>
          {title && <h2>{nav[title]}</h2>}
          <ul>
            {sections.filter(mine).map((one) => (
              <li>
                <a href={pathOf[one]} aria-current={one === section ? 'page' : undefined}>
                  {labelOf(texts, frame, one)}
                  {counts[one] ? <span class="count">{counts[one]}</span> : null}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <section>
        <h2>{common.access}</h2>
        <ul>
          <li>
            <a href="/passkeys">{passkey.listTitle}</a>
          </li>
          {frame.participant !== undefined && (
            <>
              <li>
                <a href="/delegation">{delegation.listTitle}</a>
              </li>
              <li>
                <a href="/suspension">{common.emergency}</a>
              </li>
            </>
          )}
        </ul>
      </section>
    </>
  );
};

export interface ConsolePageProps {
  readonly frame: ConsoleFrame;
  readonly section: Section;
  readonly title: string;
  readonly lead?: string;
  readonly children?: Child;
}

export const ConsolePage: FC<ConsolePageProps> = ({ frame, section, title, lead, children }) => {
  const texts = textsIn(frame.locale);
  const { name, office, formToken } = frame.who;
  return (
    <Page
      frame={frame}
      part="console"
      title={title}
      lead={lead}
      script={frame.refreshes ? refreshScriptPath : undefined}
      side={<Side frame={frame} section={section} />}
      end={
        <form method="post" action="/sign-out" class="who">
          <FormToken token={formToken} />
          <span>
            {name}, {texts.offices[office]}
          </span>
          <button class="plain" type="submit">
            {texts.signIn.signOut}
          </button>
        </form>
      }
    >
      {frame.refreshes && <Refreshing texts={consoleTextsIn(frame.locale)} />}
      {/* One element, so that a refresh puts things in place within it and nothing beside it moves. */}
      <div>
        {frame.participant !== undefined &&
          frame.suspended.map((line) => <SuspendedNote frame={frame} line={line} />)}
        {children}
      </div>
    </Page>
  );
};

/** Shown by the script that refreshes, and only where it runs. */
const Refreshing: FC<{ texts: ConsoleTexts }> = ({ texts: { refresh } }) => (
  <>
    <p class="live" data-refresh hidden>
      <span data-when="live">{fill(refresh.live, { seconds: refreshSeconds })}</span>
      <span data-when="paused">{refresh.paused}</span>{' '}
      <button type="button" class="plain">
        <span data-when="live">{refresh.pause}</span>
        <span data-when="paused">{refresh.resume}</span>
      </button>
    </p>
    <p class="note" role="status" data-refresh-ended hidden>
      {refresh.ended}
    </p>
  </>
);

export interface Column {
  readonly name: string;
  readonly number?: boolean;
}

/** Said aloud, for a browser forgets that a table is one where a phone lays it out as cards. */
const as = Object.fromEntries(
  ['table', 'rowgroup', 'row', 'columnheader', 'rowheader', 'cell'].map((role) => [role, { role }]),
);

/** The first cell of a row is what the row is about. */
export const List: FC<{
  caption: string;
  columns: readonly Column[];
  rows: readonly (readonly Child[])[];
}> = ({ caption, columns, rows }) => (
  <table class="list" {...as.table} aria-label={caption}>
    <thead {...as.rowgroup}>
      <tr {...as.row}>
        {columns.map(({ name, number }) => (
          <th scope="col" {...as.columnheader} class={number ? 'number' : undefined}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody {...as.rowgroup}>
      {rows.map((cells) => (
        <tr {...as.row}>
          {cells.map((cell, at) => {
            const { name, number } = columns[at]!;
            const content = <span>{cell}</span>;
            return at === 0 ? (
              <th scope="row" {...as.rowheader} data-name={name}>
                {content}
              </th>
            ) : (
              <td {...as.cell} data-name={name} class={number ? 'number' : undefined}>
                {content}
              </td>
            );
          })}
        </tr>
      ))}
    </tbody>
  </table>
);

/** What fills most empty lists. */
export const commands = {
  submit: "apodera enrolment submit --chain chain.pem --key key.pem --reason '…'",
  pay: 'apodera payout send message.json --certificate certificate.pem --key key.pem',
} as const;

export const Empty: FC<{ frame: Frame; title: string; text: string; command?: string }> = (props) => (
  <div class="empty">
    <h2>{props.title}</h2>
    <p>{props.text}</p>
    {props.command && (
      <p>
        {consoleTextsIn(props.frame.locale).commandLabel}: <code class="mono">{props.command}</code>
      </p>
    )}
  </div>
);

type Tone = 'ok' | 'warn' | 'danger' | 'info' | 'plain';

export const State: FC<{ tone: Tone; children?: Child }> = ({ tone, children }) => (
  <span class={`state ${tone}`}>{children}</span>
);

const networkTones: Record<NetworkStatus, Tone> = {
  pending: 'warn',
  active: 'ok',
  rejected: 'danger',
  disabled: 'danger',
};
const validityTones: Record<Validity, Tone> = {
  valid: 'ok',
  invalid: 'danger',
  expired: 'warn',
  revoked: 'danger',
};

const minuteMs = 60_000;

export const NetworkState: FC<{ frame: ConsoleFrame; status: NetworkStatus; since?: Date }> = (props) => {
  const { frame, status, since } = props;
  const { networkStatuses } = consoleTextsIn(frame.locale);
  // Not in its first minute: it would only make the word wide.
  const waits = status === 'pending' && since && frame.now.getTime() - since.getTime() >= minuteMs;
  return (
    <State tone={networkTones[status]}>
      {networkStatuses[status]}
      {waits && ` ${spanText(frame, since)}`}
    </State>
  );
};

export const ValidityState: FC<{ frame: Frame; validity: Validity }> = ({ frame, validity }) => (
  <State tone={validityTones[validity]}>{consoleTextsIn(frame.locale).validities[validity]}</State>
);

/** `51 h`, however far from now, in whichever direction. */
export function spanText(frame: ConsoleFrame, date: Date): string {
  const texts = consoleTextsIn(frame.locale);
  const minutes = Math.floor(Math.abs(frame.now.getTime() - date.getTime()) / minuteMs);
  if (minutes < 1) return texts.underMinute;
  if (minutes < 60) return fill(texts.minutes, { count: minutes });
  if (minutes < 72 * 60) return fill(texts.hours, { count: Math.floor(minutes / 60) });
  return fill(texts.days, { count: Math.floor(minutes / 1440) });
}

/** Relative; the exact moment on hover and for machines. */
export const When: FC<{ frame: ConsoleFrame; date: Date }> = ({ frame, date }) => {
  const texts = consoleTextsIn(frame.locale);
  const isNow = Math.abs(frame.now.getTime() - date.getTime()) < minuteMs;
  const away = fill(date <= frame.now ? texts.ago : texts.within, { time: spanText(frame, date) });
  return (
    <time datetime={date.toISOString()} title={momentText(date, frame)}>
      {isNow ? texts.now : away}
    </time>
  );
};

// On what is trust built now? Sources of revocation with their freshness, and the anchors in force.

import type { FC } from 'hono/jsx';
import { consoleTextsIn } from '../texts/console.ts';
import { fill } from '../texts/shared.ts';
import { dateText, thumbprintShort } from '../when.ts';
import { type ConsoleFrame, commands, State, When } from './frame.tsx';
import { ListPage } from './list-page.tsx';

export interface SourceLine {
  readonly source: string;
  readonly pscs: readonly string[];
  readonly certificates: number;
  readonly fetchedAt?: Date;
  readonly nextUpdate?: Date;
  /** As the certificate names it: shown as text, never as a link. */
  readonly url?: string;
  /** What went wrong at the last attempt. */
  readonly trouble?: string;
  readonly state: 'CURRENT' | 'STALE' | 'FROZEN' | 'UNSWEPT';
}

export const SourcesPage: FC<{ frame: ConsoleFrame; sources: readonly SourceLine[] }> = (props) => {
  const { frame, sources: lines } = props;
  const { sources, ...words } = consoleTextsIn(frame.locale);
  const columns = [
    { name: sources.psc },
    { name: words.state },
    { name: sources.fetched },
    { name: sources.nextUpdate },
    { name: sources.certificates, number: true },
    { name: sources.source },
  ];
  const tone = { CURRENT: 'ok', STALE: 'warn', FROZEN: 'danger', UNSWEPT: 'info' } as const;
  const rows = lines.map((line) => [
    line.pscs.join(', ') || words.unknown,
    <>
      <State tone={tone[line.state]}>{sources.states[line.state]}</State>
      {line.trouble && <small class="mono">{line.trouble}</small>}
    </>,
    line.fetchedAt ? (
      <When frame={frame} date={line.fetchedAt} />
    ) : line.state === 'UNSWEPT' ? (
      sources.unswept
    ) : (
      words.never
    ),
    line.nextUpdate ? <When frame={frame} date={line.nextUpdate} /> : words.unknown,
    line.certificates,
    line.url ? (
      <small>{line.url}</small>
    ) : (
      <span class="mono">
        {line.source.slice(0, 8)}…{line.source.slice(-6)}
      </span>
    ),
  ]);
  return (
    <ListPage
      frame={frame}
      section="sources"
      texts={sources}
      command={commands.submit}
      columns={columns}
      rows={rows}
    />
  );
};

export interface AnchorLine {
  readonly subject: string;
  readonly thumbprint: string;
  readonly notAfter: Date;
  readonly profile?: string;
}

export const AnchorsPage: FC<{ frame: ConsoleFrame; version: number; anchors: readonly AnchorLine[] }> = (
  props,
) => {
  const { frame, version, anchors: lines } = props;
  const { anchors, ...words } = consoleTextsIn(frame.locale);
  const columns = [
    { name: anchors.subject },
    { name: anchors.profile },
    { name: anchors.expires },
    { name: words.thumbprint },
  ];
  const rows = lines.map(({ subject, profile, notAfter, thumbprint }) => [
    subject,
    profile ?? words.unknown,
    <time datetime={notAfter.toISOString()}>{dateText(notAfter, frame)}</time>,
    <span class="mono">{thumbprintShort(thumbprint)}</span>,
  ]);
  return (
    <ListPage
      frame={frame}
      section="anchors"
      texts={anchors}
      lead={version > 0 ? fill(anchors.lead, { version }) : ''}
      command="apodera admin anchors --file manifest.json --reason '…'"
      columns={columns}
      rows={rows}
    />
  );
};

// Is what happened here on record? The chains of evidence with their length, what waits to be chained, and when all of
// it was signed last.

import type { FC } from 'hono/jsx';
import { Note } from '../parts.tsx';
import { consoleTextsIn } from '../texts/console.ts';
import { counted, fill } from '../texts/shared.ts';
import { groupedText, momentText } from '../when.ts';
import { type ConsoleFrame, State, When } from './frame.tsx';
import { ListPage } from './list-page.tsx';

export interface ChainLine {
  readonly scope: string;
  readonly name?: string;
  readonly records: number;
  readonly waiting: number;
  readonly since?: Date;
}

export interface EvidenceProps {
  readonly frame: ConsoleFrame;
  readonly chains: readonly ChainLine[];
  readonly lastHead?: { readonly number: number; readonly at?: Date; readonly broken?: number };
}

export const EvidencePage: FC<EvidenceProps> = ({ frame, chains, lastHead }) => {
  const { evidence, ...words } = consoleTextsIn(frame.locale);
  const columns = [
    { name: evidence.chain },
    { name: evidence.records, number: true },
    { name: evidence.waiting, number: true },
    { name: words.since },
  ];
  const rows = chains.map(({ scope, name, records, waiting, since }) => [
    <>
      {name ?? evidence.node}
      <small class="mono">{scope}</small>
    </>,
    groupedText(String(records), frame),
    waiting > 0 ? <State tone="warn">{waiting}</State> : 0,
    since ? <When frame={frame} date={since} /> : words.unknown,
  ]);
  return (
    <ListPage frame={frame} section="evidence" texts={evidence} columns={columns} rows={rows}>
      {lastHead?.broken ? (
        <div class="problem" role="alert">
          <h2>{fill(counted(lastHead.broken, evidence.broken), { count: lastHead.broken })}</h2>
          <p>{evidence.brokenText}</p>
        </div>
      ) : null}
      {lastHead?.at ? (
        <p>{fill(evidence.signed, { number: lastHead.number, at: momentText(lastHead.at, frame) })}</p>
      ) : (
        <Note>{evidence.unsigned}</Note>
      )}
      <p class="small">
        {evidence.audit} <code class="mono">apodera evidence audit</code>
      </p>
    </ListPage>
  );
};

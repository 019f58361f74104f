// Who of those in sight is suspended, said where nobody can miss it: to a participant's own people on every page, with
// what is asked of them; to those who see the node on its overview, one line for each.

import type { FC } from 'hono/jsx';
import type { SuspendedBy, SuspendingOffice } from '../../core/suspension/suspension.ts';
import type { Frame } from '../page.tsx';
import { Note } from '../parts.tsx';
import { consoleTextsIn } from '../texts/console.ts';
import { suspensionTextsIn } from '../texts/suspension.ts';
import { fill, textsIn } from '../texts/texts.ts';
import { momentText, whenText } from '../when.ts';

export interface SuspensionLine {
  readonly participantName: string;
  readonly finId: string;
  readonly state: 'WAITING' | 'DISPUTED' | 'OVERDUE' | 'CONFIRMED' | 'ENDED';
  readonly by: SuspendedBy['kind'];
  /** A person's name, another node's. */
  readonly byName?: string;
  readonly office?: SuspendingOffice;
  readonly since: Date;
  readonly confirmBy: Date;
  readonly confirmedAt?: Date;
  readonly disputedAt?: Date;
  /** Somebody of the participant can say the second word. */
  readonly someoneIsAsked: boolean;
  /** Whoever looks at the page is asked for it, or has called it a mistake. */
  readonly reader?: 'asked' | 'disputed';
}

interface Props {
  readonly frame: Frame;
  readonly line: SuspensionLine;
}

/** On every page of the participant's own people. */
export const SuspendedNote: FC<Props> = ({ frame, line }) => {
  const texts = suspensionTextsIn(frame.locale);
  const said = (text: string) =>
    fill(text, {
      participant: line.participantName,
      node: frame.nodeName,
      moment: momentText(line.confirmBy, frame),
      when: whenText(line.confirmedAt ?? line.disputedAt ?? line.since, frame),
    });
  return (
    <div class="problem" role="status">
      <h2>{said(texts.standingTitle)}</h2>
      <p>
        {fill(texts.standingText, {
          participant: line.participantName,
          moment: momentText(line.since, frame),
        })}{' '}
        {texts.by}: {byText(frame, line)}.
      </p>
      <p>{said(nextText(frame, line))}</p>
      {line.reader === 'asked' && (
        <p>
          <a href="/suspension">{texts.toSecondWord}</a>
        </p>
      )}
    </div>
  );
};

function nextText({ locale }: Frame, { state, reader, someoneIsAsked }: SuspensionLine): string {
  const texts = suspensionTextsIn(locale);
  if (state === 'CONFIRMED' || state === 'ENDED') return `${texts.confirmedText} ${texts.confirmedNext}`;
  if (reader === 'disputed') return texts.youDisputed;
  if (state === 'DISPUTED') return texts.disputed;
  if (state === 'OVERDUE') return someoneIsAsked ? texts.overdue : texts.waitsOperators;
  return reader === 'asked' ? texts.youAreAsked : texts.waits;
}

function byText(frame: Frame, { by, byName = '', office }: SuspensionLine): string {
  const texts = suspensionTextsIn(frame.locale);
  switch (by) {
    case 'person':
      return fill(texts.byPerson, {
        office: office ? textsIn(frame.locale).offices[office] : '',
        name: byName,
      });
    case 'apiKey':
      return texts.byKey;
    case 'node':
      return fill(texts.byNode, { name: byName });
    case 'nodeOperator':
      return fill(texts.byOperator, { node: frame.nodeName });
  }
}

/** For those who see the node: who, by whom, since when, and whose word is next, by when. */
export const SuspendedList: FC<{ frame: Frame; lines: readonly SuspensionLine[]; all: string }> = ({
  frame,
  lines,
  all,
}) => {
  const { certificates, suspensions } = consoleTextsIn(frame.locale);
  if (lines.length === 0) return null;
  const shown = lines.slice(0, 5);
  return (
    <Note>
      <p>
        <b>{fill(certificates.suspended, { count: lines.length })}</b>{' '}
        <a href={all}>{certificates.suspendedAll}</a>
      </p>
      <ul>
        {shown.map((line) => (
          <li>
            <a href={`/console/participants/${line.finId}`}>{line.participantName}</a>:{' '}
            {fill(certificates.suspendedLine, {
              since: momentText(line.since, frame),
              by: byText(frame, line),
              state: suspensions.states[line.state],
            })}
            {line.state === 'WAITING' &&
              ` ${fill(certificates.suspendedUntil, { until: momentText(line.confirmBy, frame) })}`}
          </li>
        ))}
      </ul>
    </Note>
  );
};

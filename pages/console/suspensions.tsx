// Which participants are suspended at this node, who said so, and whose word comes next? What needs the node operators
// stands first; the commands by which two of them decide stand below.

import type { FC } from 'hono/jsx';
import { consoleTextsIn } from '../texts/console.ts';
import { fill } from '../texts/shared.ts';
import { type ConsoleFrame, pathOf, State, When } from './frame.tsx';
import { ListPage } from './list-page.tsx';
import type { SuspensionLine } from './suspended.tsx';

const tones = {
  WAITING: 'warn',
  DISPUTED: 'danger',
  OVERDUE: 'danger',
  CONFIRMED: 'warn',
  ENDED: 'info',
} as const;

export const SuspensionsPage: FC<{ frame: ConsoleFrame; suspensions: readonly SuspensionLine[] }> = (
  props,
) => {
  const { frame, suspensions: lines } = props;
  const { suspensions, ...words } = consoleTextsIn(frame.locale);
  const columns = [
    { name: suspensions.participant },
    { name: words.state },
    { name: suspensions.by },
    { name: suspensions.since },
    { name: suspensions.until },
  ];
  const rows = lines.map((line) => [
    <>
      <a href={`${pathOf.participants}/${line.finId}`}>{line.participantName}</a>
      <small class="mono">{line.finId}</small>
    </>,
    <State tone={tones[line.state]}>{suspensions.states[line.state]}</State>,
    <>
      {suspensions.bys[line.by]}
      {line.byName && <small>{line.byName}</small>}
    </>,
    <When frame={frame} date={line.since} />,
    line.state === 'WAITING' ? <When frame={frame} date={line.confirmBy} /> : suspensions.nobody,
  ]);
  return (
    <ListPage
      frame={frame}
      section="suspensions"
      texts={suspensions}
      lead={fill(suspensions.lead, {
        lift: 'apodera admin lift-suspension',
        confirm: 'apodera admin confirm-suspension',
      })}
      command="apodera admin suspend --participant <fin_id> --reason '…'"
      columns={columns}
      rows={rows}
    />
  );
};

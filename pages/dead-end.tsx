// What does a page say that cannot do what was asked? What is true now, and the one thing to do.

import type { FC } from 'hono/jsx';
import { type Frame, Page, type PageProps } from './page.tsx';
import { Note } from './parts.tsx';
import { fill, textsIn } from './texts/texts.ts';

export const deadEnds = [
  'linkUnknown',
  'linkExpired',
  'notYours',
  'tries',
  'formOld',
  'busy',
  'notFound',
] as const;
export type DeadEnd = (typeof deadEnds)[number];

export interface DeadEndProps {
  readonly frame: Frame;
  readonly what: DeadEnd;
  readonly part?: PageProps['part'];
  /** The refusal's code, small, for support. */
  readonly code?: string;
  readonly minutes?: number;
  /** Where to try again; only where trying again can help. */
  readonly retry?: string;
}

export const DeadEndPage: FC<DeadEndProps> = ({
  frame,
  what,
  part = 'confirmations',
  code,
  minutes = 15,
  retry,
}) => {
  const { deadEnds: texts } = textsIn(frame.locale);
  return (
    <Page frame={frame} part={part} title={texts[`${what}Title`]} code={code}>
      <Note>
        <p>{fill(texts[`${what}Text`], { node: frame.nodeName, minutes })}</p>
      </Note>
      {retry && (
        <p>
          <a class="button" href={retry}>
            {texts.retry}
          </a>
        </p>
      )}
    </Page>
  );
};

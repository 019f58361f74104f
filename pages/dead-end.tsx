// What does a page say that cannot do what was asked? What is true now, and the one thing to do.

import type { FC } from 'hono/jsx';
import type { PageAnswer } from '../adapters/http/page-request.ts';
import { Refusal, Transient } from '../core/errors.ts';
import { documentOf, type Frame, Page, type PageProps } from './page.tsx';
import { Note } from './parts.tsx';
import { fill, textsIn } from './texts/texts.ts';

const deadEnds = ['linkUnknown', 'linkExpired', 'notYours', 'tries', 'formOld', 'busy', 'notFound'] as const;
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

export type DeadEndMore = Pick<DeadEndProps, 'part' | 'code' | 'minutes' | 'retry'>;

export function deadEnd(frame: Frame, what: DeadEnd, status: number, more: DeadEndMore): PageAnswer {
  return { status, body: documentOf(<DeadEndPage frame={frame} what={what} {...more} />) };
}

/** For whatever refused behind a mailed link. @throws what is neither a refusal nor busy: a fault */
export function refusedEnd(
  error: unknown,
  frame: Frame,
  { part, retry }: Pick<DeadEndMore, 'part' | 'retry'>,
): PageAnswer {
  if (error instanceof Transient) return deadEnd(frame, 'busy', 503, { part, retry });
  if (!(error instanceof Refusal)) throw error;
  const { code } = error;
  switch (code) {
    case 'LINK_UNKNOWN':
      return deadEnd(frame, 'linkUnknown', 404, { part, code });
    case 'LINK_EXPIRED':
      return deadEnd(frame, 'linkExpired', 410, { part, code });
    case 'DECISION_NOT_YOURS':
    case 'SUSPENSION_NOT_YOURS':
    case 'PERSON_NOT_ACTIVE':
    case 'PERSON_POWER_NOT_IN_FORCE':
    case 'PERSON_WRONG_OFFICE':
      return deadEnd(frame, 'notYours', 403, { part, code });
    case 'TRIES_EXHAUSTED':
      return deadEnd(frame, 'tries', 429, { part, code, retry, minutes: minutesIn(error) });
    default:
      return code.startsWith('PROOF_')
        ? deadEnd(frame, 'formOld', 409, { part, code, retry })
        : deadEnd(frame, 'busy', 500, { part, code, retry });
  }
}

/** `a pause of 12 min` */
export function minutesIn(error: Refusal): number {
  return Number(/\d+/.exec(error.detail.expected ?? '')?.[0] ?? 15);
}

// What is true once there is nothing left to decide? Who decided, when, why, and the one thing to do now. No dead end.

import type { FC } from 'hono/jsx';
import type { Decision } from '../core/people/decision.ts';
import { type Frame, Page } from './page.tsx';
import { Fact, Note } from './parts.tsx';
import { fill, type Texts, textsIn } from './texts/texts.ts';
import { thumbprintGroups, whenText } from './when.ts';

export interface DecidedFacts {
  readonly participant: string;
  readonly use: 'signing' | 'transport';
  readonly thumbprint: string;
  readonly state: Decision['state'];
  readonly cause?: Decision['cause'];
  readonly decidedAt: Date;
  /** Who gave the deciding vote; absent where no vote decided, or the contact was erased. */
  readonly decidedBy?: string;
  /** Whose delegate gave it. */
  readonly onBehalfOf?: readonly string[];
  /** This person's own vote. */
  readonly own?: { readonly vote: 'confirm' | 'reject'; readonly at: Date };
}

export const DecidedPage: FC<{ frame: Frame; facts: DecidedFacts }> = ({ frame, facts }) => {
  const texts = textsIn(frame.locale);
  const behalf = facts.onBehalfOf ? fill(texts.decided.behalf, { names: facts.onBehalfOf.join(', ') }) : '';
  const said = (text: string) =>
    fill(text, {
      participant: facts.participant,
      node: frame.nodeName,
      name: [facts.decidedBy ?? '', behalf].filter(Boolean).join(', '),
      when: whenText(facts.own && !facts.cause ? facts.own.at : facts.decidedAt, frame),
    });
  return (
    <Page frame={frame} part="confirmations" title={titleOf(texts, facts)} help={!facts.own}>
      <Note tone={facts.state === 'confirmed' || facts.state === 'waiting' ? 'ok' : 'warn'}>
        <p>{said(whatHappened(texts, facts))}</p>
      </Note>
      <p>{said(nextStep(texts, facts))}</p>
      <dl class="facts">
        <Fact name={texts.confirm.participant}>{facts.participant}</Fact>
        <Fact name={texts.confirm.use}>{texts.uses[facts.use]}</Fact>
        <Fact name={texts.confirm.thumbprint}>
          <span class="mono groups">
            {thumbprintGroups(facts.thumbprint).map((group) => (
              <span>{group} </span>
            ))}
          </span>
        </Fact>
      </dl>
      {facts.own && <p>{said(texts.decided.nextUnexpected)}</p>}
    </Page>
  );
};

function titleOf({ decided }: Texts, { own, state }: DecidedFacts): string {
  if (own) return own.vote === 'confirm' ? decided.youConfirmed : decided.youRejected;
  return state === 'waiting' ? decided.expired : decided[state];
}

function whatHappened({ decided }: Texts, facts: DecidedFacts): string {
  if (facts.state === 'waiting') return decided.waitingOthers;
  if (facts.state === 'expired') return decided.expiredText;
  switch (facts.cause) {
    case 'WRONG_CODE':
      return decided.wrongCode;
    case 'SUPERSEDED':
      return decided.superseded;
    case 'WITHDRAWN':
      return decided.withdrawn;
    case 'SUSPENDED':
      return decided.suspended;
    case 'OFFICE_MISSING':
      return decided.officeMissing;
    default:
      return facts.own || !facts.decidedBy ? decided.recorded : decided.by;
  }
}

function nextStep({ decided }: Texts, { state }: DecidedFacts): string {
  if (state === 'confirmed' || state === 'waiting') return decided.nextConfirmed;
  return state === 'expired' ? decided.nextExpired : decided.nextRejected;
}

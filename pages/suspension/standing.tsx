// What is true of a suspension now, for one of the two people of the participant? The question for the second word
// while it waits for this person; for everybody else what stands, since when, and who decides.

import type { FC } from 'hono/jsx';
import { quotable } from '../../core/plain-text.ts';
import { type Frame, Page } from '../page.tsx';
import { Fact, FactorFields, FormToken, Note, type Problem, ProblemSummary } from '../parts.tsx';
import { PasskeyPart } from '../passkey.tsx';
import { type SuspensionTexts, suspensionTextsIn } from '../texts/suspension.ts';
import { fill, textsIn } from '../texts/texts.ts';
import { momentText, whenText } from '../when.ts';

export interface StandingFacts {
  readonly participant: string;
  readonly participantId: string;
  readonly since: Date;
  readonly confirmBy: Date;
  readonly by:
    | { readonly kind: 'person'; readonly office: 'securityOfficer' | 'apoderado'; readonly name: string }
    | { readonly kind: 'apiKey' }
    | { readonly kind: 'nodeOperator' }
    | { readonly kind: 'node'; readonly name: string };
  readonly reason: string;
  readonly confirmedAt?: Date;
  readonly disputedAt?: Date;
  /** The second word is this person's, and not said yet. */
  readonly isAsked: boolean;
  readonly someoneIsAsked: boolean;
  /** This person said that it is a mistake. */
  readonly youDisputed: boolean;
}

interface Props {
  readonly frame: Frame;
  readonly facts: StandingFacts;
}

export const SecondWordPage: FC<
  Props & {
    readonly formToken: string;
    readonly problems: readonly Problem[];
    /** The person decides with a passkey. */
    readonly passkey: boolean;
  }
> = ({ frame, facts, formToken, problems, passkey }) => {
  const texts = textsIn(frame.locale);
  const suspension = suspensionTextsIn(frame.locale);
  const said = sayer(frame, facts);
  return (
    <Page
      frame={frame}
      part="emergency"
      title={said(suspension.question)}
      lead={said(suspension.consequence)}
      hasProblem={problems.length > 0}
      passkey={passkey}
    >
      <ProblemSummary place={frame} problems={problems} />
      <Facts frame={frame} facts={facts} />
      <Note>
        <p>
          <b>{suspension.unexpected}</b> {said(suspension.unexpectedText)}
        </p>
      </Note>
      <form method="post" data-passkey={passkey || undefined}>
        <FormToken token={formToken} />
        <h2>{suspension.factor}</h2>
        {passkey ? (
          <PasskeyPart texts={texts} problems={problems} signs />
        ) : (
          <FactorFields texts={texts} problems={problems} />
        )}
        <div class="actions">
          <button type="submit" name="word" value="confirm">
            {suspension.confirmButton}
          </button>
          <button type="submit" name="word" value="dispute" class="no">
            {suspension.disputeButton}
          </button>
        </div>
      </form>
      <p class="small">{said(suspension.deadline, { moment: momentText(facts.confirmBy, frame) })}</p>
    </Page>
  );
};

export const StandingPage: FC<Props> = ({ frame, facts }) => {
  const suspension = suspensionTextsIn(frame.locale);
  const said = sayer(frame, facts);
  const { confirmedAt } = facts;
  if (confirmedAt)
    return (
      <Page frame={frame} part="emergency" title={said(suspension.confirmedTitle)} help={false}>
        <Note tone="ok">
          <p>{said(suspension.confirmedText, { when: whenText(confirmedAt, frame) })}</p>
        </Note>
        <Facts frame={frame} facts={facts} />
        <p>{said(suspension.confirmedNext)}</p>
      </Page>
    );
  return (
    <Page frame={frame} part="emergency" title={said(suspension.standingTitle)}>
      <Note tone="ok">
        <p>{said(suspension.standingText, { moment: momentText(facts.since, frame) })}</p>
      </Note>
      <p>{said(waitingText(suspension, facts), waitingTimes(frame, facts))}</p>
      <Facts frame={frame} facts={facts} />
    </Page>
  );
};

function waitingText(
  texts: SuspensionTexts,
  { youDisputed, disputedAt, someoneIsAsked }: StandingFacts,
): string {
  if (youDisputed) return texts.youDisputed;
  if (disputedAt) return texts.disputed;
  return someoneIsAsked ? texts.waits : texts.waitsOperators;
}

const waitingTimes = (frame: Frame, { confirmBy, disputedAt }: StandingFacts) => ({
  moment: momentText(confirmBy, frame),
  when: disputedAt ? whenText(disputedAt, frame) : '',
});

export const LiftedPage: FC<{ frame: Frame; participant: string }> = ({ frame, participant }) => {
  const suspension = suspensionTextsIn(frame.locale);
  const said = (text: string) => fill(text, { participant, node: frame.nodeName });
  return (
    <Page frame={frame} part="emergency" title={said(suspension.liftedTitle)}>
      <Note tone="info">
        <p>{said(suspension.liftedText)}</p>
      </Note>
      <p>
        <a class="button" href="/suspension">
          {suspension.again}
        </a>
      </p>
    </Page>
  );
};

const Facts: FC<Props> = ({ frame, facts }) => {
  const suspension = suspensionTextsIn(frame.locale);
  const cause = (suspension.causes as Record<string, string>)[facts.reason];
  return (
    <dl class="facts">
      <Fact name={suspension.by}>{byText(frame, facts)}</Fact>
      <Fact name={suspension.why}>
        {cause ?? (
          <>
            <q class="quote">{quotable(facts.reason)}</q>
            <small>{suspension.whyOther}</small>
          </>
        )}
      </Fact>
      <Fact name={suspension.since}>{momentText(facts.since, frame)}</Fact>
      {!facts.confirmedAt && facts.someoneIsAsked && (
        <Fact name={suspension.deadlineLabel}>{momentText(facts.confirmBy, frame)}</Fact>
      )}
      <Fact name={suspension.company}>
        {facts.participant}
        <small>{facts.participantId}</small>
      </Fact>
    </dl>
  );
};

function byText(frame: Frame, { by }: StandingFacts): string {
  const texts = textsIn(frame.locale);
  const suspension = suspensionTextsIn(frame.locale);
  switch (by.kind) {
    case 'person':
      return fill(suspension.byPerson, { office: texts.offices[by.office], name: by.name });
    case 'apiKey':
      return suspension.byKey;
    case 'node':
      return fill(suspension.byNode, { name: by.name });
    case 'nodeOperator':
      return fill(suspension.byOperator, { node: frame.nodeName });
  }
}

function sayer(frame: Frame, { participant }: StandingFacts) {
  return (text: string, more: Record<string, string> = {}) =>
    fill(text, { participant, node: frame.nodeName, ...more });
}

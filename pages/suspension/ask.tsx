// What does somebody see who wants everything of their company stopped? One question, what happens, who they are: by
// passkey, or by password without any script. Nothing of the company is needed; it says nothing of who is known here.

import type { FC } from 'hono/jsx';
import { suspensionCauses } from '../../core/suspension/suspension.ts';
import { type Frame, Page } from '../page.tsx';
import { FormToken, Note, type Problem, ProblemSummary, SignInFields } from '../parts.tsx';
import { PasskeyPart } from '../passkey.tsx';
import { type SuspensionTexts, suspensionTextsIn } from '../texts/suspension.ts';
import { fill, textsIn } from '../texts/texts.ts';

export interface AskProps {
  readonly frame: Frame;
  readonly formToken: string;
  readonly problems: readonly Problem[];
  readonly email?: string;
  readonly cause?: string;
  /** Whether password and app count here for those without a passkey. */
  readonly fallback: boolean;
}

export const AskPage: FC<AskProps> = ({ frame, formToken, problems, email, cause, fallback }) => {
  const texts = textsIn(frame.locale);
  const suspension = suspensionTextsIn(frame.locale);
  const said = (text: string) => fill(text, { node: frame.nodeName });
  return (
    <Page
      frame={frame}
      part="emergency"
      title={said(suspension.title)}
      lead={suspension.lead}
      hasProblem={problems.length > 0}
      passkey
    >
      <ProblemSummary place={frame} problems={problems} />
      <Note>
        <p>
          <b>{suspension.effectsTitle}</b>
        </p>
        <ul>
          {suspension.effects.map((effect) => (
            <li>{said(effect)}</li>
          ))}
        </ul>
      </Note>
      <form method="post" data-passkey>
        <FormToken token={formToken} />
        {/* What the return key presses in a field: a passkey is asked for by its own button alone. */}
        {fallback && <button type="submit" class="unseen" tabindex={-1} aria-hidden="true" data-plain />}
        <Causes suspension={suspension} cause={cause} />
        <h2>{texts.passkey.signInHeading}</h2>
        <PasskeyPart texts={texts} problems={problems} signs />
        <div class="actions one">
          <button type="submit" class="no" name="step" value="passkey">
            {suspension.suspendButton}
          </button>
        </div>
        {fallback && (
          <>
            <h2>{texts.passkey.signInFallback}</h2>
            <SignInFields texts={texts} problems={problems} label={said(suspension.email)} email={email} />
            <div class="actions one">
              <button type="submit" class="no" name="step" value="password" data-plain>
                {suspension.suspendButton}
              </button>
            </div>
          </>
        )}
      </form>
      <p class="small">{said(suspension.mistaken)}</p>
    </Page>
  );
};

const Causes: FC<{ suspension: SuspensionTexts; cause: string | undefined }> = ({ suspension, cause }) => (
  <fieldset>
    <legend>{suspension.cause}</legend>
    <div class="choices">
      {suspensionCauses.map((each) => (
        <label>
          <input type="radio" name="cause" value={each} checked={cause === each} />
          {suspension.causes[each]}
        </label>
      ))}
    </div>
  </fieldset>
);

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
      {/* Asked once for both ways: without a script it goes with the password, with one the passkey's form takes it. */}
      <form method="post" data-passkey data-takes="cause">
        <FormToken token={formToken} />
        <Causes suspension={suspension} cause={cause} form={fallback ? passwordForm : undefined} />
        <h2>{texts.passkey.signInHeading}</h2>
        <PasskeyPart texts={texts} problems={problems} signs />
        <div class="actions one">
          <button type="submit" class="no" name="step" value="passkey">
            {suspension.suspendButton}
          </button>
        </div>
      </form>
      {fallback && (
        <>
          <h2>{texts.passkey.signInFallback}</h2>
          <form method="post" id={passwordForm}>
            <FormToken token={formToken} />
            <SignInFields texts={texts} problems={problems} label={said(suspension.email)} email={email} />
            <div class="actions one">
              <button type="submit" class="no">
                {suspension.suspendButton}
              </button>
            </div>
          </form>
        </>
      )}
      <p class="small">{said(suspension.mistaken)}</p>
    </Page>
  );
};

const passwordForm = 'by-password';

const Causes: FC<{ suspension: SuspensionTexts; cause: string | undefined; form: string | undefined }> = ({
  suspension,
  cause,
  form,
}) => (
  <fieldset>
    <legend>{suspension.cause}</legend>
    <div class="choices">
      {suspensionCauses.map((each) => (
        <label>
          <input type="radio" name="cause" value={each} checked={cause === each} form={form} />
          {suspension.causes[each]}
        </label>
      ))}
    </div>
  </fieldset>
);

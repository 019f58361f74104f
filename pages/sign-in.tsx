// What does somebody see to sign in, in the browser or for the command line on the same machine?

import type { FC } from 'hono/jsx';
import { type Frame, Page } from './page.tsx';
import { FormToken, Note, type Problem, ProblemSummary, SignInFields } from './parts.tsx';
import { PasskeyPart } from './passkey.tsx';
import { fill, textsIn } from './texts/texts.ts';

export interface SignInProps {
  readonly frame: Frame;
  readonly formToken: string;
  readonly problems: readonly Problem[];
  /** The command line asked for it (RFC 8252). */
  readonly forCli: boolean;
  readonly email?: string;
  /** Whether password and app count here for those without a passkey. */
  readonly fallback: boolean;
}

export const SignInPage: FC<SignInProps> = ({ frame, formToken, problems, forCli, email, fallback }) => {
  const texts = textsIn(frame.locale);
  const { signIn } = texts;
  return (
    <Page
      frame={frame}
      part="access"
      title={fill(signIn.title, { node: frame.nodeName })}
      lead={forCli ? undefined : signIn.lead}
      hasProblem={problems.length > 0}
      passkey
    >
      <ProblemSummary place={frame} problems={problems} />
      {forCli && (
        <Note>
          <p>{signIn.leadCli}</p>
        </Note>
      )}
      <h2>{texts.passkey.signInHeading}</h2>
      <form method="post" data-passkey>
        <FormToken token={formToken} />
        <PasskeyPart texts={texts} problems={problems} />
        <div class="actions one">
          <button type="submit" name="step" value="passkey">
            {texts.passkey.signInButton}
          </button>
        </div>
      </form>
      {fallback && (
        <>
          <h2>{texts.passkey.signInFallback}</h2>
          <form method="post">
            <FormToken token={formToken} />
            <SignInFields texts={texts} problems={problems} label={signIn.email} email={email} />
            <div class="actions one">
              <button type="submit" class="second">
                {signIn.button}
              </button>
            </div>
          </form>
        </>
      )}
      {!forCli && (
        <p class="small">
          {signIn.emergency} <a href="/suspension">{texts.common.emergency}</a>
        </p>
      )}
    </Page>
  );
};

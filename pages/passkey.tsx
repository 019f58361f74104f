// What does a person see of their passkeys? A hint where a form asks for one, the choice at an invitation, and the list
// of those they have, with one to add or to end.

import type { FC } from 'hono/jsx';
import { type Frame, Page } from './page.tsx';
import { Fact, FormToken, Note, type Problem, ProblemSummary } from './parts.tsx';
import { fill, type Texts, textsIn } from './texts/texts.ts';
import { momentText } from './when.ts';

/** Inside a form with `data-passkey`: what will happen, and what went wrong in the browser. */
export const PasskeyPart: FC<{ texts: Texts; problems: readonly Problem[]; signs?: boolean }> = ({
  texts,
  problems,
  signs,
}) => {
  const wrong = problems.find(({ field }) => field === 'passkey');
  return (
    <div class={wrong ? 'field bad' : 'field'} id="passkey" tabindex={-1}>
      <span class="hint">
        {texts.passkey.hint} {signs && texts.passkey.signs}
      </span>
      {wrong && <span class="wrong">{wrong.text}</span>}
      <span class="wrong" data-passkey-note="failed" role="alert" hidden>
        {texts.passkey.failed}
      </span>
      <span class="wrong" data-passkey-note="taken" role="alert" hidden>
        {texts.passkey.taken}
      </span>
      <noscript>
        <span class="wrong">{texts.passkey.noScript}</span>
      </noscript>
    </div>
  );
};

export interface PasskeysProps {
  readonly frame: Frame;
  readonly formToken: string;
  readonly problems: readonly Problem[];
  readonly passkeys: readonly { readonly credentialId: string; readonly addedAt: Date }[];
  readonly done?: 'added' | 'ended';
}

export const PasskeysPage: FC<PasskeysProps> = (props) => {
  const { frame, problems, passkeys, done } = props;
  const texts = textsIn(frame.locale);
  const { passkey } = texts;
  const said = (text: string) => fill(text, { node: frame.nodeName });
  return (
    <Page
      frame={frame}
      part="access"
      title={passkey.listTitle}
      lead={said(passkeys.length === 0 ? passkey.listEmpty : passkey.listLead)}
      hasProblem={problems.length > 0}
      passkey
    >
      <ProblemSummary place={frame} problems={problems} />
      {done && (
        <Note tone="ok">
          <p>{passkey[done]}</p>
        </Note>
      )}
      {passkeys.length > 0 && <Theirs {...props} />}
      <p>
        <a href="/console">{texts.common.console}</a>
      </p>
    </Page>
  );
};

/** The last one cannot be ended; another can be added. */
const Theirs: FC<PasskeysProps> = ({ frame, formToken, problems, passkeys }) => {
  const texts = textsIn(frame.locale);
  const { passkey } = texts;
  return (
    <>
      <dl class="facts">
        {passkeys.map(({ credentialId, addedAt }, at) => (
          <Fact name={fill(passkey.item, { number: at + 1 })}>
            {fill(passkey.since, { moment: momentText(addedAt, frame) })}
            {passkeys.length > 1 && (
              <form method="post" data-passkey>
                <FormToken token={formToken} />
                <input type="hidden" name="credential" value={credentialId} />
                <button type="submit" class="plain" name="step" value="end">
                  {passkey.endButton}
                </button>
              </form>
            )}
          </Fact>
        ))}
      </dl>
      {passkeys.length === 1 && (
        <Note tone="info">
          <p>{passkey.last}</p>
        </Note>
      )}
      <h2>{passkey.addHeading}</h2>
      <p>{passkey.addText}</p>
      <form method="post" data-passkey>
        <FormToken token={formToken} />
        <PasskeyPart texts={texts} problems={problems} />
        <div class="actions one">
          <button type="submit" name="step" value="add">
            {passkey.addButton}
          </button>
        </div>
      </form>
    </>
  );
};

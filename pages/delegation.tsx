// What does an apoderado see who names somebody to answer for them, and an officer who may stop it? Who answers for
// whom, until when, and one form.

import type { FC } from 'hono/jsx';
import { type Frame, Page } from './page.tsx';
import { Fact, FactorFields, Field, FormToken, Note, type Problem, ProblemSummary } from './parts.tsx';
import { PasskeyPart } from './passkey.tsx';
import { fill, type Texts, textsIn } from './texts/texts.ts';
import { momentText } from './when.ts';

export interface DelegationShown {
  readonly principalId: string;
  readonly principal: string;
  readonly delegate: string;
  readonly from: Date;
  readonly until: Date;
  /** Whether this person may stop it. */
  readonly mayStop: boolean;
}

export interface DelegationProps {
  readonly frame: Frame;
  readonly formToken: string;
  readonly problems: readonly Problem[];
  readonly participant: string;
  readonly open: readonly DelegationShown[];
  /** Whom this person may name; undefined where they name nobody. */
  readonly candidates?: readonly { readonly personId: string; readonly name: string }[];
  readonly passkey: boolean;
  readonly done?: 'made' | 'stopped';
}

export const DelegationPage: FC<DelegationProps> = (props) => {
  const { frame, problems, participant, open, candidates, passkey, done } = props;
  const texts = textsIn(frame.locale);
  const { delegation } = texts;
  return (
    <Page
      frame={frame}
      part="access"
      title={candidates ? delegation.title : delegation.listTitle}
      lead={fill(delegation.lead, { participant })}
      hasProblem={problems.length > 0}
      passkey={passkey}
    >
      <ProblemSummary place={frame} problems={problems} />
      {done && (
        <Note tone="ok">
          <p>{delegation[done]}</p>
        </Note>
      )}
      {open.length === 0 ? (
        <Note tone="info">
          <p>{delegation.none}</p>
        </Note>
      ) : (
        open.map((one) => <Open {...props} one={one} texts={texts} />)
      )}
      {candidates && open.every(({ mayStop }) => !mayStop) && <Make {...props} texts={texts} />}
      <p>
        <a href="/console">{texts.common.console}</a>
      </p>
    </Page>
  );
};

type PartProps = DelegationProps & { readonly texts: Texts };

const Open: FC<PartProps & { one: DelegationShown }> = (props) => {
  const { frame, formToken, problems, passkey, texts, one } = props;
  const { delegation } = texts;
  const times = { from: momentText(one.from, frame), until: momentText(one.until, frame) };
  return (
    <>
      <dl class="facts">
        <Fact name={fill(delegation.current, { delegate: one.delegate, principal: one.principal })}>
          {fill(delegation.times, times)}
        </Fact>
      </dl>
      {one.mayStop && (
        <form method="post" data-passkey={passkey || undefined}>
          <FormToken token={formToken} />
          <input type="hidden" name="principal" value={one.principalId} />
          {passkey ? (
            <PasskeyPart texts={texts} problems={problems} signs />
          ) : (
            <FactorFields texts={texts} problems={problems} />
          )}
          <div class="actions one">
            <button type="submit" name="change" value="stop" class="no">
              {delegation.stop}
            </button>
          </div>
        </form>
      )}
    </>
  );
};

const Make: FC<PartProps> = ({ frame, formToken, problems, candidates = [], passkey, texts }) => {
  const { delegation } = texts;
  if (!passkey || candidates.length === 0)
    return (
      <Note>
        <p>{passkey ? delegation.nobody : fill(delegation.needPasskey, { node: frame.nodeName })}</p>
      </Note>
    );
  return (
    <form method="post" data-passkey>
      <FormToken token={formToken} />
      <fieldset>
        <legend>{delegation.delegate}</legend>
        <div class="choices">
          {candidates.map(({ personId, name }) => (
            <label>
              <input type="radio" name="delegate" value={personId} required />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      <Field
        id="until"
        label={delegation.until}
        hint={delegation.untilHint}
        kind="date"
        autocomplete="off"
        problems={problems}
      />
      <PasskeyPart texts={texts} problems={problems} signs />
      <div class="actions one">
        <button type="submit" name="change" value="make">
          {delegation.make}
        </button>
      </div>
    </form>
  );
};

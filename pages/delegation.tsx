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
      lead={fill(candidates ? delegation.lead : delegation.listLead, { participant })}
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
        <dl class="facts">
          {open.map((one) => (
            <Fact name={namesOf(texts, one)}>
              {fill(delegation.times, {
                from: momentText(one.from, frame),
                until: momentText(one.until, frame),
              })}
            </Fact>
          ))}
        </dl>
      )}
      <Stop {...props} texts={texts} />
      {candidates && open.every(({ mayStop }) => !mayStop) && <Make {...props} texts={texts} />}
      <p>
        <a href="/console">{texts.common.console}</a>
      </p>
    </Page>
  );
};

type PartProps = DelegationProps & { readonly texts: Texts };

const namesOf = ({ delegation }: Texts, { delegate, principal }: DelegationShown) =>
  fill(delegation.current, { delegate, principal });

/** One form, whichever is stopped: one password on the page, and one place where it is asked for. */
const Stop: FC<PartProps> = ({ formToken, problems, open, passkey, texts }) => {
  const stoppable = open.filter(({ mayStop }) => mayStop);
  const [first, ...others] = stoppable;
  if (!first) return null;
  return (
    <form method="post" data-passkey={passkey || undefined}>
      <FormToken token={formToken} />
      {others.length === 0 ? (
        <input type="hidden" name="principal" value={first.principalId} />
      ) : (
        <fieldset>
          <legend>{texts.delegation.which}</legend>
          <div class="choices">
            {stoppable.map((one) => (
              <label>
                <input type="radio" name="principal" value={one.principalId} required />
                {namesOf(texts, one)}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {passkey ? (
        <PasskeyPart texts={texts} problems={problems} signs />
      ) : (
        <FactorFields texts={texts} problems={problems} />
      )}
      <div class="actions one">
        <button type="submit" name="change" value="stop" class="no">
          {texts.delegation.stop}
        </button>
      </div>
    </form>
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

// What does a person see who is asked to confirm a certificate? The question in their words, the facts, what to do if
// it was not expected, and two buttons of one size. Neither the 6-character code nor its hash is anywhere here.

import type { FC } from 'hono/jsx';
import { type AskedOffice, rejectionCauses } from '../core/people/decision.ts';
import { quotable } from '../core/plain-text.ts';
import { type Frame, Page } from './page.tsx';
import { Fact, FactorFields, Field, FormToken, Note, type Problem, ProblemSummary } from './parts.tsx';
import { PasskeyPart } from './passkey.tsx';
import { taxIdText } from './tax-id.ts';
import { fill, type Texts, textsIn } from './texts/texts.ts';
import { dateText, momentText, serialText, thumbprintGroups, thumbprintShort, whenText } from './when.ts';

export interface ConfirmationFacts {
  readonly office: AskedOffice;
  readonly participant: string;
  readonly participantId: string;
  /** Name and tax id of the certificate's holder; for `transport` the company itself. */
  readonly holder: { readonly name: string; readonly taxIdType: string; readonly taxId: string };
  readonly psc: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: 'signing' | 'transport';
  /** As the submitter wrote it: quoted and escaped, at most 200 characters. */
  readonly reason: string;
  readonly replaces: { readonly thumbprint: string; readonly notAfter?: Date } | null;
  readonly thumbprint: string;
  readonly serialNumber: string;
  readonly expiresAt: Date;
  readonly others: readonly { readonly thumbprint: string; readonly createdAt: Date }[];
}

export interface ConfirmationProps {
  readonly frame: Frame;
  readonly facts: ConfirmationFacts;
  readonly formToken: string;
  readonly problems: readonly Problem[];
  /** What was typed before a problem; never the password. */
  readonly typedCode?: string;
  readonly cause?: string;
  /** For whom this person answers besides themselves. */
  readonly onBehalfOf: readonly string[];
  /** The person decides with a passkey. */
  readonly passkey: boolean;
}

export const ConfirmationPage: FC<ConfirmationProps> = (props) => {
  const { frame, facts, problems, onBehalfOf, passkey } = props;
  const texts = textsIn(frame.locale);
  const said = (text: string) => saidIn(props, text);
  return (
    <Page
      frame={frame}
      part="confirmations"
      title={said(titleOf(texts, facts))}
      lead={said(leadOf(texts, facts))}
      hasProblem={problems.length > 0}
      passkey={passkey}
    >
      <ProblemSummary place={frame} problems={problems} />
      <Facts frame={frame} facts={facts} texts={texts} />
      <Others frame={frame} facts={facts} texts={texts} />
      {onBehalfOf.length > 0 && (
        <Note tone="info">
          <p>{fill(texts.delegation.also, { names: onBehalfOf.join(', ') })}</p>
        </Note>
      )}
      <Note>
        <p>
          <b>{texts.confirm.unexpected}</b>{' '}
          {facts.office === 'apoderado' ? texts.confirm.unexpectedApoderado : texts.confirm.unexpectedOfficer}
        </p>
      </Note>
      <Vote {...props} />
      <p class="small">{fill(texts.confirm.deadline, { moment: momentText(facts.expiresAt, frame) })}</p>
    </Page>
  );
};

/** The code of the mail, their factor, why not, and two buttons. */
const Vote: FC<ConfirmationProps> = (props) => {
  const { frame, formToken, problems, typedCode, cause, passkey } = props;
  const texts = textsIn(frame.locale);
  return (
    <form method="post" autocomplete="off" data-passkey={passkey || undefined}>
      <FormToken token={formToken} />
      <Field
        id="code"
        label={saidIn(props, texts.confirm.code)}
        hint={texts.confirm.codeHint}
        autocomplete="off"
        look="code"
        maxlength={12}
        value={typedCode}
        problems={problems}
      />
      <h2>{texts.confirm.factor}</h2>
      {passkey ? (
        <PasskeyPart texts={texts} problems={problems} signs />
      ) : (
        <FactorFields texts={texts} problems={problems} />
      )}
      <fieldset>
        <legend>{texts.confirm.why}</legend>
        <div class="choices">
          {rejectionCauses.map((each) => (
            <label>
              <input type="radio" name="cause" value={each} checked={cause === each} />
              {texts.confirm.causes[each]}
            </label>
          ))}
        </div>
      </fieldset>
      <div class="actions">
        <button type="submit" name="vote" value="confirm">
          {texts.confirm.confirmButton}
        </button>
        <button type="submit" name="vote" value="reject" class="no">
          {texts.confirm.rejectButton}
        </button>
      </div>
    </form>
  );
};

const saidIn = ({ frame, facts }: ConfirmationProps, text: string) =>
  fill(text, { participant: facts.participant, node: frame.nodeName });

function titleOf({ confirm }: Texts, { use, office }: ConfirmationFacts): string {
  if (use === 'transport') return confirm.titleTransport;
  return office === 'apoderado' ? confirm.titleApoderado : confirm.titleOfficer;
}

function leadOf({ confirm }: Texts, { use, office }: ConfirmationFacts): string {
  if (use === 'transport') return confirm.leadTransport;
  return office === 'apoderado' ? confirm.leadApoderado : confirm.leadOfficer;
}

const Facts: FC<{ frame: Frame; facts: ConfirmationFacts; texts: Texts }> = ({ frame, facts, texts }) => {
  const { confirm } = texts;
  const dates = { from: dateText(facts.notBefore, frame), until: dateText(facts.notAfter, frame) };
  return (
    <dl class="facts">
      <Fact name={confirm.holder}>
        {facts.holder.name}
        <small>{taxIdText(facts.holder.taxIdType, facts.holder.taxId)}</small>
      </Fact>
      <Fact name={confirm.issuer}>
        {facts.psc}
        <small>{fill(confirm.validity, dates)}</small>
      </Fact>
      <Fact name={confirm.use}>{texts.uses[facts.use]}</Fact>
      <Fact name={confirm.reason}>
        <q class="quote">{quotable(facts.reason)}</q>
      </Fact>
      <Fact name={confirm.replaces}>
        <Replaced frame={frame} facts={facts} texts={texts} />
      </Fact>
      <Fact name={confirm.participant}>
        {facts.participant}
        <small>{facts.participantId}</small>
      </Fact>
      <Fact name={confirm.thumbprint}>
        <span class="mono groups">
          {thumbprintGroups(facts.thumbprint).map((group) => (
            <span>{group} </span>
          ))}
        </span>
        <small class="mono">{fill(confirm.serial, { serial: serialText(facts.serialNumber) })}</small>
      </Fact>
    </dl>
  );
};

const Replaced: FC<{ frame: Frame; facts: ConfirmationFacts; texts: Texts }> = ({ frame, facts, texts }) => {
  if (!facts.replaces) return <>{texts.confirm.replacesNothing}</>;
  const { thumbprint, notAfter } = facts.replaces;
  return (
    <>
      {notAfter && fill(texts.confirm.replacesKnown, { until: dateText(notAfter, frame) })}
      <small class="mono">{thumbprintShort(thumbprint)}</small>
    </>
  );
};

/** S18: what else is pending for the same use stands on the same page. */
const Others: FC<{ frame: Frame; facts: ConfirmationFacts; texts: Texts }> = ({ frame, facts, texts }) => {
  const count = facts.others.length;
  if (count === 0) return null;
  const text = count === 1 ? texts.confirm.othersOne : texts.confirm.othersMany;
  return (
    <Note tone="info">
      <p>{fill(text, { participant: facts.participant, count })}</p>
      <ul>
        {facts.others.map(({ thumbprint, createdAt }) => (
          <li>
            {fill(texts.confirm.otherLine, {
              thumbprint: thumbprintShort(thumbprint),
              when: whenText(createdAt, frame),
            })}
          </li>
        ))}
      </ul>
    </Note>
  );
};

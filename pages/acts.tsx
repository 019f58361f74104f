// What does a node operator see of acts? The list of those that wait, one act with everything that would be signed,
// what became of it, and what is shown once.

import type { FC } from 'hono/jsx';
import type { Office } from '../core/people/person.ts';
import { type Frame, Page } from './page.tsx';
import { Fact, FactorFields, FormToken, Note, type Problem, ProblemSummary } from './parts.tsx';
import { PasskeyPart } from './passkey.tsx';
import { fill, type Texts, textsIn } from './texts/texts.ts';
import { groupedText, momentText, whenText } from './when.ts';

export interface ActFacts {
  readonly actId: string;
  readonly kind: string;
  /** As the proposer wrote it: quoted and escaped. */
  readonly reason: string;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly closedAt?: Date;
  readonly state: 'open' | 'applied' | 'rejected' | 'expired';
  readonly needed: number;
  readonly signedBy: readonly { readonly name: string; readonly at: Date }[];
  /** Every parameter, flattened: what the hash covers. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Whom or what an id among them names, by the id: what is signed stands beside it. */
  readonly named: ReadonlyMap<string, Named>;
  readonly hash: string;
}

export interface Named {
  readonly name: string;
  readonly office?: Office;
  /** The participant of a person. */
  readonly participant?: string;
}

export interface SignedIn {
  readonly name: string;
  readonly formToken: string;
  /** Signs with a passkey. */
  readonly passkey: boolean;
}

const kindText = (texts: Texts, kind: string) => (texts.acts.kinds as Record<string, string>)[kind] ?? kind;

const Who: FC<{ texts: Texts; who: SignedIn }> = ({ texts, who }) => (
  <form method="post" action="/sign-out" class="who">
    <FormToken token={who.formToken} />
    <span>{who.name}</span>
    <button class="plain" type="submit">
      {texts.signIn.signOut}
    </button>
  </form>
);

export const ActListPage: FC<{ frame: Frame; who: SignedIn; acts: readonly ActFacts[] }> = ({
  frame,
  who,
  acts,
}) => {
  const texts = textsIn(frame.locale);
  return (
    <Page
      frame={frame}
      part="administration"
      title={texts.acts.title}
      lead={texts.acts.lead}
      end={<Who texts={texts} who={who} />}
    >
      {acts.length === 0 ? (
        <Note tone="info">
          <p>
            <b>{texts.acts.emptyTitle}</b>
          </p>
          <p>{fill(texts.acts.emptyText, { command: 'apodera admin onboard' })}</p>
        </Note>
      ) : (
        <ul class="rows">
          {acts.map((act) => (
            <li>
              <div class="line">
                <a href={`/acts/${act.actId}`}>{kindText(texts, act.kind)}</a>
                <span class="state warn">
                  {texts.acts.signatures} {act.signedBy.length}/{act.needed}
                </span>
              </div>
              <span class="small">
                {texts.acts.proposed} {fill(texts.acts.by, { name: act.proposedBy })}: <q>{act.reason}</q>
              </span>
              <span class="small">
                {texts.acts.until} {momentText(act.expiresAt, frame)}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a href="/console">{texts.common.console}</a>
      </p>
    </Page>
  );
};

export interface ActProps {
  readonly frame: Frame;
  readonly who: SignedIn;
  readonly act: ActFacts;
  /** May this person still sign it? */
  readonly maySign: boolean;
  readonly problems: readonly Problem[];
}

export const ActPage: FC<ActProps> = ({ frame, who, act, maySign, problems }) => {
  const texts = textsIn(frame.locale);
  const { acts } = texts;
  const last = act.signedBy.length + 1 >= act.needed;
  const lead = maySign ? (last ? acts.consequenceLast : acts.consequenceFirst) : undefined;
  return (
    <Page
      frame={frame}
      part="administration"
      title={maySign ? fill(acts.question, { act: kindText(texts, act.kind) }) : kindText(texts, act.kind)}
      lead={lead}
      hasProblem={problems.length > 0}
      passkey={maySign && who.passkey}
      end={<Who texts={texts} who={who} />}
    >
      <ProblemSummary place={frame} problems={problems} />
      <StateNote frame={frame} act={act} texts={texts} maySign={maySign} />
      <Facts frame={frame} act={act} texts={texts} />
      {maySign && (
        <>
          <Note>
            <p>
              <b>{acts.unexpected}</b> {acts.unexpectedText}
            </p>
          </Note>
          <form method="post" autocomplete="off" data-passkey={who.passkey || undefined}>
            <FormToken token={who.formToken} />
            {/* What was read is what is signed: a page of another version signs nothing. */}
            <input type="hidden" name="act_hash" value={act.hash} />
            {who.passkey ? (
              <PasskeyPart texts={texts} problems={problems} signs />
            ) : (
              <FactorFields texts={texts} problems={problems} />
            )}
            <div class="actions">
              <button type="submit" name="vote" value="confirm">
                {acts.sign}
              </button>
              <button type="submit" name="vote" value="reject" class="no">
                {acts.reject}
              </button>
            </div>
          </form>
        </>
      )}
      <p>
        <a href="/acts">{texts.common.back}</a>
      </p>
    </Page>
  );
};

const StateNote: FC<{ frame: Frame; act: ActFacts; texts: Texts; maySign: boolean }> = (props) => {
  const { frame, act, texts, maySign } = props;
  if (maySign) return null;
  const { acts } = texts;
  const says = {
    open: [acts.signedTitle, fill(acts.signedText, { moment: momentText(act.expiresAt, frame) })],
    applied: [
      acts.applied,
      fill(acts.appliedText, { when: whenText(act.closedAt ?? act.proposedAt, frame) }),
    ],
    rejected: [
      acts.rejectedTitle,
      fill(acts.rejectedText, { when: whenText(act.closedAt ?? act.proposedAt, frame) }),
    ],
    expired: [acts.expiredTitle, acts.expiredText],
  }[act.state];
  return (
    <Note tone={act.state === 'applied' || act.state === 'open' ? 'ok' : 'warn'}>
      <p>
        <b>{says[0]}</b>
      </p>
      <p>{says[1]}</p>
    </Note>
  );
};

/** What is signed stands as it is; an amount also as people read it. */
const amounts: readonly string[] = ['day', 'creditor'];

/** `Rosa Pinto, security officer of Fintech Aurora` */
function namedText({ acts, offices }: Texts, { name, office, participant }: Named): string {
  const of = participant ? ` ${fill(acts.ofParticipant, { participant })}` : '';
  return office ? `${name}, ${offices[office]}${of}` : name;
}

const Facts: FC<{ frame: Frame; act: ActFacts; texts: Texts }> = ({ frame, act, texts }) => {
  const { acts } = texts;
  const currency = act.parameters.find(([name]) => name === 'currency');
  return (
    <dl class="facts">
      <Fact name={acts.act}>
        {kindText(texts, act.kind)}
        <small class="mono">{act.kind}</small>
      </Fact>
      <Fact name={acts.reason}>
        <q class="quote">{act.reason}</q>
      </Fact>
      <Fact name={acts.proposed}>
        {fill(acts.by, { name: act.proposedBy })}
        <small>{whenText(act.proposedAt, frame)}</small>
      </Fact>
      {act.parameters.map(([name, value]) => (
        <div>
          <dt class="mono">{name}</dt>
          <dd class="quote">
            {value}
            {act.named.has(value) && <small>{namedText(texts, act.named.get(value)!)}</small>}
            {amounts.includes(name) && currency && (
              <small>{`${currency[1]} ${groupedText(value, frame)}`}</small>
            )}
          </dd>
        </div>
      ))}
      <Fact name={acts.waitingTitle}>
        {act.signedBy.length === 0 && acts.nobody}
        {act.signedBy.map(({ name, at }) => (
          <span>
            {name} <small>{whenText(at, frame)}</small>
          </span>
        ))}
      </Fact>
      <Fact name={acts.hash}>
        <span class="mono quote">{act.hash}</span>
        <small>{acts.hashHint}</small>
      </Fact>
    </dl>
  );
};

export interface Shown {
  readonly what: 'invitationCode' | 'apiKey';
  readonly of: string;
  readonly secret: string;
}

/** The answer to the signature that applied the act; it cannot be asked for again. */
export const AppliedPage: FC<{ frame: Frame; who: SignedIn; act: ActFacts; once: readonly Shown[] }> = ({
  frame,
  who,
  act,
  once,
}) => {
  const texts = textsIn(frame.locale);
  const { acts } = texts;
  return (
    <Page frame={frame} part="administration" title={acts.applied} end={<Who texts={texts} who={who} />}>
      <Note tone="ok">
        <p>{kindText(texts, act.kind)}</p>
      </Note>
      {once.length > 0 && (
        <>
          <h2>{acts.onceTitle}</h2>
          <p>{acts.onceText}</p>
          <dl class="facts">
            {once.map(({ what, of, secret }) => (
              <Fact name={fill(what === 'apiKey' ? acts.onceKey : acts.onceCode, { name: of })}>
                <span class="once">{secret}</span>
              </Fact>
            ))}
          </dl>
        </>
      )}
      <p>
        <a href="/acts">{texts.common.back}</a>
      </p>
    </Page>
  );
};

// What does an invited person see? First the code that came another way, then password and authenticator on one page,
// then what happens next; and what is true of an invitation that cannot be used.

import type { FC } from 'hono/jsx';
import type { Office } from '../core/people/person.ts';
import { type Frame, Page } from './page.tsx';
import { Field, FormToken, Note, type Problem, ProblemSummary } from './parts.tsx';
import { PasskeyPart } from './passkey.tsx';
import { qrPath } from './qr.ts';
import { fill, textsIn } from './texts/texts.ts';
import { momentText } from './when.ts';

export interface InvitationProps {
  readonly frame: Frame;
  readonly office: Office;
  readonly participant?: string;
  readonly formToken: string;
  readonly problems: readonly Problem[];
}

export const InvitationPage: FC<InvitationProps> = ({ frame, office, participant, formToken, problems }) => {
  const texts = textsIn(frame.locale);
  const { invitation } = texts;
  const lead = fill(participant ? invitation.leadFor : invitation.lead, {
    office: texts.offices[office],
    participant: participant ?? '',
  });
  return (
    <Page
      frame={frame}
      part="access"
      title={fill(invitation.title, { node: frame.nodeName })}
      lead={lead}
      hasProblem={problems.length > 0}
    >
      <ProblemSummary place={frame} problems={problems} />
      <form method="post" autocomplete="off">
        <FormToken token={formToken} />
        <Field
          id="invitation_code"
          label={invitation.code}
          hint={invitation.codeHint}
          autocomplete="off"
          look="long"
          maxlength={20}
          problems={problems}
        />
        <div class="actions one">
          <button type="submit" name="step" value="code">
            {invitation.next}
          </button>
        </div>
      </form>
    </Page>
  );
};

export interface SetUpProps {
  readonly frame: Frame;
  readonly formToken: string;
  readonly problems: readonly Problem[];
  readonly invitationCode: string;
  /** Base32; it lives in this form alone until it is set. */
  readonly totpSecret: string;
  readonly otpauthUri: string;
  /** Whether password and app may be chosen here. */
  readonly fallback: boolean;
}

/** A passkey first; password and app beside it where the node allows them. */
export const SetUpPage: FC<SetUpProps> = (props) => {
  const { frame, formToken, problems, invitationCode, fallback } = props;
  const texts = textsIn(frame.locale);
  const { passkey } = texts;
  return (
    <Page
      frame={frame}
      part="access"
      title={passkey.setTitle}
      lead={fill(passkey.setLead, { node: frame.nodeName })}
      hasProblem={problems.length > 0}
      passkey
    >
      <ProblemSummary place={frame} problems={problems} />
      <h2>{passkey.setHeading}</h2>
      <p>{passkey.setText}</p>
      <form method="post" autocomplete="off" data-passkey>
        <FormToken token={formToken} />
        <input type="hidden" name="invitation_code" value={invitationCode} />
        <PasskeyPart texts={texts} problems={problems} />
        <div class="actions one">
          <button type="submit" name="step" value="passkey">
            {passkey.setButton}
          </button>
        </div>
      </form>
      {fallback && (
        <details class="other" open={problems.some(({ field }) => field !== 'passkey')}>
          <summary>{passkey.fallbackHeading}</summary>
          <PasswordForm {...props} />
        </details>
      )}
    </Page>
  );
};

const PasswordForm: FC<SetUpProps> = (props) => {
  const { frame, formToken, problems, invitationCode, totpSecret, otpauthUri } = props;
  const { invitation } = textsIn(frame.locale);
  const { size, path } = qrPath(otpauthUri);
  const fieldProps = { kind: 'password' as const, autocomplete: 'new-password', maxlength: 256, problems };
  return (
    <form method="post" autocomplete="off">
      <FormToken token={formToken} />
      <input type="hidden" name="invitation_code" value={invitationCode} />
      <input type="hidden" name="totp_secret" value={totpSecret} />
      <Field id="password" label={invitation.passwordNew} hint={invitation.passwordHint} {...fieldProps} />
      <Field id="password_again" label={invitation.passwordAgain} {...fieldProps} />
      <h3>{invitation.authenticator}</h3>
      <p>{invitation.authenticatorText}</p>
      <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR" shape-rendering="crispEdges">
        <path d={path} fill="#000" />
      </svg>
      <dl class="facts">
        <div>
          <dt>{invitation.secret}</dt>
          <dd class="mono">{totpSecret.match(/.{4}/g)?.join(' ')}</dd>
        </div>
      </dl>
      <p>
        <a href={otpauthUri}>{invitation.link}</a>
      </p>
      <Field
        id="totp"
        label={invitation.totpFirst}
        autocomplete="one-time-code"
        look="digits"
        numeric
        maxlength={8}
        problems={problems}
      />
      <div class="actions one">
        <button type="submit" name="step" value="set">
          {invitation.finish}
        </button>
      </div>
    </form>
  );
};

export const AcceptedPage: FC<{ frame: Frame; active: boolean }> = ({ frame, active }) => {
  const { invitation } = textsIn(frame.locale);
  return (
    <Page frame={frame} part="access" title={invitation.doneTitle}>
      <Note tone="ok">
        <p>{active ? invitation.doneActive : fill(invitation.doneUnreleased, { node: frame.nodeName })}</p>
      </Note>
    </Page>
  );
};

export type InvitationEnd = 'used' | 'expired' | 'notYet' | 'locked';

export const InvitationEndPage: FC<{ frame: Frame; what: InvitationEnd; opensAt?: Date; code: string }> = ({
  frame,
  what,
  opensAt,
  code,
}) => {
  const { invitation } = textsIn(frame.locale);
  const moment = opensAt ? momentText(opensAt, frame) : '';
  return (
    <Page frame={frame} part="access" title={invitation[`${what}Title`]} code={code}>
      <Note>
        <p>{fill(invitation[`${what}Text`], { node: frame.nodeName, moment })}</p>
      </Note>
    </Page>
  );
};

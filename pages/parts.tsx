// Of what are the pages made? Facts, notes, fields with their problem beside them, the summary of problems on top.

import type { Child, FC } from 'hono/jsx';
import { type Texts, textsIn } from './texts/texts.ts';
import type { Place } from './when.ts';

export interface Problem {
  /** id of the field it belongs to. */
  readonly field: string;
  readonly text: string;
}

export const ProblemSummary: FC<{ place: Place; problems: readonly Problem[] }> = ({ place, problems }) =>
  problems.length === 0 ? null : (
    <div class="problem" role="alert" tabindex={-1}>
      <h2>{textsIn(place.locale).common.problem}</h2>
      <ul>
        {problems.map(({ field, text }) => (
          <li>
            <a href={`#${field}`}>{text}</a>
          </li>
        ))}
      </ul>
    </div>
  );

export const Fact: FC<{ name: string; children?: Child }> = ({ name, children }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

export interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly problems: readonly Problem[];
  readonly kind?: 'text' | 'password' | 'email' | 'date';
  /** WHATWG autofill token; `off` where nothing may be remembered. */
  readonly autocomplete: string;
  readonly look?: 'code' | 'digits' | 'long';
  readonly numeric?: boolean;
  readonly maxlength?: number;
  readonly value?: string;
}

export const Field: FC<FieldProps> = (props) => {
  const wrong = props.problems.find(({ field }) => field === props.id);
  const described = [props.hint && `${props.id}-hint`, wrong && `${props.id}-wrong`]
    .filter(Boolean)
    .join(' ');
  return (
    <div class={wrong ? 'field bad' : 'field'}>
      <label for={props.id}>{props.label}</label>
      {props.hint && (
        <span class="hint" id={`${props.id}-hint`}>
          {props.hint}
        </span>
      )}
      {wrong && (
        <span class="wrong" id={`${props.id}-wrong`}>
          {wrong.text}
        </span>
      )}
      <input
        id={props.id}
        name={props.id}
        type={props.kind ?? 'text'}
        class={props.look}
        autocomplete={props.autocomplete}
        inputmode={props.numeric ? 'numeric' : undefined}
        maxlength={props.maxlength}
        value={props.value}
        spellcheck={false}
        autocapitalize={props.look === 'code' ? 'characters' : 'none'}
        aria-describedby={described || undefined}
        aria-invalid={wrong ? 'true' : undefined}
      />
    </div>
  );
};

/** Password and authenticator code: the two of them are the proof. */
export const FactorFields: FC<{ texts: Texts; problems: readonly Problem[] }> = ({ texts, problems }) => (
  <>
    <Field
      id="password"
      label={texts.common.password}
      kind="password"
      autocomplete="current-password"
      maxlength={256}
      problems={problems}
    />
    <Field
      id="totp"
      label={texts.common.totp}
      hint={texts.common.totpHint}
      autocomplete="one-time-code"
      look="digits"
      numeric
      maxlength={8}
      problems={problems}
    />
  </>
);

/** For who has no link that says who they are: address, password, authenticator code. */
export const SignInFields: FC<{
  texts: Texts;
  problems: readonly Problem[];
  label: string;
  email: string | undefined;
}> = ({ texts, problems, label, email }) => (
  <>
    <Field
      id="email"
      label={label}
      kind="email"
      autocomplete="username"
      maxlength={254}
      value={email}
      problems={problems}
    />
    <FactorFields texts={texts} problems={problems} />
  </>
);

export const Note: FC<{ tone?: 'warn' | 'info' | 'ok'; children?: Child }> = ({
  tone = 'warn',
  children,
}) => <div class={tone === 'warn' ? 'note' : `note ${tone}`}>{children}</div>;

/** The CSRF token, as the cookie has it. */
export const FormToken: FC<{ token: string }> = ({ token }) => (
  <input type="hidden" name="form_token" value={token} />
);

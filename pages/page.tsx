// What is on every page? Language, title, header with the node's own name, one main column, a way to get help. It
// knows nothing of what is asked.

import type { Child, FC } from 'hono/jsx';
import { locales } from '../core/people/person.ts';
import { passkeyScriptPath } from './passkey-script.ts';
import { markPath, stylesheetPath } from './style.ts';
import { fill, type Texts, textsIn } from './texts/texts.ts';
import type { Place } from './when.ts';

export interface Frame extends Place {
  /** The node's own name, as people know it. */
  readonly nodeName: string;
  /** For support: the interaction id of this request. */
  readonly reference: string;
}

export interface PageProps {
  readonly frame: Frame;
  readonly title: string;
  readonly part: keyof Pick<
    Texts['common'],
    'confirmations' | 'administration' | 'access' | 'console' | 'emergency'
  >;
  readonly lead?: string;
  readonly wide?: boolean;
  /** Shown small beside the reference. */
  readonly code?: string;
  readonly end?: Child;
  /** Beside the main column, for pages that belong to many. */
  readonly side?: Child;
  /** Errors first in the browser's title, as the design systems ask. */
  readonly hasProblem?: boolean;
  /** False where the page itself says whom to call, and why. */
  readonly help?: boolean;
  /** The page asks a passkey: its script goes along. */
  readonly passkey?: boolean;
  /** Path of another script of ours. */
  readonly script?: string;
  readonly children?: Child;
}

export const Page: FC<PageProps> = (props) => {
  const { frame, title, part, lead, wide, code, end, side, hasProblem, passkey, script, children } = props;
  const { help = true } = props;
  const texts = textsIn(frame.locale);
  const tabTitle = `${hasProblem ? `${texts.common.problem}: ` : ''}${title} · ${frame.nodeName}`;
  const main = (
    <main id="main" class={wide ? 'wide' : undefined}>
      <h1>{title}</h1>
      {lead && <p class="lead">{lead}</p>}
      {children}
      <footer class="foot">
        {help && <p>{fill(texts.common.help, { node: frame.nodeName })}</p>}
        <p>
          {texts.common.reference} <span class="mono">{frame.reference}</span>
          {code && <span class="mono"> {code}</span>}
        </p>
      </footer>
    </main>
  );
  return (
    <html lang={frame.locale}>
      <head>
        <meta charset="utf-8" />
        <title>{tabTitle}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href={markPath} type="image/svg+xml" />
        <link rel="stylesheet" href={stylesheetPath} />
        {passkey && <script src={passkeyScriptPath} defer />}
        {script && <script src={script} defer />}
      </head>
      <body>
        <a class="skip" href="#main">
          {texts.common.skip}
        </a>
        <header class="top">
          <svg class="mark" viewBox="0 0 22 22" aria-hidden="true">
            <rect width="22" height="22" rx="5" />
            <circle cx="13" cy="9" r="3" />
          </svg>
          <b>{frame.nodeName}</b>
          <span class="part">{texts.common[part]}</span>
          <div class="end">
            {end}
            <Languages frame={frame} />
          </div>
        </header>
        {side ? (
          <div class="console">
            {side}
            {main}
          </div>
        ) : (
          main
        )}
      </body>
    </html>
  );
};

/** A switch: the language that is on, and the others to choose. */
const Languages: FC<{ frame: Frame }> = ({ frame }) => (
  <nav class="languages" aria-label={textsIn(frame.locale).common.languages}>
    {locales.map((locale) => (
      <a
        href={`/language/${locale}`}
        lang={locale}
        hreflang={locale}
        title={textsIn(locale).language}
        aria-current={locale === frame.locale ? 'true' : undefined}
      >
        {locale.toUpperCase()}
        <span class="unseen"> {textsIn(locale).language}</span>
      </a>
    ))}
  </nav>
);

/** The document's text; components here are synchronous. */
export function documentOf(element: Child): string {
  return `<!doctype html>${String(element)}`;
}

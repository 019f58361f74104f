// In which words does a page or mail speak? Three languages as data of one shape; this file only fills in names.

import { type Locale, locales } from '../../core/people/person.ts';
import consoleEn from './console/en.json' with { type: 'json' };
import consoleEs from './console/es.json' with { type: 'json' };
import consolePt from './console/pt.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import es from './es.json' with { type: 'json' };
import pt from './pt.json' with { type: 'json' };
import suspensionEn from './suspension/en.json' with { type: 'json' };
import suspensionEs from './suspension/es.json' with { type: 'json' };
import suspensionPt from './suspension/pt.json' with { type: 'json' };

export type Texts = typeof es & {
  readonly console: typeof consoleEs;
  readonly suspension: typeof suspensionEs;
};
export type ConsoleTexts = Texts['console'];
export type ProblemText = keyof Texts['problems'];

const all: Record<Locale, Texts> = {
  es: { ...es, console: consoleEs, suspension: suspensionEs },
  pt: { ...pt, console: consolePt, suspension: suspensionPt },
  en: { ...en, console: consoleEn, suspension: suspensionEn },
};

export function textsIn(locale: Locale): Texts {
  return all[locale];
}

/** `{name}` takes the value of that name; a name without value stays visible, so that a test finds it. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** In which language is this person spoken to here? As this browser was switched, or as they are known, or as it asks. */
export function localeFor(
  request: { readonly language: string | undefined; readonly acceptLanguage: string | undefined },
  person?: { readonly locale: Locale },
): Locale {
  const switched = locales.find((locale) => locale === request.language);
  return switched ?? person?.locale ?? localeOf(request.acceptLanguage);
}

/** The best of Accept-Language among ours; Spanish where none is. */
export function localeOf(acceptLanguage: string | undefined): Locale {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((part) => part.trim().slice(0, 2).toLowerCase())
    .find((tag) => tag in all);
  return (wanted as Locale | undefined) ?? 'es';
}

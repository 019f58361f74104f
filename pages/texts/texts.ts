// In which words does a page speak? Three languages as data of one shape, and which of them for whom.

import { type Locale, locales } from '../../core/people/person.ts';
import en from './pages/en.json' with { type: 'json' };
import es from './pages/es.json' with { type: 'json' };
import pt from './pages/pt.json' with { type: 'json' };
import { type SharedTexts, sharedTextsIn } from './shared.ts';

export { fill } from './shared.ts';

export type Texts = SharedTexts & typeof es;
export type ProblemText = keyof Texts['problems'];

const all: Readonly<Record<Locale, Texts>> = {
  es: { ...sharedTextsIn('es'), ...es },
  pt: { ...sharedTextsIn('pt'), ...pt },
  en: { ...sharedTextsIn('en'), ...en },
};

export const textsIn = (locale: Locale): Texts => all[locale];

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

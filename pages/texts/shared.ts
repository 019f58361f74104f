// Which words do pages and mails have in common? Offices, uses, dates, acts, the question of a confirmation; and how
// a name comes into a text.

import type { Locale } from '../../core/people/person.ts';
import en from './shared/en.json' with { type: 'json' };
import es from './shared/es.json' with { type: 'json' };
import pt from './shared/pt.json' with { type: 'json' };

export type SharedTexts = typeof es;

const all: Readonly<Record<Locale, SharedTexts>> = { es, pt, en };

export const sharedTextsIn = (locale: Locale): SharedTexts => all[locale];

/** `{name}` takes the value of that name; a name without value stays visible, so that a test finds it. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** `1 activo`, `2 activos`: of all three languages, one and everything else. */
export const counted = (count: number, { one, many }: { readonly one: string; readonly many: string }) =>
  count === 1 ? one : many;

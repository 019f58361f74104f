// In which words do the pages of emergency suspension speak? Apart from the others', so that a function carries only
// what it says.

import type { Locale } from '../../core/people/person.ts';
import en from './suspension/en.json' with { type: 'json' };
import es from './suspension/es.json' with { type: 'json' };
import pt from './suspension/pt.json' with { type: 'json' };

export type SuspensionTexts = typeof es;

const all: Readonly<Record<Locale, SuspensionTexts>> = { es, pt, en };

export const suspensionTextsIn = (locale: Locale): SuspensionTexts => all[locale];

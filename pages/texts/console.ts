// In which words does the console speak? Apart from the others', so that a function carries only what it says.

import type { Locale } from '../../core/people/person.ts';
import en from './console/en.json' with { type: 'json' };
import es from './console/es.json' with { type: 'json' };
import pt from './console/pt.json' with { type: 'json' };

export type ConsoleTexts = typeof es;

const all: Readonly<Record<Locale, ConsoleTexts>> = { es, pt, en };

export const consoleTextsIn = (locale: Locale): ConsoleTexts => all[locale];

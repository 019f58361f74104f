// In which words do mails speak? Apart from the pages', so that a function carries only what it says.

import type { Locale } from '../../core/people/person.ts';
import en from './mails/en.json' with { type: 'json' };
import es from './mails/es.json' with { type: 'json' };
import pt from './mails/pt.json' with { type: 'json' };

export type MailTexts = typeof es;

const all: Readonly<Record<Locale, MailTexts>> = { es, pt, en };

export const mailTextsIn = (locale: Locale): MailTexts => all[locale];

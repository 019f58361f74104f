import { expect, test } from 'vitest';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { locales } from '../../core/people/person.ts';
import { expiringLetter, keyExpiringLetter, usedLateLetter } from '../../pages/mails/letters.ts';

const certificate = {
  psc: 'PSC de prueba',
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2026-12-31T00:00:00Z'),
  use: 'signing',
} as const;
const envelope = (locale: (typeof locales)[number]) => ({
  locale,
  timeZone: 'America/Santiago',
  nodeName: 'Red',
  origin: 'https://pages.example',
  participant: 'Fintech SpA',
});

test.each(locales)(
  'a reminder in %s names the line that starts the rotation of that certificate, and leads to its page',
  (locale) => {
    const enrolment = { id: 'ENROLMENT', thumbprint: 'THUMBPRINT' as Thumbprint };
    const { paragraphs, button } = expiringLetter(envelope(locale), certificate, enrolment);
    expect(paragraphs.at(-1)).toMatch(/Fintech SpA.*: apodera certificate rotate --replaces THUMBPRINT$/);
    expect(button?.href).toBe('https://pages.example/console/enrolments/ENROLMENT');
  },
);

test.each(locales)('what is said in %s of the old one that is still used names the day it ends', (locale) => {
  const { first, subject } = usedLateLetter(envelope(locale), certificate, new Date('2026-07-01T12:00:00Z'));
  expect(first).toMatch(/01\/07\/2026|1 July 2026/);
  expect(`${subject} ${first}`).not.toMatch(/[{}]/);
});

test.each(locales)(
  'a reminder in %s of an API key names its last day and who gets the next one',
  (locale) => {
    const ends = new Date('2026-07-01T12:00:00Z');
    for (const [node, command] of [
      [undefined, 'apodera api-key renew'],
      ['BANCO_CL', 'apodera admin issue-key --participant BANCO_CL'],
    ] as const) {
      const { first, subject, paragraphs } = keyExpiringLetter(envelope(locale), ends, node);
      expect(first).toMatch(/01\/07\/2026|1 July 2026/);
      expect(paragraphs.join()).toContain(command);
      expect(`${subject} ${first} ${paragraphs}`).not.toMatch(/[{}]/);
    }
  },
);

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { endings } from '../../core/enrolment/enrolment.ts';
import { type Locale, locales } from '../../core/people/person.ts';
import { DelegationPage } from '../../pages/delegation.tsx';
import { delegationLetter } from '../../pages/mails/letters.ts';
import { PasskeysPage } from '../../pages/passkey.tsx';
import { qrModules } from '../../pages/qr.ts';
import { tokens } from '../../pages/style.ts';
import { taxIdText } from '../../pages/tax-id.ts';
import { consoleTextsIn } from '../../pages/texts/console.ts';
import { mailTextsIn } from '../../pages/texts/mails.ts';
import { suspensionTextsIn } from '../../pages/texts/suspension.ts';
import { fill, localeOf, textsIn } from '../../pages/texts/texts.ts';
import {
  dateText,
  endingText,
  momentText,
  moneyText,
  serialText,
  thumbprintShort,
} from '../../pages/when.ts';

function leaves(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string'
      ? [[`${path}${name}`, inner] as [string, string]]
      : leaves(inner, `${path}${name}.`),
  );
}

const everythingIn = (locale: Locale) => ({
  ...textsIn(locale),
  console: consoleTextsIn(locale),
  mails: mailTextsIn(locale),
  suspension: suspensionTextsIn(locale),
});

test.each<Locale>(['pt', 'en'])(
  '%s says everything that Spanish says, with the same names filled in',
  (locale) => {
    const shape = (which: Locale) =>
      leaves(everythingIn(which)).map(
        ([path, text]) => `${path} ${(text.match(/\{\w+\}/g) ?? []).sort().join()}`,
      );
    const placed = (lines: string[]) => lines.map((line) => line.replace(/\{(when|moment)\}/g, '{time}'));
    expect(placed(shape(locale))).toEqual(placed(shape('es')));
  },
);

test.each(locales)('%s has no exclamation mark and no forbidden word', (locale) => {
  const text = leaves(everythingIn(locale))
    .map(([, each]) => each)
    .join('\n');
  expect(text).not.toMatch(/!|¡|\berror\b|\berro\b|invalid input/i);
});

test.each(locales)('%s says in words why an enrolment ended, whatever a person or a clock said', (locale) => {
  for (const code of Object.keys(endings)) expect(endingText({ locale }, code)).not.toBe(code);
  expect(endingText({ locale }, 'SOMETHING_NEW')).toBe('SOMETHING_NEW');
});

test.each(locales)('%s has no article or preposition twice where a moment is filled in', (locale) => {
  const frame = { locale, timeZone: 'America/Santiago', nodeName: 'Banco Andino', reference: 'r' };
  const [from, until] = [new Date('2026-11-23T12:00:00Z'), new Date('2026-12-02T12:00:00Z')];
  const one = { principalId: 'p1', principal: 'Ana', delegate: 'Rosa', from, until, mayStop: false };
  const page = { frame, formToken: 't', problems: [], participant: 'Aurora', passkey: true };
  const letter = delegationLetter({ ...frame, origin: 'https://a.example' }, 'make', one, one);
  const texts = [
    DelegationPage({ ...page, open: [one] }),
    PasskeysPage({ ...page, passkeys: [{ credentialId: 'c1', addedAt: from }] }),
    letter.first,
  ].map(String);
  for (const text of texts) {
    expect(text).toMatch(/11\/2026|November/);
    expect(text).not.toMatch(/\b(el el|em em|on on|de em|até em|from on|until on|desde em)\b/);
  }
});

/** WCAG 2.2 §1.4.3. */
function contrast(a: string, b: string): number {
  const light = (hex: string) => {
    const [r, g, bl] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
  };
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

const pairs = [
  ['ink', 'paper', 4.5],
  ['ink', 'surface', 4.5],
  ['muted', 'paper', 4.5],
  ['muted', 'surface', 4.5],
  ['on-accent', 'accent', 4.5],
  ['accent', 'paper', 4.5],
  ['danger', 'surface', 4.5],
  ['danger', 'paper', 4.5],
  ['danger', 'danger-back', 4.5],
  ['warn', 'warn-back', 4.5],
  ['info', 'info-back', 4.5],
  ['ok', 'ok-back', 4.5],
  ['edge', 'surface', 3],
  ['edge', 'paper', 3],
] as const;
test.each(pairs)('%s on %s has a contrast of at least %d in both themes', (front, back, least) => {
  for (const theme of [0, 1] as const)
    expect(contrast(tokens[front][theme], tokens[back][theme])).toBeGreaterThanOrEqual(least);
});

test('dates read as each language writes them, in the place’s own time', () => {
  const date = new Date('2026-11-25T02:40:00Z');
  expect(dateText(date, { locale: 'es', timeZone: 'America/Santiago' })).toBe('24/11/2026');
  expect(dateText(date, { locale: 'pt', timeZone: 'America/Sao_Paulo' })).toBe('24/11/2026');
  expect(dateText(date, { locale: 'en', timeZone: 'UTC' })).toBe('25 November 2026');
  expect(momentText(date, { locale: 'en', timeZone: 'UTC' })).toMatch(/ \(UTC\)$/);
  expect(momentText(date, { locale: 'es', timeZone: 'America/Santiago' })).toBe(
    'el 24/11/2026 a las 23:40 (hora de Chile)',
  );
});

test('an amount is shown exactly, beyond what a number holds, as each language writes it', () => {
  const money = { currency: 'USD', amountMinor: 123_456_789_012_345_678n } as const;
  const shown = (['es', 'pt', 'en'] as const).map((locale) => moneyText(money, { locale, timeZone: 'UTC' }));
  expect(shown).toEqual([
    'USD 1.234.567.890.123.456,78',
    'USD 1.234.567.890.123.456,78',
    'USD 1,234,567,890,123,456.78',
  ]);
  expect(moneyText({ currency: 'CLP', amountMinor: 5000n }, { locale: 'es', timeZone: 'UTC' })).toBe(
    'CLP 5.000',
  );
});

test('thumbprints and serials read as other tools print them', () => {
  expect(thumbprintShort('nzrCG3fgTRgCu2pfwdLjpFtsfY6Q-hssPU5fYHGmTC4')).toBe('9f3ac21b…a64c2e');
  expect(serialText('4b910e7c')).toBe('4B:91:0E:7C');
});

test('a name without a value stays visible', () => {
  expect(fill('{a} {b}', { a: 'x' })).toBe('x {b}');
});

test.each([
  [undefined, 'es'],
  ['de-DE,de;q=0.9', 'es'],
  ['pt-BR,pt;q=0.9,en;q=0.8', 'pt'],
  ['fr,en-GB;q=0.7', 'en'],
])('Accept-Language %s is answered in %s', (header, locale) => {
  expect(localeOf(header)).toBe(locale);
});

// Read back by zbar 0.23 when they were made: a square that changes has to be read again.
test.each([
  ['hola', 21, '600f137d488ff85a'],
  ['A'.repeat(100), 37, '4140b5406a9044bd'],
  ['x'.repeat(260), 57, '4a9baca8f83a00f3'],
])('the square for %s has %d modules a side and is the one that a reader has read', (text, size, digest) => {
  const rows = qrModules(text).map((row) => row.map((dark) => (dark ? '1' : '0')).join(''));
  expect(rows).toHaveLength(size);
  expect(createHash('sha256').update(rows.join('\n')).digest('hex').slice(0, 16)).toBe(digest);
});

test('a text beyond 271 bytes is refused', () => {
  expect(() => qrModules('x'.repeat(272))).toThrow(RangeError);
});

test.each([
  ['CLID', '12345678-5', 'RUT 12.345.678-5'],
  ['CLID', '1234567-K', 'RUT 1.234.567-K'],
  ['BRCPF', '11144477735', 'CPF 111.444.777-35'],
  ['PEDNI', '12345678', 'DNI 12345678'],
  ['OTHER', 'x-1', 'OTHER x-1'],
])('%s %s is shown as %s', (type, taxId, shown) => {
  expect(taxIdText(type, taxId)).toBe(shown);
});

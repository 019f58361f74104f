import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainText, quotable } from '../../core/plain-text.ts';

test('whatever another party wrote is quoted as plain text of at most 200 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const shown = quotable(text);
      expect([...shown].length).toBeLessThanOrEqual(200);
      expect(isPlainText(shown.replaceAll('\uFFFD', '?'))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['Rotación trimestral', 'Rotación trimestral'],
  ['a\u202Eb\u200Bc\nd', 'a\uFFFDb\uFFFDc\uFFFDd'],
  ['Z\u0301\u0301\u0301\u0301\u0301', 'Z\uFFFD\u0301'],
  ['x'.repeat(201), `${'x'.repeat(199)}…`],
  ['x'.repeat(200), 'x'.repeat(200)],
])('%j is quoted as %j', (text, shown) => expect(quotable(text)).toBe(shown));

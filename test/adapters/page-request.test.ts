import { expect, test } from 'vitest';
import { pageAnswer } from '../../adapters/http/page-request.ts';

const door = { origin: 'https://pages.test', nodeFinId: 'PUERTO' };
const headers = () => pageAnswer({ status: 200, body: 'x' }, door).headers as Record<string, string>;

test('a page loads nothing but our own style and images, and runs no script', () => {
  expect(headers()['Content-Security-Policy']).toBe(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
});

// Fetch §3.2: under no-referrer a browser sends `Origin: null` with a form, which we refuse as another site's.
test('the referrer policy keeps link ids from other sites and lets our own forms name their origin', () => {
  expect(headers()['Referrer-Policy']).toBe('same-origin');
});

test('nothing is kept by a browser or a proxy but what carries its own hash', () => {
  expect(headers()['Cache-Control']).toBe('no-store');
  const asset = pageAnswer({ status: 200, body: 'x', immutable: true }, door).headers!;
  expect(asset['Cache-Control']).toContain('immutable');
});

test('HEAD has the headers of GET and no body', () => {
  expect(pageAnswer({ status: 200, body: 'x' }, door, 'HEAD').body).toBe('');
});

test('a laptop’s http door is not told to use https for ever', () => {
  const local = pageAnswer({ status: 200 }, { ...door, origin: 'http://localhost:4000' }).headers!;
  expect(local['Strict-Transport-Security']).toBeUndefined();
  expect(headers()['Strict-Transport-Security']).toBeDefined();
});

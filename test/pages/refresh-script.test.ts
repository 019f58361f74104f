import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { refreshHeader, refreshScript, refreshScriptPath } from '../../pages/refresh-script.ts';
import { aDoor } from '../support/people-door.ts';

test('the refreshing script is small, whole, reads by GET only and speaks to nobody else', () => {
  expect(() => new Script(refreshScript)).not.toThrow();
  expect(Buffer.byteLength(refreshScript)).toBeLessThan(2048 + 512);
  expect(refreshScript).not.toMatch(/innerHTML|outerHTML|document\.write|eval|https?:|localStorage|cookie/);
  expect(refreshScript).not.toMatch(/method:|submit|\.click\(|\.focus\(/);
  expect(refreshScript.match(/fetch\(([\w.]+)/g)).toEqual(['fetch(location.href']);
  expect(refreshScript).toContain(`'${refreshHeader}': '1'`);
});

test('its name is its hash', async () => {
  const hash = createHash('sha256').update(refreshScript).digest('hex').slice(0, 16);
  expect(refreshScriptPath).toBe(`/assets/refresh.${hash}.js`);
  const answer = await aDoor().visit(refreshScriptPath);
  expect(answer).toMatchObject({ status: 200, body: refreshScript, immutable: true });
  expect(answer.contentType).toContain('javascript');
});

test.each([
  ['/console', true],
  ['/console/confirmations', true],
  ['/console/payouts', true],
  ['/console/acts', true],
  ['/console/sources', true],
  ['/console/suspensions', true],
  ['/console/people', false],
  ['/console/keys', false],
  ['/console/anchors', false],
])('%s refreshes itself: %s', async (path, refreshes) => {
  const door = aDoor();
  const [one] = await door.operators();
  const { body = '', script } = await door.visit(path, { session: await door.signInByBrowser(one!) });
  const scripts = [...body.matchAll(/<script[^>]*>[^<]*/g)].map(([tag]) => tag);
  expect(scripts).toEqual(refreshes ? [`<script src="${refreshScriptPath}" defer="">`] : []);
  expect(script ?? false).toBe(refreshes);
});

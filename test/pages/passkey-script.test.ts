import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { pageAnswer } from '../../adapters/http/page-request.ts';
import { passkeyScript, passkeyScriptPath } from '../../pages/passkey-script.ts';
import { aDoor } from '../support/people-door.ts';

const door = { origin: 'https://pages.test', nodeFinId: 'PUERTO' };
const policy = (script?: boolean) =>
  String(
    pageAnswer({ status: 200, ...(script !== undefined && { script }) }, door).headers?.[
      'Content-Security-Policy'
    ],
  );

test('the one script is small, whole, writes no markup and speaks to nobody else', () => {
  expect(() => new Script(passkeyScript)).not.toThrow();
  expect(Buffer.byteLength(passkeyScript)).toBeLessThan(4096);
  expect(passkeyScript).not.toMatch(/innerHTML|outerHTML|document\.write|eval|https?:|localStorage|cookie/);
  // It begins with a press: nothing runs but the listener.
  expect(passkeyScript.match(/addEventListener\('(\w+)'/g)).toEqual(["addEventListener('submit'"]);
});

test('its name is its hash, so that a browser keeps it for ever and never an older one', async () => {
  const hash = createHash('sha256').update(passkeyScript).digest('hex').slice(0, 16);
  expect(passkeyScriptPath).toBe(`/assets/passkey.${hash}.js`);
  const answer = await aDoor().visit(passkeyScriptPath);
  expect(answer).toMatchObject({ status: 200, body: passkeyScript, immutable: true });
  expect(answer.contentType).toContain('javascript');
});

test('only a page that asks a passkey may run it; none may run anything else', async () => {
  expect(policy()).toContain("default-src 'none'");
  expect(policy()).not.toContain('script-src');
  expect(policy(true)).toContain("script-src 'self'");
  expect(policy(true)).not.toMatch(/unsafe|\*/);
  const { body, script } = await aDoor().visit('/sign-in');
  expect([script, body?.match(/<script/g)?.length, /<script[^>]*>[^<]/.test(body ?? '')]).toEqual([
    true,
    1,
    false,
  ]);
});

import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SeededParticipant } from '../../local/seed/seed.ts';
import { launchBrowser, violations } from '../support/browser.ts';
import { aNetwork, type Network, type NodeName } from '../support/whole.ts';

// The emergency suspension between two running nodes, in a browser without scripts: frozen everywhere by one person,
// ended everywhere by two, and never lifted by time.
const pictures = 'test/artefacts';
const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;
let net: Network;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [net, browser] = [await aNetwork(), await launchBrowser()];
});

afterAll(async () => {
  await browser?.close();
  await net?.stop();
});

/** In each look, without violations and without a bar to scroll sideways. */
async function expectAccessible(url: string, picture: string): Promise<void> {
  for (const [look, options] of Object.entries(looks)) {
    const context = await browser.newContext({ locale: 'es-CL', ...options });
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'load' });
    await page.screenshot({ path: `${pictures}/${picture}-${look}.png`, fullPage: true });
    const tooWide = await page.evaluate<boolean>(
      '(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.documentElement)',
    );
    expect([picture, look, await violations(page), tooWide]).toEqual([picture, look, [], false]);
    await context.close();
  }
}

async function withoutScripts(url: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'es-CL', javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  return page;
}

async function fillFactors(page: Page, email: string, node: NodeName): Promise<void> {
  const persona = net.persona(email, node);
  await page.fill('[name=password]', persona.factors!.password);
  await page.fill('[name=totp]', await persona.code());
}

const standing = async (node: NodeName, { finId }: SeededParticipant) =>
  (await net.administration(node).suspensions()).find(({ participant }) => participant === finId);
const stateOf = async (node: NodeName, participant: SeededParticipant) =>
  (await standing(node, participant))?.state;
const answerTo = async (node: NodeName, participant: SeededParticipant) => {
  const { status, body } = await net.get(node, participant, '/v1/certificates');
  return `${status} ${body.code ?? ''}`.trim();
};
const refusal = async (participant: SeededParticipant) => {
  const body = net.enrolMessage(participant, await net.issue(participant));
  return (await net.post(participant, '/v1/certificates', body)).body.code;
};

test('one person freezes the company everywhere; with the other’s word everything ends, at both nodes', async () => {
  const aurora = net.whole.seed.participants[0]!;
  await net.enrolled(aurora);
  const url = `${net.origin('network', 'pages')}/suspension`;
  await expectAccessible(url, 'suspension');
  // What happened is asked once, for either way: with a script the passkey's question names it too.
  const scripted = await browser.newPage();
  await scripted.goto(url);
  await scripted.check('[value=intruder]');
  const asked = scripted.waitForRequest((request) => request.method() === 'POST');
  await scripted.click('button[value=passkey]');
  const sent = new URLSearchParams((await asked).postData() ?? '');
  expect([sent.get('step'), sent.get('cause')]).toEqual(['passkey', 'intruder']);
  await scripted.close();
  const page = await withoutScripts(url);
  await page.fill('[name=email]', aurora.officer);
  await page.check('[value=keysTaken]');
  await fillFactors(page, aurora.officer, 'network');
  await page.click('#by-password button');
  await page.waitForLoadState('load');
  expect(await page.textContent('h1')).toContain('está en suspenso');
  await expectAccessible(page.url(), 'suspension-stands');
  expect(await refusal(aurora)).toBe('PARTICIPANT_SUSPENDED');
  await net.until(() => stateOf('operator', aurora), 'unconfirmed');

  const apoderado = net.persona(aurora.apoderado, 'network');
  const link = await apoderado.nextLink(net.origin('network', 'pages'), '/suspension/');
  await expectAccessible(link, 'suspension-second-word');
  const second = await withoutScripts(link);
  await fillFactors(second, aurora.apoderado, 'network');
  await second.click('[value=confirm]');
  await second.waitForLoadState('load');
  await expectAccessible(second.url(), 'suspension-confirmed');
  for (const node of ['network', 'operator'] as const) {
    await net.until(async () => (await standing(node, aurora))?.carried_out_at !== null, true);
    await net.until(() => answerTo(node, aurora), '403 ACCESS_DENIED');
  }
});

test('at a payout operator first; nobody answers; it stays until two operators of each node lift it', async () => {
  const creditoJa = net.whole.seed.participants[1]!;
  await net.persona(creditoJa.apoderado, 'operator').suspend(net.origin('operator', 'pages'));
  await net.until(() => stateOf('network', creditoJa), 'unconfirmed');
  expect(await refusal(creditoJa)).toBe('PARTICIPANT_SUSPENDED');
  await net.whole.clock.advance({ seconds: 26 * 3600 });
  for (const node of ['network', 'operator'] as const)
    await net.until(async () => (await standing(node, creditoJa))?.overdue_at !== null, true);
  expect(await refusal(creditoJa)).toBe('PARTICIPANT_SUSPENDED');
  const { participant, suspension_id } = (await standing('network', creditoJa))!;
  const parameters = { participant, suspension_id };
  await net.administration('network').act('suspension.lift', parameters, 'Falsa alarma, por teléfono');
  expect(await refusal(creditoJa)).toBeUndefined();
  expect(await stateOf('operator', creditoJa)).toBe('unconfirmed');
  expect(net.whole.laptop.policies?.denied() ?? []).toEqual([]);
});

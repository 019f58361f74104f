import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Administration } from '../../local/seed/administration.ts';
import { Persona } from '../../local/seed/persona.ts';
import { launchBrowser, violations } from '../support/browser.ts';
import { aNetwork, type Network, type Submitted } from '../support/whole.ts';

// The people's pages in a real browser, as the apoderado sees them; pictures of them lie in test/artefacts/.
const pictures = 'test/artefacts';
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

async function opened(url: string, options: { javaScriptEnabled?: boolean } = {}) {
  const context = await browser.newContext({ locale: 'es-CL', ...options });
  const page = await context.newPage();
  const answer = await page.goto(url, { waitUntil: 'load' });
  expect(answer?.status()).toBe(200);
  return { page, context };
}

async function expectAccessible(page: Page, picture: string): Promise<void> {
  await page.screenshot({ path: `${pictures}/${picture}.png`, fullPage: true });
  expect([picture, await violations(page)]).toEqual([picture, []]);
}

/** An enrolment that waits for the apoderado, with the link that was mailed. */
async function awaited(): Promise<{ submitted: Submitted; link: string }> {
  const participant = net.whole.seed.participants[0]!;
  const submitted = await net.submit(participant);
  await net.decide('network', participant.officer, submitted.code);
  return { submitted, link: await net.taskLink('operator', participant.apoderado) };
}

async function confirm(page: Page, { participant, code }: Submitted): Promise<void> {
  const apoderado = net.persona(participant.apoderado, 'operator');
  await page.fill('[name=code]', code);
  await page.fill('[name=password]', apoderado.factors!.password);
  await page.fill('[name=totp]', await apoderado.code());
  await page.click('button[value=confirm]');
  await page.waitForLoadState('load');
}

async function expectActive(submitted: Submitted, context: BrowserContext): Promise<void> {
  await net.until(() => net.state('operator', submitted), 'active');
  await net.until(() => net.state('network', submitted), 'active');
  await context.close();
}

test('a browser that runs scripts and presses nothing changes nothing; pressing confirms', async () => {
  const { submitted, link } = await awaited();
  const { page, context } = await opened(link);
  await expectAccessible(page, 'confirmation');
  const statusOf = async () =>
    (await net.get('network', submitted.participant, `/v1/enrolments/${submitted.id}`)).body;
  const before = await statusOf();
  for (let times = 0; times < 3; times++) await page.reload({ waitUntil: 'networkidle' });
  await net.whole.clock.settled();
  expect(await statusOf()).toEqual(before);
  await confirm(page, submitted);
  await expectAccessible(page, 'confirmed');
  await expectActive(submitted, context);
});

test('everything works without scripts', async () => {
  const { submitted, link } = await awaited();
  const { page, context } = await opened(link, { javaScriptEnabled: false });
  await confirm(page, submitted);
  await page.screenshot({ path: `${pictures}/confirmed-without-scripts.png`, fullPage: true });
  await expectActive(submitted, context);
});

test('the invitation and sign-in pages are accessible', async () => {
  const { laptop, clock, seed } = net.whole;
  const operators = seed.people.filter((one) => one.office === 'nodeOperator' && one.node === 'network');
  const around = { mail: laptop.mail, clock };
  const administration = new Administration(laptop, laptop.nodes[0]!, around, operators[0]!.password);
  administration.operators.push(...operators.map(({ email }) => net.persona(email, 'network')));
  const email = 'rosa@aurora.example';
  const invited = {
    ...{ office: 'securityOfficer', participant: seed.participants[0]!.finId, name: 'Rosa Pinto', email },
    ...{ tax_id: '22333444-K', tax_id_type: 'CLID', locale: 'es', power_from: null, power_until: null },
  };
  await administration.act('person.invite', invited, 'Segunda oficial de seguridad');
  const origin = net.origin('network', 'pages');
  const invitation = await opened(await new Persona(email, around).nextLink(origin, '/invitations/'));
  await expectAccessible(invitation.page, 'invitation');
  const signIn = await opened(`${origin}/sign-in`);
  await expectAccessible(signIn.page, 'sign-in');
  await Promise.all([invitation.context.close(), signIn.context.close()]);
});

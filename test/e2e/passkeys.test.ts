import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Administration, type Once } from '../../local/seed/administration.ts';
import { Persona } from '../../local/seed/persona.ts';
import { launchBrowser, violations } from '../support/browser.ts';
import { aNetwork, type Network, type Submitted } from '../support/whole.ts';

// People with passkeys, in a real browser with a virtual authenticator each: from the invitation to an active
// certificate, and every way in which that may not work. What it looked like lies in test/artefacts/passkeys/.
const pictures = 'test/artefacts/passkeys';
let net: Network;
let browser: Browser;
let rosa: Device;

interface Device {
  readonly email: string;
  readonly persona: Persona;
  readonly context: BrowserContext;
  readonly page: Page;
}

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [net, browser] = [await aNetwork(), await launchBrowser()];
  rosa = await invited('Rosa Pinto', 'rosa@aurora.example', '22333444-K', 'apoderado');
});

afterAll(async () => {
  await browser?.close();
  await net?.stop();
});

/** A browser of its own whose platform authenticator verifies its owner. */
async function aDevice(email: string): Promise<Device> {
  const context = await browser.newContext({ locale: 'es-CL', bypassCSP: false });
  const page = await context.newPage();
  const protocol = await context.newCDPSession(page);
  await protocol.send('WebAuthn.enable');
  await protocol.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const { laptop, clock } = net.whole;
  return { email, context, page, persona: new Persona(email, { mail: laptop.mail, clock }) };
}

async function sound(page: Page, picture: string): Promise<void> {
  await page.screenshot({ path: `${pictures}/${picture}.png`, fullPage: true });
  expect([picture, await violations(page)]).toEqual([picture, []]);
}

const origin = () => net.origin('operator', 'pages');

/** With sessions of its own: time passes here, and sessions end. */
function anAdministration(): Administration {
  const { laptop, clock, seed } = net.whole;
  const operators = seed.people.filter((one) => one.office === 'nodeOperator' && one.node === 'operator');
  const node = laptop.nodes.find(({ name }) => name === 'operator')!;
  const around = { mail: laptop.mail, clock };
  const administration = new Administration(laptop, node, around, operators[0]!.password);
  administration.operators.push(...operators.map(({ email }) => net.persona(email, 'operator')));
  return administration;
}

/** Invitation, code from another way, passkey, release by two operators. */
async function invited(name: string, email: string, taxId: string, office: string): Promise<Device> {
  const device = await aDevice(email);
  const administration = anAdministration();
  const participant = net.whole.seed.participants[0]!.finId;
  const power = office === 'apoderado' ? '2026-01-01T00:00:00Z' : null;
  const person = {
    ...{ office, participant, name, email, tax_id: taxId, tax_id_type: 'CLID', locale: 'es' },
    ...{ power_from: power, power_until: null },
  };
  const once: readonly Once[] = await administration.act('person.invite', person, 'otra persona');
  const { page, persona } = device;
  await page.goto(await persona.nextLink(origin(), '/invitations/'));
  await page.fill('#invitation_code', once[0]!.secret);
  await page.click('main button[type=submit]');
  await sound(page, 'set-up');
  await page.click('button[value=passkey]');
  await page.getByText('Su acceso está preparado').waitFor();
  await sound(page, 'set-up-done');
  const people = await administration.people(participant);
  const { person_id, state } = people.find((each) => each.name === name)!;
  expect(state).toBe('unreleased');
  await administration.act('person.release', { person_ids: [person_id] }, 'llamada hecha');
  return device;
}

/** An enrolment that waits for the apoderados, with the link that was mailed to this one. */
async function awaited(device: Device): Promise<{ submitted: Submitted; link: string }> {
  const participant = net.whole.seed.participants[0]!;
  const submitted = await net.submit(participant);
  await net.decide('network', participant.officer, submitted.code);
  return { submitted, link: await device.persona.nextLink(origin(), '/tasks/') };
}

async function decide({ page }: Device, link: string, vote: 'confirm' | 'reject', code: string) {
  await page.goto(link);
  await page.fill('#code', code);
  await page.click(`button[value=${vote}]`);
}

test('from the invitation by passkey to an active certificate; what was sent works once', async () => {
  const { submitted, link } = await awaited(rosa);
  const { page } = rosa;
  const sent: Request[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request));
  await page.goto(link);
  expect(await page.locator('#password').count()).toBe(0);
  await sound(page, 'confirmation');
  await decide(rosa, link, 'confirm', submitted.code);
  await page.getByText('Usted confirmó este certificado').waitFor();
  await sound(page, 'confirmed');
  await net.until(() => net.state('operator', submitted), 'active');
  await net.until(() => net.state('network', submitted), 'active');
  // The very bytes again, and then on another request's page: neither changes anything.
  const voted = sent.findLast((request) => request.postData()?.includes('passkey='))!;
  const other = await awaited(rosa);
  for (const url of [link, other.link]) {
    const form = Object.fromEntries(new URLSearchParams(voted.postData()!));
    const answer = await rosa.context.request.post(url, {
      form,
      headers: { origin: origin() },
      maxRedirects: 0,
    });
    expect(await answer.text()).not.toContain('Usted confirmó');
  }
  await net.whole.clock.settled();
  expect(await net.ending('operator', other.submitted)).toMatch(/^pending/);
  await decide(rosa, other.link, 'reject', '');
  await page.getByText('Usted rechazó este certificado').waitFor();
  await sound(page, 'rejected');
  await net.until(() => net.ending('operator', other.submitted), 'rejected, APODERADO_REJECTED');
});

test('another person’s link cannot be decided with one’s own passkey, and says what to do', async () => {
  const stranger = await invited('Mario Lagos', 'mario@aurora.example', '9876543-3', 'apoderado');
  const { submitted, link } = await awaited(rosa);
  await decide(stranger, link, 'confirm', submitted.code);
  await stranger.page.locator('[data-passkey-note=failed]:visible').waitFor();
  await sound(stranger.page, 'another-person');
  await net.whole.clock.settled();
  expect(await net.ending('operator', submitted)).toMatch(/^pending/);
  // Nobody answers: it ends, and the page says so.
  await net.whole.clock.advance({ to: new Date(net.whole.clock.now().getTime() + 73 * 3_600_000) });
  await net.until(() => net.ending('operator', submitted), 'rejected, NO_ANSWER');
  await rosa.page.goto(link);
  await rosa.page.getByText('El plazo para decidir terminó').waitFor();
  await sound(rosa.page, 'expired');
  await stranger.context.close();
});

/** By whichever passkey the device holds: nothing is typed. */
async function signIn({ page }: Device, next: string): Promise<void> {
  await page.goto(`${origin()}/sign-in?next=${next}`);
  await page.click('button[value=passkey]');
  await page.waitForURL(`${origin()}${next}`);
}

test('signs in to the console by passkey, adds another device, and password opens nothing', async () => {
  const { page } = rosa;
  await page.goto(`${origin()}/sign-in?next=/console`);
  await sound(page, 'sign-in');
  await page.click('button[value=passkey]');
  await page.waitForURL(`${origin()}/console`);
  await page.goto(`${origin()}/passkeys`);
  await sound(page, 'passkeys');
  await page.click('button[value=add]');
  // The same device holds one already: it says so, and makes no second one (S13).
  await page.locator('[data-passkey-note=taken]:visible').waitFor();
  const mails = net.whole.laptop.mail.inbox().filter((mail) => mail.destination.to.includes(rosa.email));
  expect(mails.map(({ subject }) => subject).join()).toContain('llave de acceso');
});

test('an apoderado who goes away names another by passkey; the officer sees it and stops it', async () => {
  const officer = await invited('Olivia Paz', 'olivia@aurora.example', '13579246-2', 'securityOfficer');
  const { page } = rosa;
  await signIn(rosa, '/delegation');
  await sound(page, 'delegation');
  await page.click('.choices label:first-child');
  const until = new Date(net.whole.clock.now().getTime() + 10 * 86_400_000).toISOString().slice(0, 10);
  await page.fill('#until', until);
  await page.click('button[value=make]');
  await page.waitForURL('**/delegation?done=made');
  await sound(page, 'delegation-made');
  await signIn(officer, '/delegation');
  await officer.page.click('button[value=stop]');
  await officer.page.waitForURL('**/delegation?done=stopped');
  await sound(officer.page, 'delegation-stopped');
  await officer.context.close();
});

test('one’s own pages speak three languages, each switched in the header, and fit a phone', async () => {
  const { page } = rosa;
  await signIn(rosa, '/passkeys');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [language, words] of [
    ['en', 'Your passkeys'],
    ['pt', 'Suas chaves de acesso'],
    ['es', 'Sus llaves de acceso'],
  ] as const) {
    await page.goto(`${origin()}/passkeys`);
    await page.click(`.languages a[lang=${language}]`);
    await page.getByRole('heading', { name: words, level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/passkeys');
    const tooWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
    expect([language, await page.evaluate(tooWide)]).toEqual([language, false]);
    await sound(page, `passkeys-${language}-phone`);
  }
});

test('stops the company by passkey, with no edge running; the other node hears of it, and waits for the other’s word', async () => {
  const { page } = rosa;
  const { finId } = net.whole.seed.participants[0]!;
  await page.goto(`${origin()}/suspension`);
  await page.check('[value=keysTaken]');
  await page.click('button[value=passkey]');
  await page.waitForURL(`${origin()}/suspension/*`);
  expect(await page.locator('h1').innerText()).toContain('está en suspenso');
  await sound(page, 'suspended');
  const administration = net.administration('network');
  const stateAtNetwork = async () =>
    (await administration.suspensions()).find(({ participant }) => participant === finId)?.state;
  await net.until(stateAtNetwork, 'unconfirmed');
});

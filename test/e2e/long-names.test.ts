// What stands on a page may be long: names of 85 letters, addresses, ids, amounts of 18 digits. Nothing of it may push a
// page wider than a phone or a desk, in any language. No network is started: the pages alone, in a real browser.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Payout } from '../../core/payout/payout.ts';
import { locales } from '../../core/people/person.ts';
import { ConfirmationPage } from '../../pages/confirmation.tsx';
import { type CertificateLine, CertificatesPage } from '../../pages/console/certificates.tsx';
import type { ConsoleFrame } from '../../pages/console/frame.tsx';
import { NodePeoplePage } from '../../pages/console/lists.tsx';
import { PayoutPage, PayoutsPage } from '../../pages/console/payouts.tsx';
import { DelegationPage } from '../../pages/delegation.tsx';
import { expiringLetter, keyExpiringLetter, nodeExpiringLetter } from '../../pages/mails/letters.ts';
import { mailOf } from '../../pages/mails/mail.tsx';
import { documentOf } from '../../pages/page.tsx';
import { PasskeysPage } from '../../pages/passkey.tsx';
import { passkeyScript, passkeyScriptPath } from '../../pages/passkey-script.ts';
import { SignInPage } from '../../pages/sign-in.tsx';
import { stylesheet, stylesheetPath } from '../../pages/style.ts';
import { AskPage } from '../../pages/suspension/ask.tsx';
import { launchBrowser, violations } from '../support/browser.ts';
import { aPerson, aSubject, hours, noon } from '../support/people.ts';

const company = 'Cooperativa de Ahorro y Crédito de los Trabajadores Independientes del Maule Limitada';
const person = 'María Fernanda de los Ángeles Rojas-Echeverría Montealegre Fernández de Córdova';
const address = 'maria.fernanda.rojas@cooperativa-trabajadores-independientes.maule.example';
const thumbprint = aSubject.thumbprint as Parameters<typeof expiringLetter>[2]['thumbprint'];
const origin = 'https://pages.test';

function shown(locale: (typeof locales)[number]): Readonly<Record<string, string>> {
  const frame = { locale, timeZone: 'America/Santiago', nodeName: 'Banco Andino', reference: 'r'.repeat(36) };
  const console: ConsoleFrame = {
    ...frame,
    now: hours(51),
    who: { name: person, office: 'nodeOperator', formToken: 't' },
    suspended: [],
    waiting: { confirmations: 7, acts: 2 },
  };
  const form = { frame, formToken: 't', problems: [] };
  const participants = [
    { finId: 'A', name: company },
    { finId: 'B', name: 'x'.repeat(100) },
  ];
  const payout: Payout = {
    ...{ participant: 'A', transactionId: 'x'.repeat(64), messageId: 'm'.repeat(64), place: 0 },
    ...{ networkTransactionId: '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000', payoutOperator: 'O', currency: 'CLP' },
    ...{ amountMinor: 123_456_789_012_345_678n, state: 'error', createdAt: noon, day: '2026-11-22' },
    response: { id: 'r', status: 'x'.repeat(64), message: 'y'.repeat(2000), at: noon },
  };
  const line = { participantName: company, operatorName: company, payout };
  const certificate: CertificateLine = {
    participant: 'A',
    participantName: company,
    enrolmentId: 'e',
    holder: person,
    psc: company,
    use: 'transport',
    validity: 'revoked',
    networkStatus: 'pending',
    daysLeft: 120,
    since: noon,
    thumbprint,
  };
  const delegations = ['p', 'q'].map((principalId) => ({
    ...{ principalId, principal: person, delegate: company, from: noon, until: hours(99), mayStop: true },
  }));
  const letter = { ...frame, origin, participant: company };
  const facts = { holder: person, psc: company, notBefore: noon, notAfter: noon, use: 'signing' } as const;
  const filters = { q: '', participant: '', state: '' } as const;
  const counts = { all: 9, found: 9, active: 9, pending: 9, oldestPending: noon, expiring: 9, revoked: 9 };
  const pages = {
    confirmation: ConfirmationPage({
      ...form,
      facts: {
        ...{ office: 'apoderado', participant: company, participantId: 'x'.repeat(64), psc: company },
        ...{ holder: { name: person, taxIdType: 'CLID', taxId: '12345678-5' }, use: 'signing' },
        ...{ notBefore: noon, notAfter: noon, expiresAt: noon, reason: 'x'.repeat(200), thumbprint },
        ...{ serialNumber: 'ab'.repeat(20), replaces: { thumbprint, notAfter: noon }, others: [] },
      },
      onBehalfOf: [person],
      passkey: false,
    }),
    delegation: DelegationPage({ ...form, participant: company, open: delegations, passkey: false }),
    'sign-in': SignInPage({ ...form, forCli: true, email: address, fallback: true }),
    certificates: CertificatesPage({
      ...{ frame: console, lines: [certificate, { ...certificate, holder: 'x'.repeat(100) }], counts },
      ...{ pages: 9, filters: { ...filters, page: 2 }, participants, sealBroken: [company] },
    }),
    payouts: PayoutsPage({
      ...{ frame: console, lines: [line], sealBroken: [company], filters, participants, cursor: 'c' },
      limits: [{ participantName: company, spent: payout, limit: payout }],
    }),
    payout: PayoutPage({ ...line, frame: console, answered: true }),
    people: NodePeoplePage({
      frame: console,
      people: [{ person: aPerson(), name: person, address: `m…${address.slice(20)}` }],
    }),
  };
  const mails = {
    expiring: expiringLetter(letter, facts, { id: 'e', thumbprint }),
    'node-expiring': nodeExpiringLetter(letter, noon, thumbprint),
    'key-expiring': keyExpiringLetter(letter, noon),
  };
  return {
    ...Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, documentOf(String(page))])),
    ...Object.fromEntries(Object.entries(mails).map(([name, mail]) => [`mail-${name}`, mailOf(mail).html])),
  };
}

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

/** The door in miniature: these pages, the one stylesheet and the passkeys' script. */
async function doorWith(pages: Readonly<Record<string, string>>): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (route.request().method() !== 'GET') return route.abort();
    if (pathname === stylesheetPath) return route.fulfill({ contentType: 'text/css', body: stylesheet });
    if (pathname === passkeyScriptPath)
      return route.fulfill({ contentType: 'text/javascript', body: passkeyScript });
    const body = pages[pathname.slice(1)];
    return body ? route.fulfill({ contentType: 'text/html; charset=utf-8', body }) : route.abort();
  });
  return page;
}

test.each(locales)(
  '%s: nothing is wider than its page, on a phone or a desk, and axe finds nothing',
  async (locale) => {
    const pages = shown(locale);
    const page = await doorWith(pages);
    const found: string[] = [];
    for (const name of Object.keys(pages)) {
      await page.goto(`${origin}/${name}`);
      for (const width of [320, 390, 980, 981, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
        if (wide > width) found.push(`${name} at ${width} px: ${wide}`);
      }
      if (name.startsWith('mail-')) continue;
      found.push(...(await violations(page)));
    }
    expect(found).toEqual([]);
    await page.context().close();
  },
);

test('a passkey that gives no answer is told of, also beside the button that ends one', async () => {
  const keys = ['a', 'b'].map((credentialId) => ({ credentialId, addedAt: noon }));
  const frame = { locale: 'es', timeZone: 'UTC', nodeName: 'Banco Andino', reference: 'r' } as const;
  const html = documentOf(String(PasskeysPage({ frame, formToken: 't', problems: [], passkeys: keys })));
  const page = await doorWith({ passkeys: html });
  await page.goto(`${origin}/passkeys`);
  await page.locator('button[value=end]').first().click();
  await page.locator('[data-passkey-note=failed]:visible').waitFor();
  await page.context().close();
});

test('who lets the second question go unanswered and presses again is asked anew, from the first', async () => {
  const frame = { locale: 'es', timeZone: 'UTC', nodeName: 'Banco Andino', reference: 'r' } as const;
  const ask = AskPage({ frame, formToken: 't', problems: [], fallback: true });
  const page = await doorWith({ suspension: documentOf(String(ask)) });
  const sent: string[][] = [];
  await page.route(`${origin}/suspension`, (route) => {
    if (route.request().method() === 'GET') return route.fallback();
    const form = new URLSearchParams(route.request().postData() ?? '');
    sent.push([...form.keys()].filter((name) => ['identity', 'passkey', 'passkey_user'].includes(name)));
    const get = { challenge: 'AAAA', rpId: 'pages.test', credentialIds: [] };
    const second = form.has('identity');
    return route.fulfill({ json: { get, field: second ? 'passkey' : 'identity', last: second } });
  });
  await page.addInitScript(`{
    let asked = 0;
    const response = Object.fromEntries(
      ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'].map((name) => [name, new ArrayBuffer(8)]));
    const get = async () => {
      if (++asked === 2) throw new DOMException('let go', 'NotAllowedError');
      return { id: 'AAAA', response };
    };
    Object.defineProperty(navigator, 'credentials', { value: { get } });
  }`);
  await page.goto(`${origin}/suspension`);
  await page.click('button[value=passkey]');
  await page.locator('[data-passkey-note=failed]:visible').waitFor();
  const last = page.waitForRequest((request) => request.isNavigationRequest() && request.method() === 'POST');
  await page.click('button[value=passkey]');
  await last;
  const identified = ['identity', 'passkey_user'];
  expect(sent.slice(0, 4)).toEqual([[], identified, [], identified]);
  await page.context().close();
});

// The console in a real browser, over a network that was started for it: every page, both themes, desktop and phone,
// with and without script. What it looked like is kept under test/artefacts/console/.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { locales } from '../../core/people/person.ts';
import { Chapters } from '../../local/demo/chapters.ts';
import { Money } from '../../local/demo/money.ts';
import { Story } from '../../local/demo/story.ts';
import { startWhole, type Whole } from '../../local/start.ts';
import { consoleTextsIn } from '../../pages/texts/console.ts';
import { launchBrowser, violations } from '../support/browser.ts';

const pictures = 'test/artefacts/console';
const sizes = [
  { name: 'desktop', width: 1280, height: 800 },
  { name: 'phone', width: 390, height: 844 },
] as const;
/** Where the layout changes, on either side. */
const between = [980, 981, 1100, 1260, 1261];

let whole: Whole;
let chapters: Chapters;
let browser: Browser;
let folder: string;
let enrolments: { readonly active: string; readonly waiting: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'apodera-console-'));
  mkdirSync(pictures, { recursive: true });
  whole = await startWhole({ dataFolder: folder, ports: 'free' });
  chapters = new Chapters(whole, new Story(whole.clock, false));
  const [aurora, creditoJa] = whole.seed.participants;
  const active = await chapters.enrol(aurora!);
  await new Money(chapters).paid(active, {
    account: '4242424242',
    currency: 'CLP',
    amount: '250000',
    creditor: { id_schema: 'CLID', id: '22222222-2' },
  });
  const waiting = await chapters.submit(creditoJa!);
  enrolments = { active: active.id, waiting: waiting.id };
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await whole?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** By the form, as a person does it, with the browser's own headers. */
async function signIn(email: string, node: 'network' | 'operator', scripts = false) {
  const persona = chapters.persona(email, node);
  const origin = chapters.origin(node, 'pages');
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  const page = await context.newPage();
  await page.goto(`${origin}/sign-in?next=/console`);
  await page.fill('#email', email);
  await page.fill('#password', persona.factors!.password);
  await page.fill('#totp', await persona.code());
  await page.click('main button.second');
  await page.waitForURL(`${origin}/console`);
  return { context, page, origin };
}

async function looked(
  state: Awaited<ReturnType<BrowserContext['storageState']>>,
  origin: string,
  paths: readonly string[],
) {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const)
    for (const { name, ...viewport } of sizes) {
      // axe is a script of ours for this look only; the page's own policy lets none run.
      const context = await browser.newContext({
        storageState: state,
        colorScheme,
        viewport,
        bypassCSP: true,
      });
      const page = await context.newPage();
      for (const path of paths) {
        const where = `${path} ${colorScheme} ${name}`;
        const answer = await page.goto(origin + path);
        if (answer?.status() !== 200) found.push(`${where}: ${answer?.status()}`);
        if ((await answer!.body()).length > 100_000) found.push(`${where}: more than 100 KB`);
        for (const width of name === 'desktop' ? [...between, viewport.width] : [viewport.width]) {
          await page.setViewportSize({ ...viewport, width });
          const tooWide = await page.evaluate(
            'document.documentElement.scrollWidth > document.documentElement.clientWidth',
          );
          if (tooWide) found.push(`${where}: wider than ${width} px`);
        }
        found.push(...(await violations(page)).map((violation) => `${where}: ${violation}`));
        const file = path.replace(/[^a-z]+/g, '-').replace(/^-/, '');
        await page.screenshot({ path: join(pictures, `${file}-${colorScheme}-${name}.png`), fullPage: true });
      }
      await context.close();
    }
  return found;
}

test('each page of the console is sound in both themes, on desktop and phone', async () => {
  const { context, origin } = await signIn('carla@red.example', 'network');
  const sections = ['confirmations', 'payouts', 'participants', 'sources', 'anchors', 'evidence'].concat([
    'acts',
    'suspensions',
    'keys',
    'people',
  ]);
  const paths = [
    '/console',
    ...sections.map((section) => `/console/${section}`),
    '/console/participants/FINTECH_AURORA',
    `/console/enrolments/${enrolments.active}`,
    '/console?q=nothing-is-called-so',
  ];
  expect(await looked(await context.storageState(), origin, paths)).toEqual([]);
  await context.close();
});

test('without script an operator finds what waits, since when, and for whom', async () => {
  const { page, origin } = await signIn('bruno@red.example', 'network');
  await page.selectOption('#state', 'pending');
  await page.click('main button[type=submit]');
  expect(await page.locator('table.list tbody tr').count()).toBe(1);
  await page.click('table.list tbody a');
  expect(page.url()).toBe(`${origin}/console/enrolments/${enrolments.waiting}`);
  expect(await page.locator('.timeline li.waiting').innerText()).toMatch(
    /^5\b[\s\S]*Paulo Azevedo[\s\S]*hasta el/,
  );
  await page.click('nav a[href="/console/confirmations"]');
  expect(await page.locator('table.list tbody').innerText()).toContain('Paulo Azevedo');
});

test.each(locales)(
  'in %s an operator goes from the list to the steps, and to who is waited for',
  async (locale) => {
    const { context, page } = await signIn('carla@red.example', 'network');
    const { certificates, confirmations, enrolment, networkStatuses } = consoleTextsIn(locale);
    await page.click(`.languages a[lang=${locale}]`);
    await page.locator(`html[lang=${locale}]`).waitFor();
    expect(await page.locator('h1').innerText()).toBe(certificates.title);
    await page.selectOption('#state', 'pending');
    await page.click('main button[type=submit]');
    expect(await page.locator('table.list tbody').innerText()).toContain(networkStatuses.pending);
    await page.click('table.list tbody a');
    await page.getByRole('heading', { name: enrolment.timeline }).waitFor();
    await page.click('nav a[href="/console/confirmations"]');
    await page.getByRole('heading', { name: confirmations.title, level: 1 }).waitFor();
    expect(await page.locator('table.list tbody').innerText()).toContain('Paulo Azevedo');
    await page.screenshot({ path: join(pictures, `confirmations-${locale}.png`), fullPage: true });
    await context.close();
  },
);

test('an operator finds a payout, its state and what is left of the day’s limit', async () => {
  const { page } = await signIn('bruno@red.example', 'network');
  await page.click('nav a[href="/console/payouts"]');
  expect(await page.locator('meter').count()).toBe(1);
  expect(await page.locator('table.list').last().innerText()).toContain('Banco Andino');
  await page.click('table.list tbody a');
  expect(await page.locator('h1').innerText()).toBe('CLP 250.000');
  expect(await page.locator('dl.facts').innerText()).toContain('pagado');
  await page.screenshot({ path: join(pictures, 'payout.png'), fullPage: true });
});

test('an officer sees their participant in their language, and nothing of another', async () => {
  const { page, origin } = await signIn('paulo@creditoja.example', 'network');
  expect(await page.locator('html').getAttribute('lang')).toBe('pt');
  for (const path of ['', '/confirmations', '/payouts', '/participants', '/keys', '/sources']) {
    await page.goto(`${origin}/console${path}`);
    expect(await page.content()).not.toMatch(/Aurora|AURORA|María Fernanda/);
  }
  const theirs = await page.goto(`${origin}/console/enrolments/${enrolments.active}`);
  expect(theirs?.status()).toBe(404);
  expect((await page.goto(`${origin}/acts`))?.status()).toBe(403);
});

test('an apoderado follows their certificate at the payout operator, all steps of that node done', async () => {
  const { page } = await signIn('maria@aurora.example', 'operator');
  await page.click('table.list tbody a');
  expect(await page.locator('.timeline li.done').count()).toBe(9);
  expect(await page.locator('#step-13').innerText()).toContain('María Fernanda Rojas Soto');
  // Where the reminder of the expiry leads.
  expect(await page.locator('main code').last().innerText()).toMatch(
    /^apodera certificate rotate --replaces \S{43}$/,
  );
});

test('a list refreshes itself where scripts run, not under somebody’s hands, and ends with the session', async () => {
  const { context, page, origin } = await signIn('bruno@red.example', 'network', true);
  await page.clock.install();
  await page.goto(`${origin}/console/confirmations`);
  const words: string[] = [];
  page.on('console', (message) => words.push(message.text()));
  const turn = async () => {
    const answered = page.waitForResponse(`${origin}/console/confirmations`);
    await page.clock.runFor(20_000);
    const answer = await answered;
    await answer.finished();
    return answer;
  };
  const rows = page.locator('table.list tbody tr');
  const before = await rows.count();
  // Marked, to see that only what changed is put in place.
  await page.evaluate("document.querySelector('table.list').seen = true");
  await chapters.submit(whole.seed.participants[0]!);
  const shown = async () => {
    expect((await turn()).request().headers()['apodera-refresh']).toBe('1');
    return rows.count();
  };
  await expect.poll(shown).toBe(before + 1);
  expect(await page.evaluate("document.querySelector('table.list').seen")).toBe(true);
  expect(await page.locator('nav.side .count').first().innerText()).toBe(String(before + 1));

  await page.locator('table.list tbody a').first().focus();
  let asked = 0;
  page.on('request', () => (asked += 1));
  await page.clock.runFor(60_000);
  expect(asked).toBe(0);
  await page.evaluate('document.activeElement.blur()');
  await turn();

  await context.clearCookies();
  await turn();
  await page.locator('[data-refresh-ended]').waitFor();
  asked = 0;
  await page.clock.runFor(60_000);
  expect([asked, await rows.count(), words]).toEqual([0, before + 1, []]);
  await context.close();
});

test('WCAG 2.2.2: a list that refreshes itself is paused by keyboard, stays so on a reload, and goes on', async () => {
  const { context, page, origin } = await signIn('bruno@red.example', 'network', true);
  await page.clock.install();
  const url = `${origin}/console/confirmations`;
  await page.goto(url);
  let asked = 0;
  page.on('request', (request) => (asked += request.headers()['apodera-refresh'] ? 1 : 0));
  const askedIn = async (seconds: number) => {
    asked = 0;
    await page.clock.runFor(seconds * 1000);
    return asked;
  };
  const button = page.locator('[data-refresh] button');
  const onButton = () => page.evaluate<boolean>("document.activeElement.closest('[data-refresh]') !== null");
  // From the top of the page, by nothing but the tabulator.
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    if (await onButton()) break;
  }
  await page.keyboard.press('Enter');
  expect(await button.innerText()).toBe('Reanudar');
  await page.evaluate('document.activeElement.blur()');
  expect(await askedIn(120)).toBe(0);
  await page.reload();
  expect(await button.innerText()).toBe('Reanudar');
  expect(await askedIn(120)).toBe(0);
  await page.goto(`${origin}/console/payouts`);
  expect(await button.innerText()).toBe('Pausar');
  await page.goto(url);
  // Resumed, it asks at once, and goes on with the focus where it was left.
  const answered = page.waitForResponse(url);
  await button.focus();
  await page.keyboard.press('Space');
  await (await answered).finished();
  expect(await button.innerText()).toBe('Pausar');
  const again = page.waitForResponse(url);
  await page.clock.runFor(20_000);
  await (await again).finished();
  expect(await onButton()).toBe(true);
  await context.close();
});

test('without script no list says that it refreshes itself', async () => {
  const { context, page } = await signIn('bruno@red.example', 'network');
  expect(await page.locator('[data-refresh]').isVisible()).toBe(false);
  await context.close();
});

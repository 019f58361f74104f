// The whole story without a person: npm run demo. A network of its own in a temporary folder, so that it disturbs
// nothing; exit code 0 only if each step was verified.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWhole, type Whole } from '../start.ts';
import { Chapters } from './chapters.ts';
import { Dossiers } from './dossier.ts';
import { Endings } from './endings.ts';
import { Money } from './money.ts';
import { Story } from './story.ts';

const pesos = (amount: string) => ({
  account: '4242424242',
  currency: 'CLP',
  amount,
  creditor: { id_schema: 'CLID', id: '22222222-2' },
});

const reais = (amount: string) => ({
  account: '5151515151',
  currency: 'BRL',
  amount,
  creditor: { id_schema: 'BRCPF', id: '52998224725' },
});

async function demo(): Promise<number> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-demo-'));
  console.log('Starting a network of its own: two nodes, their people, a test PSC ...');
  const tell = (line: string) => console.log(`  ${line} ...`);
  const whole = await startWhole({ dataFolder, ports: 'free', edge: true, tell });
  console.log(
    'missing' in whole.edge
      ? `WITHOUT THE EDGE. ${whole.edge.missing}`
      : `Machines reach the network through the mTLS edge, ${whole.edge.origin}; its key is in a software HSM.`,
  );
  // While days pass, the minute's routines run by the hour.
  whole.laptop.endpoints.scheduler.setGranularity(3600);
  const story = new Story(whole.clock, process.stdout.isTTY === true);
  const chapters = new Chapters(whole, story);
  const parts = {
    story,
    chapters,
    money: new Money(chapters),
    dossiers: new Dossiers(chapters),
    endings: new Endings(chapters),
  };
  try {
    await tellAll(whole, parts);
    console.log(`\n${story.verified} statements verified.`);
    return 0;
  } catch (error) {
    console.error(`\nNot as it should be: ${(error as Error).message}`);
    return 1;
  } finally {
    parts.dossiers.end();
    await parts.money.end();
    await whole.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly story: Story;
  readonly chapters: Chapters;
  readonly money: Money;
  readonly dossiers: Dossiers;
  readonly endings: Endings;
}

async function tellAll({ seed, clock }: Whole, parts: Parts): Promise<void> {
  const { story, chapters, money, dossiers, endings } = parts;
  const [aurora, creditoJa] = seed.participants as [never, never];
  story.chapter('Chile: a fintech enrols its first certificate');
  const chilean = await chapters.enrol(aurora);
  story.chapter('Brazil: another one, with an e-CPF of ICP-Brasil’s layout');
  const brazilian = await chapters.enrol(creditoJa);
  story.chapter('Money moves on a signed message');
  await money.listens(chilean);
  const paid = await money.paid(chilean, pesos('250000'));
  await money.heard(chilean, paid);
  await money.fails(chilean, { ...pesos('1000'), account: '5151515151' }, 'DEBTOR_ACCOUNT_OF_ANOTHER');
  await money.refused(chilean, pesos('6000000'), 'LIMIT_CREDITOR');
  story.chapter('Years later somebody asks who ordered that payment');
  await dossiers.verified(chilean, paid);
  await dossiers.audited();
  story.chapter('The key may have been copied: the certificate is disabled at once');
  await money.disabled(chilean, pesos('1000'));
  story.chapter('A PSC revokes, and says so in its list only');
  await money.swept(brazilian, reais('10.00'));
  story.chapter('Somebody sends a certificate that they saw on the wire');
  await chapters.stolen(aurora);
  story.chapter('A certificate that its PSC has revoked');
  await chapters.revokedBefore(creditoJa);
  story.chapter('The apoderado did not ask for this one');
  await chapters.rejected(aurora);
  // A person is written to a few times a day at most.
  await clock.advance({ seconds: 24 * 3600 });
  story.chapter('Nobody answers');
  await chapters.unanswered(creditoJa);
  story.chapter('Somebody is in the systems of a fintech: two people stop it, with a browser alone');
  await endings.byPage(creditoJa);
  story.chapter('A year passes, and nobody renews');
  await endings.aYear(await chapters.enrol(aurora));
  story.chapter('The auditor comes');
  await dossiers.audited();
}

process.exitCode = await demo();

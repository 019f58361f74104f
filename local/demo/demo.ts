// The whole story without a person: npm run demo. A network of its own in a temporary folder, so that it disturbs
// nothing; exit code 0 only if each step was verified.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWhole } from '../start.ts';
import { Chapters } from './chapters.ts';
import { Story } from './story.ts';

async function demo(): Promise<number> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-demo-'));
  console.log('Starting a network of its own: two nodes, their people, a test PSC ...');
  const tell = (line: string) => console.log(`  ${line} ...`);
  const whole = await startWhole({ dataFolder, ports: 'free', tell });
  // While days pass, the minute's routines run by the hour.
  whole.laptop.endpoints.scheduler.setGranularity(3600);
  const story = new Story(whole.clock, process.stdout.isTTY === true);
  const chapters = new Chapters(whole, story);
  const [aurora, creditoJa] = whole.seed.participants as [never, never];
  try {
    story.chapter('Chile: a fintech enrols its first certificate');
    await chapters.enrol(aurora);
    story.chapter('Brazil: another one, with an e-CPF of ICP-Brasil’s layout');
    await chapters.enrol(creditoJa);
    story.chapter('Somebody sends a certificate that they saw on the wire');
    await chapters.stolen(aurora);
    story.chapter('A certificate that its PSC has revoked');
    await chapters.revokedBefore(creditoJa);
    story.chapter('The apoderado did not ask for this one');
    await chapters.rejected(aurora);
    story.chapter('Nobody answers');
    await chapters.unanswered(creditoJa);
    console.log(`\n${story.verified} statements verified.`);
    return 0;
  } catch (error) {
    console.error(`\nNot as it should be: ${(error as Error).message}`);
    return 1;
  } finally {
    await whole.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

process.exitCode = await demo();

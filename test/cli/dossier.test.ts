import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { pemOf } from '../support/certificates.ts';
import { someDossier } from '../support/dossier.ts';
import { apodera } from '../support/terminal.ts';

let dossier: Awaited<ReturnType<typeof someDossier>>;
let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'apodera-dossier-'));
  dossier = await someDossier();
  writeFileSync(at('dossier.json'), dossier.bytes);
  writeFileSync(at('root.pem'), pemOf(dossier.root.der));
  const [key] = dossier.trust.evidenceKeys;
  writeFileSync(at('evidence.pem'), key!.key.export({ type: 'spki', format: 'pem' }));
});
afterAll(() => rmSync(folder, { recursive: true }));
const verify = (file: string, ...more: string[]) =>
  apodera([
    'evidence',
    'verify',
    at(file),
    '--evidence-public-key',
    `SHINKANSEN=${at('evidence.pem')}`,
    ...more,
  ]);

describe('apodera evidence verify', () => {
  test('says who proves what, and ends with 0 where everything holds', async () => {
    const { exitCode, out } = await verify('dossier.json', '--anchors', at('root.pem'));
    expect(out).toMatch(
      /^Everything holds, given the anchor and the evidence key that you named\.\n\nFINTECH_CL signed/,
    );
    expect(exitCode).toBe(exitCodes.DONE);
  });

  test('ends with 3 and names the place where a dossier was edited', async () => {
    const text = readFileSync(at('dossier.json'), 'utf8').replace('"P-OFFICER"', '"P-0FFICER"');
    writeFileSync(at('edited.json'), text);
    const { exitCode, out } = await verify('edited.json', '--anchors', at('root.pem'));
    expect(out).toMatch(
      /^This dossier proves nothing\. What does not hold, and where:\n {2}(records|enrolments)\[/,
    );
    expect(exitCode).toBe(exitCodes.REFUSED);
  });

  test('names the anchor that it needs where nobody gave it', async () => {
    const { exitCode, out } = await verify('dossier.json');
    expect(out).toContain(`DOSSIER_ANCHOR_UNKNOWN`);
    expect(out).toContain(dossier.root.thumbprint);
    expect(exitCode).toBe(exitCodes.REFUSED);
  });

  test('takes a key for the node that it is named with, and for no other', async () => {
    const keyOf = (node: string) => [
      'evidence',
      'verify',
      at('dossier.json'),
      '--anchors',
      at('root.pem'),
      '--evidence-public-key',
      `${node}${at('evidence.pem')}`,
    ];
    const { exitCode, out } = await apodera(keyOf('BANCO_CL='));
    expect([exitCode, out]).toEqual([exitCodes.REFUSED, expect.stringContaining('a key of SHINKANSEN')]);
    expect((await apodera(keyOf(''))).exitCode).toBe(exitCodes.USAGE);
    expect((await apodera(['evidence', 'verify', at('dossier.json')])).exitCode).toBe(exitCodes.USAGE);
    expect((await apodera(['evidence', 'verify', '--help'])).out).toMatch(
      /--evidence-public-key <fin_id>=<file> ... \(needed\)/s,
    );
  });
});

describe('apodera evidence export', () => {
  test.each([[['t-1']], [['t-1', '--enrolment', 'E']], [[]]])(
    'refuses %j: a payout has a participant',
    async (words) => {
      const { exitCode } = await apodera(['evidence', 'export', ...words, '--out', at('new.json')]);
      expect(exitCode).toBe(exitCodes.USAGE);
    },
  );
});

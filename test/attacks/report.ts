// Which attacks are played, and which rules have none yet? Runs test/attacks, and prints the rules of the threat model
// and the published mitigation x threat matrix from what passed. Run: npm run threat-report. A test's title says
// what it shows: `S11 ...`, or `M4/A2 ...` for a cell of the matrix. It takes some minutes: each file is named on stderr
// when it is through.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface Assertion {
  readonly fullName: string;
  readonly status: string;
}

/** A-092: which mitigation answers which threat. */
export const matrix: Readonly<Record<string, readonly string[]>> = {
  A1: ['M1', 'M2', 'M3'],
  A2: ['M2', 'M4', 'M5', 'M6', 'M7'],
  A3: ['M1', 'M4', 'M5', 'M6', 'M7', 'M8', 'M9', 'M10', 'M11', 'M12', 'M13', 'M14', 'M15', 'M16'],
  A4: ['M2', 'M13', 'M14', 'M15', 'M16'],
  A5: ['M12', 'M13', 'M14', 'M15'],
};
/** Organisational cells: a document states them. */
export const documents: Readonly<Record<string, string>> = {
  M3: 'docs/threat-model.md',
  M5: 'docs/threat-model.md',
  M6: 'docs/threat-model.md',
};
/** Milliseconds; two and a half minutes on two cores that others use too. */
const longest = 20 * 60_000;
const rules = Array.from({ length: 30 }, (_, n) => `S${n + 1}`);

function assertions(): readonly Assertion[] {
  const file = join('.cache', 'attacks.json');
  rmSync(file, { force: true });
  const args = ['run', 'test/attacks', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { error } = spawnSync('vitest', args, { stdio: ['ignore', 2, 2], timeout: longest });
  if (error || !existsSync(file)) throw new Error('the attack tests did not end', { cause: error });
  const results = JSON.parse(readFileSync(file, 'utf8')) as {
    testResults: readonly { assertionResults: readonly Assertion[] }[];
  };
  rmSync(file);
  return results.testResults.flatMap((one) => one.assertionResults);
}

const names = (assertion: Assertion, id: string) =>
  new RegExp(`(^|[^A-Z0-9])${id}([^0-9]|$)`).test(assertion.fullName);

function verdict(of: readonly Assertion[]): string {
  if (of.length === 0) return 'none yet';
  const failed = of.filter(({ status }) => status !== 'passed').length;
  return failed > 0 ? `${failed} of ${of.length} FAILED` : `${of.length} passed`;
}

function main(): number {
  const all = assertions();
  console.log('Rules of docs/threat-model.md, each with the tests that play its attack\n');
  for (const rule of rules)
    console.log(`  ${rule.padEnd(4)} ${verdict(all.filter((one) => names(one, rule)))}`);
  console.log('\nMitigation x threat (A-092)\n');
  for (const [threat, mitigations] of Object.entries(matrix)) {
    const cells = mitigations.map((mitigation) => {
      const document = documents[mitigation];
      if (document) return `${mitigation}: ${existsSync(document) ? document : 'no document yet'}`;
      return `${mitigation}: ${verdict(all.filter((one) => names(one, `${mitigation}/${threat}`)))}`;
    });
    console.log(`  ${threat}  ${cells.join('; ')}`);
  }
  const failed = all.filter(({ status }) => status !== 'passed');
  for (const { fullName } of failed) console.log(`\nFAILED: ${fullName}`);
  return failed.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = main();

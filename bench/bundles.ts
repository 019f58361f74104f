// B1, B2: what it costs to start a function, against a bundle that holds the DynamoDB client and nothing else. Whole
// processes are spawned in turn and their CPU is compared. The bytes are those that a start reads: the handler and
// what it imports at once; with what it may load later they stand beside.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildFunctions } from '../local/build.ts';
import { functionsOf } from '../local/template/functions.ts';
import { readTemplate } from '../local/template/template.ts';
import { type Figure, median } from './figure.ts';

const aims = {
  B1: { init: 1.08, kilobytes: 290 },
  B2: { init: 1.3, kilobytes: 450 },
} as const;
/** The function that every payout waits for. */
const payoutFunction = 'AdmitPayoutFunction';
const rounds = 7;

/** @param only logical ids; none: every function of the template */
export async function bundleFigures(only: readonly string[] = []): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-bench-'));
  try {
    const bundles = await buildFunctions({ outputFolder: folder, ...(only.length > 0 && { only }) });
    const reference = await referenceBundle(folder);
    const figures: Figure[] = [];
    for (const { logicalId, folder: place, bytes, startBytes } of bundles) {
      const id = logicalId === payoutFunction ? 'B1' : 'B2';
      const { init, kilobytes } = aims[id];
      const read = Math.round(startBytes / 1024);
      const value = initRatio(join(place, 'handler.mjs'), reference, variablesOf(logicalId));
      const all = Math.round(bytes / 1024);
      figures.push({
        id,
        what: `${logicalId}: init, ${read} KiB (at most ${kilobytes}) of ${all}`,
        value,
        reference: 'a bundle with the DynamoDB client only',
        aim: init,
        holds: value <= init && read <= kilobytes,
        unit: 'ratio',
      });
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function referenceBundle(folder: string): Promise<string> {
  const entry = join(folder, 'reference.ts');
  writeFileSync(
    entry,
    "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\nexport const client = new DynamoDBClient();\n",
  );
  const outfile = join(folder, 'reference.mjs');
  await build({
    entryPoints: [entry],
    nodePaths: [join(process.cwd(), 'node_modules')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

/** Every variable that a function may ask for; init reads them and calls nobody. */
function variablesOf(logicalId: string): Record<string, string> {
  const found = functionsOf(readTemplate('template.yaml')).find((one) => one.logicalId === logicalId);
  const named = (found?.properties.Environment as { Variables?: object } | undefined)?.Variables ?? {};
  return Object.fromEntries(Object.keys(named).map((name) => [name, plausible(name)]));
}

function plausible(name: string): string {
  if (name === 'NODE_ROLE') return 'network';
  if (name === 'NODE_STAGE') return 'dev';
  if (name === 'PAYOUTS_FROZEN') return 'no';
  if (name === 'PASSWORD_FALLBACK') return 'allowed';
  if (/SECONDS|DAYS/.test(name)) return '60';
  return /URL|ORIGIN/.test(name) ? 'https://example.invalid' : 'x';
}

function initRatio(bundle: string, reference: string, variables: Record<string, string>): number {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const a = importCpu(bundle, variables);
    const b = importCpu(reference, {});
    ratios.push(a / b);
  }
  return median(ratios);
}

/** Microseconds of CPU that the import alone takes, in a process of its own. */
function importCpu(file: string, variables: Record<string, string>): number {
  const script = `const b = process.cpuUsage(); await import(${JSON.stringify(file)}); const u = process.cpuUsage(b); process.stdout.write(String(u.user + u.system)); process.exit(0);`;
  const env = { PATH: process.env.PATH ?? '', AWS_REGION: 'us-east-1', ...variables };
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env,
      timeout: 60_000,
    }).toString(),
  );
}

if (import.meta.main) {
  const { print } = await import('./figure.ts');
  print(await bundleFigures(process.argv.slice(2)));
}

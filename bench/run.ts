// Every figure beside its limit or peer, measured in the same run: npm run bench [-- --json] [-- <id> ...].
// `--certificates <n>`: how many S4 and A4 sweep (100,000). Only when named: `throughput`, for `--seconds <n>` (60) at
// up to `--rate <n>` messages a second (300), and as long again at most for what is under way then.
// Exit code 1 when a figure misses its aim. A run whose A/A control is off is taken again, three times at most.

import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean' },
    certificates: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '300' },
  },
  allowPositionals: true,
});

interface Group {
  readonly ids: readonly string[];
  readonly onlyNamed?: true;
  measure(): Promise<readonly Figure[]>;
}

const groups: readonly Group[] = [
  {
    ids: ['C1'],
    measure: async () => (await import('./certificate-path.ts')).certificatePathFigures(),
  },
  {
    ids: ['C2'],
    measure: async () => (await import('./proved-certificate.ts')).provedCertificateFigures(),
  },
  { ids: ['A1'], measure: async () => (await import('./payout-writes.ts')).payoutWriteFigures() },
  { ids: ['A2'], measure: async () => (await import('./payout-cost.ts')).payoutCostFigures() },
  { ids: ['S1', 'S2', 'S3'], measure: async () => (await import('./crl.ts')).crlFigures() },
  { ids: ['O1'], measure: async () => [await (await import('./ocsp.ts')).ocspFigure()] },
  {
    ids: ['P1', 'P2', 'P3', 'P4'],
    measure: async () => (await import('./payout.ts')).payoutFigures(),
  },
  { ids: ['A3'], measure: async () => (await import('./enrolment.ts')).enrolmentFigures() },
  {
    ids: ['S4', 'A4'],
    measure: async () => (await import('./sweep.ts')).sweepFigures(Number(values.certificates)),
  },
  { ids: ['D'], measure: async () => (await import('./disable.ts')).disableFigures() },
  { ids: ['B1', 'B2'], measure: async () => (await import('./bundles.ts')).bundleFigures() },
  { ids: ['E1'], measure: async () => (await import('./edge.ts')).edgeFigures() },
  {
    ids: ['throughput'],
    onlyNamed: true,
    measure: async () => {
      const { throughputFigures } = await import('./throughput.ts');
      return throughputFigures({ seconds: Number(values.seconds), rate: Number(values.rate) });
    },
  },
];

const off = (figures: readonly Figure[]) =>
  figures.some(({ control }) => control !== undefined && Math.abs(control - 1) > 0.03);

async function believable(group: Group): Promise<readonly Figure[]> {
  let figures = await group.measure();
  for (let again = 0; off(figures) && again < 2; again++) figures = await group.measure();
  return figures;
}

function line({ id, what, value, unit, aim, holds, reference, control }: Figure): string {
  const sign = unit === 'times' ? '>=' : '<=';
  const trust = control === undefined ? '' : `, control ${control.toFixed(3)}`;
  const verdict = aim === undefined ? '' : holds ? 'holds' : 'MISSES';
  const aimed = aim === undefined ? '' : `${sign} ${aim}`;
  return `${id.padEnd(9)} ${verdict.padEnd(7)} ${value.toFixed(2).padStart(9)} ${aimed.padEnd(8)} ${unit.padEnd(7)} ${what} (against ${reference}${trust})`;
}

let missed = 0;
for (const group of groups) {
  const isNamed = group.ids.some((id) => positionals.includes(id));
  if (!isNamed && (positionals.length > 0 || group.onlyNamed)) continue;
  for (const figure of await believable(group)) {
    if (!figure.holds) missed++;
    console.log(values.json ? JSON.stringify(figure) : line(figure));
  }
}
process.exitCode = missed > 0 ? 1 : 0;

// S1-S3: a list of 1,000,000 entries is read, its signature verified and 1,000 serials are looked up, against SHA-256
// of its bytes (CPU), bare Node (memory) and `openssl crl` (CPU).

import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { parseCertificate } from '../core/certificate/parse.ts';
import { scanCrl, scanCrlStream } from '../core/certificate/revocation/crl-scan.ts';
import { WantedSerials } from '../core/certificate/revocation/wanted-serials.ts';
import { makeAuthority } from '../test/support/certificates.ts';
import { sha256WithRsa } from '../test/support/revocation-lists.ts';
import { listChunks, serialOf, signatureOverList } from './crl-list.ts';
import { cpuOf, type Figure, isBelievable, median, paired, print } from './figure.ts';

const psc = makeAuthority({ name: 'bench psc' });
const key = createPublicKey(psc.key);
const issuer = parseCertificate(psc.der).subject.der;
const signature = signatureOverList(issuer, sha256WithRsa, psc.key);
const limits = { maxBytes: 100_000_000 };
/** Half of them are on the list. */
const wanted = WantedSerials.ofContents(Array.from({ length: 1000 }, (_, n) => serialOf(n * 2000)));

export async function crlFigures(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-bench-'));
  try {
    const list = Buffer.concat([...listChunks(issuer, sha256WithRsa, signature)]);
    const file = join(folder, 'list.crl');
    writeFileSync(file, list);
    return [await cpuFigure(list), await memoryFigure(folder, file), await opensslFigure(folder, file)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(list: Uint8Array): void {
  const scanned = scanCrl(list, wanted, limits);
  if (!scanned.signedBy(key) || scanned.entries.size !== 500) throw new Error('the list was not read');
}

async function cpuFigure(list: Uint8Array): Promise<Figure> {
  const hash = () => void createHash('sha256').update(list).digest();
  const measured = await paired(() => read(list), hash);
  const aim = 1.6;
  return {
    id: 'S1',
    what: 'CRL of 1M entries: read, verify, look up 1,000',
    value: measured.ratio,
    unit: 'ratio',
    reference: 'SHA-256 of its bytes',
    aim,
    holds: measured.ratio <= aim && isBelievable(measured),
    control: measured.control,
  };
}

/** Type stripping has a memory of its own: both children run plain JavaScript. */
async function memoryFigure(folder: string, list: string): Promise<Figure> {
  const script = join(folder, 'crl-memory.mjs');
  const bare = join(folder, 'bare.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'crl-memory.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  writeFileSync(bare, 'console.log(process.resourceUsage().maxRSS)');
  const spki = key.export({ type: 'spki', format: 'der' });
  const peak = (file: string, ...given: string[]) =>
    Number(execFileSync(process.execPath, [file, ...given], { encoding: 'utf8', timeout: 600_000 })) / 1024;
  const runs = Array.from({ length: 5 }, () => peak(script, list, spki.toString('base64')) - peak(bare));
  const aim = 8;
  const value = median(runs);
  const what = 'the same as a stream: peak over bare Node';
  return { id: 'S2', what, value, unit: 'MiB', reference: 'an empty script', aim, holds: value <= aim };
}

async function opensslFigure(folder: string, list: string): Promise<Figure> {
  writeFileSync(join(folder, 'psc.pem'), psc.pem);
  const command = 'openssl crl -inform DER -in list.crl -noout -CAfile psc.pem 2>&1';
  const script = `TIMEFORMAT='%U %S'; time ${command}`;
  const openssl = () => {
    const said = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 600_000,
    });
    if (!said.includes('verify OK')) throw new Error(said);
    const [user, system] = said.trim().split('\n').at(-1)!.split(' ').map(Number);
    return (user! + system!) * 1_000_000;
  };
  const ours = async () => {
    // Chunks as large as the scanner's own slices: smaller ones cost as much as reading the list.
    const file = createReadStream(list, { highWaterMark: 256 * 1024 });
    const scanned = await scanCrlStream(file, wanted, limits);
    if (!scanned.signedBy(key)) throw new Error('the list was not read');
  };
  await ours();
  const ratios: number[] = [];
  for (let pair = 0; pair < 7; pair++) ratios.push(openssl() / (await cpuOf(ours, 3)));
  const aim = 8;
  const value = median(ratios);
  const what = 'the same from a file, less CPU than its peer, which looks nothing up';
  const version = execFileSync('openssl', ['version'], { encoding: 'utf8' }).split(' ', 2).join(' ');
  const reference = `the whole process of crl, ${version}; ours without the start of Node`;
  return { id: 'S3', what, value, unit: 'times', reference, aim, holds: value >= aim };
}

if (import.meta.main) print(await crlFigures());

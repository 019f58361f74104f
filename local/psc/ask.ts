// The test PSC from a terminal: npm run psc -- issue <participant> <csr> <out>, or revoke <serial number> [reason].
// "-" for <csr> and <out> is standard input and output, as "certificate rotate --psc" wants it. A real PSC asks for the
// apoderado's identity first; this one knows the people of the local network.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { requireRun } from '../run-file.ts';
import { readSeed } from '../seed/seed.ts';

const dataFolder = '.local';

async function ask(url: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`The PSC refuses: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

async function main([verb, ...args]: readonly string[]): Promise<void> {
  const run = requireRun(dataFolder);
  if (verb === 'issue') {
    const [finId, csrFile, out] = args;
    const participants = readSeed(dataFolder)?.participants ?? [];
    const participant = participants.find((one) => one.finId === finId);
    if (!csrFile || !out) throw new Error('Usage: npm run psc -- issue <participant> <csr> <out>');
    if (!participant) {
      const known = participants.map((one) => one.finId).join(', ');
      throw new Error(`"${finId}" is no participant of this network: ${known}`);
    }
    if (csrFile !== '-' && !existsSync(csrFile)) throw new Error(`There is no file "${csrFile}".`);
    if (out !== '-' && existsSync(out)) throw new Error(`"${out}" is there already and is not overwritten.`);
    if (out !== '-' && !existsSync(dirname(out))) throw new Error(`There is no folder "${dirname(out)}".`);
    const csr = readFileSync(csrFile === '-' ? 0 : csrFile, 'utf8');
    if (!csr.includes('BEGIN CERTIFICATE REQUEST'))
      throw new Error(`"${csrFile}" is no certificate request in PEM: "apodera key csr" writes one.`);
    const issued = await ask(`${run.pscUrl}/admin/issue`, { holder: participant.holder, csr });
    if (out === '-') return void process.stdout.write(String(issued.chainPem));
    writeFileSync(out, String(issued.chainPem));
    console.log(`certificate ${issued.serialNumber} for ${participant.holder.name}, chain in ${out}`);
    return;
  }
  if (verb === 'revoke' && args[0]) {
    await ask(`${run.pscUrl}/admin/revoke`, { serialNumber: args[0], reason: args[1] ?? 'keyCompromise' });
    console.log(`certificate ${args[0]} is revoked at the PSC`);
    return;
  }
  throw new Error('Usage: npm run psc -- issue <participant> <csr> <out> | revoke <serial number> [reason]');
}

await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

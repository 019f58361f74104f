// What does this person's authenticator show now? npm run code -- <e-mail> [network|operator]. By the network's own
// clock, which the demo may have moved.

import { totpAt } from '../../core/people/totp.ts';
import { clockClient } from '../clock-endpoint.ts';
import { requireRun } from '../run-file.ts';
import { readSeed } from './seed.ts';

async function main([email, node = 'network']: readonly string[]): Promise<void> {
  if (!email) throw new Error('Usage: npm run code -- <e-mail> network|operator');
  const run = requireRun('.local');
  const person = readSeed('.local')?.people.find((one) => one.email === email && one.node === node);
  if (!person)
    throw new Error(`Nobody has the address "${email}" at "${node}". "npm start" lists everybody.`);
  console.log(totpAt(person.totp, await clockClient(run.clockUrl).now()));
}

await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

// A process of its own that reads the million-entry list as a stream and says how large it became (kilobytes). One buffer
// takes every chunk: a new one each time measures when V8 gives it back. Bundled and started by crl.ts: the list's file
// and its public key (base64) are its arguments.

import { createPublicKey } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { scanCrlStream } from '../core/certificate/revocation/crl-scan.ts';
import { WantedSerials } from '../core/certificate/revocation/wanted-serials.ts';
import { entries, serialOf } from './crl-list.ts';

const [list, spki] = process.argv.slice(2) as [string, string];
const wanted = WantedSerials.ofContents(Array.from({ length: 1000 }, (_, n) => serialOf(n * 2000)));

async function* chunks(): AsyncGenerator<Uint8Array> {
  const file = openSync(list, 'r');
  const buffer = Buffer.allocUnsafeSlow(64 * 1024);
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
    yield buffer.subarray(0, read);
  closeSync(file);
}

const scanned = await scanCrlStream(chunks(), wanted, { maxBytes: 100_000_000 });
const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
if (!scanned.signedBy(key) || scanned.entryCount !== entries || scanned.entries.size !== 500) {
  throw new Error('the list was not read');
}
console.log(process.resourceUsage().maxRSS);

// A process of its own that reads the million-entry list as a stream and says how large it became (kilobytes).
// Bundled and started by crl.ts: `issuer`, `algorithm`, `signature`, `public key`, as base64, are its arguments.

import { createPublicKey } from 'node:crypto';
import { scanCrlStream } from '../core/certificate/revocation/crl-scan.ts';
import { WantedSerials } from '../core/certificate/revocation/wanted-serials.ts';
import { entries, listChunks, serialOf } from './crl-list.ts';

const [issuer, algorithm, signature, spki] = process.argv.slice(2).map((text) => Buffer.from(text, 'base64'));
const wanted = WantedSerials.ofContents(Array.from({ length: 1000 }, (_, n) => serialOf(n * 2000)));

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield* listChunks(issuer!, algorithm!, signature!);
}

const scanned = await scanCrlStream(chunks(), wanted, { maxBytes: 100_000_000 });
const key = createPublicKey({ key: spki!, format: 'der', type: 'spki' });
if (!scanned.signedBy(key) || scanned.entryCount !== entries || scanned.entries.size !== 500) {
  throw new Error('the list was not read');
}
console.log(process.resourceUsage().maxRSS);

// What is a payout called in the network? A UUIDv7 (RFC 9562 §5.7) from the message's own time and seed, so that the
// ids of a repeated message are computed again and not read, and sort by the time of admission.

import { createHash } from 'node:crypto';

/** @param seed random, kept with the message: ids cannot be guessed from what the sender knows. */
export function networkTransactionId(admittedAt: Date, seed: Uint8Array, place: number): string {
  const time = admittedAt.getTime().toString(16).padStart(12, '0');
  const hash = createHash('sha256').update(seed).update(`\n${place}`).digest();
  const bytes = Buffer.concat([Buffer.from(time, 'hex'), hash.subarray(0, 10)]);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return written(bytes);
}

/** The least id of this instant: a day of a list begins and ends with one. */
export function leastIdAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0');
  return written(Buffer.from(`${hex}${'00'.repeat(10)}`, 'hex'));
}

function written(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

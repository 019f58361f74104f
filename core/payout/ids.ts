// What is a payout called in the network? A UUIDv7 (RFC 9562 §5.7) from the message's own time and seed, so that the
// ids of a repeated message are computed again and not read, and sort by the time of admission.

/**
 * The ids of one message by place.
 * @param seed 16 random bytes, kept with the message: the first 54 bits here are its own, the last 20 the place.
 */
export function networkTransactionIds(admittedAt: Date, seed: Uint8Array): (place: number) => string {
  const random = Buffer.from(seed.buffer, seed.byteOffset, seed.length).toString('hex');
  // Version 7 and the variant 10: two bits of a hexadecimal digit.
  const variant = '89ab'[Number.parseInt(random[3]!, 16) & 3];
  const first = written(
    `${timeOf(admittedAt)}7${random.slice(0, 3)}${variant}${random.slice(4, 14)}${'0'.repeat(5)}`,
  ).slice(0, -5);
  return (place) => first + place.toString(16).padStart(5, '0');
}

/** The least id of this instant: a day of a list begins and ends with one. */
export function leastIdAt(time: Date): string {
  return written(`${timeOf(time)}${'0'.repeat(20)}`);
}

/** When it was made, as it says; undefined for what is no UUIDv7. */
export function madeAt(id: string): Date | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) return undefined;
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

const timeOf = (time: Date) => time.getTime().toString(16).padStart(12, '0');

function written(hex: string): string {
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

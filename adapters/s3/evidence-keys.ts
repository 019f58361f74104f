// Under which key does what lie in the evidence bucket? Batches of messages are in message-batches.ts.

/** Twelve digits: text that sorts as the number does. */
export const headKey = (number: number) => `heads/${String(number).padStart(12, '0')}.json`;

/** NaN where the key is no head's. */
export const numberOfHead = (key: string) => Number(/^heads\/(\d{12})\.json$/.exec(key)?.[1]);

/** @param hash of the listing, as its head names it */
export const listingKey = (hash: string) => `listings/${hash}.json`;

/** @param sha256 base64url */
export const bytesKey = (sha256: string) => `bytes/${sha256}`;

/** A message too large for an item. @param sha256 hex, as the item names it */
export const largeMessageKey = (sha256: string) => `messages/${sha256}`;

/** The same of a digest in base64url, as evidence names it. */
export const messageKeyOf = (sha256: string) =>
  largeMessageKey(Buffer.from(sha256, 'base64url').toString('hex'));

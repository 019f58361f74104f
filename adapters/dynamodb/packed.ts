// How do long values stand in an item so that it is billed for less? Bytes are deflated, a detached JWS (whose header
// is base64url of base64) is taken apart first. Nothing else in the system knows: what is read is what was written,
// bit for bit, and what would not come back the same, or not smaller, stands as it is.

import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** A map of one of these names, in place of a value. No record of ours has members of such names. */
export const packedNames = { bytes: '~bytes', jws: '~jws' } as const;

/** Below this there is nothing to gain. */
const leastLength = 256;
/** Who can write the table may put anything there: what grows beyond this is not ours, and nothing longer is packed. */
const maxOutputLength = 1 << 20;

/** Undefined where it is better left as it is. */
export function packBytes(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < leastLength || bytes.length > maxOutputLength) return undefined;
  const packed = deflateRawSync(bytes);
  return packed.length < bytes.length ? packed : undefined;
}

/** Undefined where it did not come from {@link packBytes}. */
export function unpackBytes(packed: Uint8Array): Uint8Array | undefined {
  try {
    return Uint8Array.from(inflateRawSync(packed, { maxOutputLength }));
  } catch {
    return undefined;
  }
}

/** Two octets of length, the signature, the deflated header. Undefined for what is no long detached JWS. */
export function packJws(text: string): Uint8Array | undefined {
  if (text.length < leastLength || text.length > maxOutputLength || !/^[\w-]+\.\.[\w-]+$/.test(text))
    return undefined;
  const [header, signature] = text.split('..').map((part) => Buffer.from(part, 'base64url'));
  if (!header || !signature || signature.length > 0xffff || jwsOf(header, signature) !== text)
    return undefined;
  const length = Buffer.from([signature.length >> 8, signature.length & 0xff]);
  const packed = Buffer.concat([length, signature, deflateRawSync(header)]);
  return packed.length < text.length ? packed : undefined;
}

/** Undefined where it did not come from {@link packJws}. */
export function unpackJws(packed: Uint8Array): string | undefined {
  const length = ((packed[0] ?? 0) << 8) | (packed[1] ?? 0);
  const header = unpackBytes(packed.subarray(2 + length));
  return header && jwsOf(header, packed.subarray(2, 2 + length));
}

const jwsOf = (header: Uint8Array, signature: Uint8Array) =>
  `${Buffer.from(header).toString('base64url')}..${Buffer.from(signature).toString('base64url')}`;

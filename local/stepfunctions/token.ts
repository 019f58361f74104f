// What is a task token, and is this text one? Tokens look as AWS's do, `+ / =` and all, so that code which puts them
// where they break, breaks here. Whether a task still waits for one is asked in engine.ts.

import { createHash, randomBytes } from 'node:crypto';
import { ApiError } from './errors.ts';

/** Opaque: random bytes and a checksum, base64; 360 characters where AWS allows 2048. */
export function newToken(): string {
  const random = randomBytes(261);
  return Buffer.concat([random, digest(random)]).toString('base64');
}

/** ApiError `InvalidToken` for anything that `newToken` cannot have made. */
export function checkToken(token: unknown): string {
  if (typeof token === 'string') {
    const bytes = Buffer.from(token, 'base64');
    const random = bytes.subarray(0, 261);
    if (
      bytes.length === 269 &&
      digest(random).equals(bytes.subarray(261)) &&
      bytes.toString('base64') === token
    )
      return token;
  }
  throw new ApiError('InvalidToken', "Invalid Token: 'Invalid token'");
}

function digest(random: Buffer): Buffer {
  return createHash('sha256').update('task token').update(random).digest().subarray(0, 8);
}

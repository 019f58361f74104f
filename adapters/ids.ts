// What is a new thing called? A ULID: 48 bits of time, 80 random bits, 26 characters that sort by time.
// Ids are names, not secrets: what must not be guessed (links, keys) is made where it is needed, of 128 bits or more.

import { randomBytes } from 'node:crypto';
import type { Clock, Ids } from '../core/ports.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function ulids(clock: Clock, random: (size: number) => Uint8Array = randomBytes): Ids {
  return {
    next() {
      let bits =
        (BigInt(clock.now().getTime()) << 80n) | BigInt(`0x${Buffer.from(random(10)).toString('hex')}`);
      let id = '';
      for (let i = 0; i < 26; i++, bits >>= 5n) id = alphabet[Number(bits & 31n)] + id;
      return id;
    },
  };
}

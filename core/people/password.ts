// Is this password good enough, and is it the one that was set? scrypt, one string per hash with its own costs.
// NIST SP 800-63B §3.1.1: length, not composition; a list of the commonest; no hints, no forced change.

import { createHash, scryptSync, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';

/** RFC 7914 §2: CPU and memory cost, block size, parallelization. Each hash carries its own. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * @param own words that belong to the person or node (name, address, fin_id): no password may be one of them
 * @throws Refusal PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON
 */
export function admitPassword(password: string, own: readonly string[]): void {
  const text = password.normalize('NFKC');
  const length = [...text].length;
  if (length < peoplePolicy.passwordMin) throw new Refusal('PASSWORD_TOO_SHORT', { found: String(length) });
  if (length > peoplePolicy.passwordMax) throw new Refusal('PASSWORD_TOO_LONG', { found: String(length) });
  const plain = text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const stems = [...peoplePolicy.commonPasswordStems, ...own.flatMap((word) => words(word))];
  const rest = stems.reduce((left, stem) => left.split(stem).join(''), plain);
  if (new Set(plain).size < 5 || rest.length < 6 || isSequence(plain))
    throw new Refusal('PASSWORD_TOO_COMMON');
}

function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= 4);
}

/** `abcdefghijkl`, `123456789012`, `qwertyuiopas`. */
function isSequence(text: string): boolean {
  const runs = ['abcdefghijklmnopqrstuvwxyzabcdef', '01234567890123456789', 'qwertyuiopasdfghjklzxcvbnm'];
  return runs.some((run) => run.includes(text) || [...run].reverse().join('').includes(text));
}

/** `scrypt$N$r$p$salt$hash`, base64url. @param salt 16 random bytes */
export function hashPassword(
  password: string,
  salt: Uint8Array,
  { N, r, p }: ScryptCost = peoplePolicy.scrypt,
): string {
  const hash = derive(password, salt, N, r, p);
  return ['scrypt', N, r, p, Buffer.from(salt).toString('base64url'), hash.toString('base64url')].join('$');
}

/** @throws Refusal FACTOR_WRONG, after the same work for a person without password */
export function checkPassword(password: string, stored: string | undefined): void {
  const [name, cost, block, lanes, salt, hash] = (stored ?? decoy()).split('$');
  if (name !== 'scrypt' || !salt || !hash) throw new Refusal('FACTOR_WRONG');
  const found = derive(password, Buffer.from(salt, 'base64url'), Number(cost), Number(block), Number(lanes));
  const expected = Buffer.from(hash, 'base64url');
  if (expected.length !== found.length || !timingSafeEqual(found, expected) || !stored)
    throw new Refusal('FACTOR_WRONG');
}

function derive(password: string, salt: Uint8Array, cost: number, block: number, lanes: number): Buffer {
  const text = password.normalize('NFKC').slice(0, 4 * peoplePolicy.passwordMax);
  return scryptSync(text, salt, 32, { N: cost, r: block, p: lanes, maxmem: 256 * cost * block });
}

/** A hash that nothing matches: an unknown person costs as much time as a known one. */
function decoy(): string {
  const { N, r, p } = peoplePolicy.scrypt;
  const salt = createHash('sha256').update('apodera/decoy').digest().subarray(0, 16);
  return ['scrypt', N, r, p, salt.toString('base64url'), Buffer.alloc(32).toString('base64url')].join('$');
}

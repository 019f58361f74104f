// What has the test PSC issued, and what has it revoked? One JSON file, rewritten whole at each change; a laptop's
// PSC has few certificates.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type RevocationReason, revocationReasons } from '../../core/certificate/revocation/crl-entry.ts';
import type { Country } from './layouts.ts';

export interface RegisterEntry {
  /** Hex, upper case, no leading zeros: as node:crypto and OpenSSL print it. */
  readonly serialNumber: string;
  readonly country: Country;
  /** `root` issued the intermediate, `intermediate` everything else. */
  readonly issuer: 'root' | 'intermediate';
  readonly subject: string;
  readonly thumbprint: string;
  readonly notAfter: string;
  readonly revokedAt?: string;
  readonly revocationReason?: RevocationReason;
}

export interface Register {
  entries(): readonly RegisterEntry[];
  find(serialNumber: string): RegisterEntry | undefined;
  add(entry: RegisterEntry): void;
  /** @throws Error when nobody issued it. */
  revoke(serialNumber: string, revocationReason: RevocationReason, at: Date): RegisterEntry;
  /** Lifts a certificateHold. */
  release(serialNumber: string): void;
  /** Grows with every change of what is revoked. */
  readonly changes: number;
}

export function openRegister(file: string): Register {
  const saved: { entries: RegisterEntry[]; changes: number } = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { entries: [], changes: 0 };
  const entries = new Map(saved.entries.map((entry) => [entry.serialNumber, entry]));
  let changes = saved.changes;

  const save = () => {
    writeFileSync(`${file}.new`, JSON.stringify({ changes, entries: [...entries.values()] }, undefined, 1));
    renameSync(`${file}.new`, file);
  };
  const required = (serialNumber: string) => {
    const entry = entries.get(normalSerial(serialNumber));
    if (!entry) throw new Error(`the test PSC issued no certificate with serial number "${serialNumber}"`);
    return entry;
  };
  return {
    entries: () => [...entries.values()],
    find: (serialNumber) => entries.get(normalSerial(serialNumber)),
    add(entry) {
      entries.set(entry.serialNumber, entry);
      save();
    },
    revoke(serialNumber, revocationReason, at) {
      const revoked = { ...required(serialNumber), revokedAt: at.toISOString(), revocationReason };
      entries.set(revoked.serialNumber, revoked);
      changes++;
      save();
      return revoked;
    },
    release(serialNumber) {
      const { revokedAt: _at, revocationReason, ...entry } = required(serialNumber);
      if (revocationReason !== 'certificateHold') throw new Error('only a certificateHold can be lifted');
      entries.set(entry.serialNumber, entry);
      changes++;
      save();
    },
    get changes() {
      return changes;
    },
  };
}

export function normalSerial(hex: string): string {
  return hex
    .replaceAll(':', '')
    .toUpperCase()
    .replace(/^0+(?=.)/, '');
}

const reasonCodes = new Map(
  Object.entries(revocationReasons).map(([code, reason]) => [reason as RevocationReason, Number(code)]),
);

export function reasonCode(reason: RevocationReason): number {
  return reasonCodes.get(reason) ?? 0;
}

export function isReason(text: string): text is RevocationReason {
  return reasonCodes.has(text as RevocationReason);
}

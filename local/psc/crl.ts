// The test PSC's revocation lists: one per authority, the same bytes until something is revoked or half of its
// life is over, so that conditional requests have something to be about.

import { createHash } from 'node:crypto';
import { context, integer, sequence, time } from '../../core/certificate/der-writer.ts';
import type { CountryAuthority, PscCertificate } from './authorities.ts';
import { nameOf, signatureAlgorithm, signStructure } from './certificate.ts';
import {
  authorityKeyIdentifier,
  crlNumber,
  crlReason,
  encodeExtensions,
  issuingDistributionPoint,
} from './extensions.ts';
import type { FaultName } from './faults.ts';
import { type RegisterEntry, reasonCode } from './register.ts';

export interface PublishedCrl {
  readonly der: Uint8Array;
  readonly etag: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

const day = 86_400_000;

export interface CrlInput {
  readonly issuer: PscCertificate;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly RegisterEntry[];
}

/** A list as it should be, or with one of the faults that change its bytes. */
function buildCrl(input: CrlInput, faults: ReadonlySet<FaultName>, stranger: PscCertificate): PublishedCrl {
  const shift = faults.has('stale') ? input.nextUpdate.getTime() - input.thisUpdate.getTime() + day : 0;
  const ahead = faults.has('future') ? day : 0;
  const thisUpdate = new Date(input.thisUpdate.getTime() - shift + ahead);
  const nextUpdate = new Date(input.nextUpdate.getTime() - shift + ahead);
  const key = faults.has('wrongSigner') ? stranger.key : input.issuer.key;
  const extensions = [
    authorityKeyIdentifier(input.issuer.spki),
    crlNumber(input.number),
    ...(faults.has('wrongScope') ? [issuingDistributionPoint({ scope: 'onlyAttributeCerts' })] : []),
  ];
  const toBeSigned = sequence(
    integer(1),
    signatureAlgorithm(key),
    nameOf(input.issuer.subject),
    time(thisUpdate),
    time(nextUpdate),
    ...(input.revoked.length > 0 ? [sequence(...input.revoked.map(revokedCertificate))] : []),
    context(0, encodeExtensions(extensions)),
  );
  const der = signStructure(toBeSigned, key);
  const etag = `"${createHash('sha256').update(der).digest('hex').slice(0, 24)}"`;
  return { der, etag, thisUpdate, nextUpdate };
}

function revokedCertificate(entry: RegisterEntry): Uint8Array {
  const reason = reasonCode(entry.revocationReason ?? 'unspecified');
  return sequence(
    integer(BigInt(`0x${entry.serialNumber}`)),
    time(new Date(entry.revokedAt!)),
    // RFC 5280 §5.3.1: unspecified is said by leaving the extension out.
    ...(reason === 0 ? [] : [encodeExtensions([crlReason(reason)])]),
  );
}

/** Keeps one list until it must change; a fault's list is made for the one request that meets it. */
export function crlPublisher(
  authority: CountryAuthority,
  name: 'root' | 'intermediate',
  revoked: () => readonly RegisterEntry[],
  lifetimeMs: number,
) {
  const issuer = authority[name];
  let current: PublishedCrl | undefined;
  let madeFor = -1;
  let number = 0;
  return (now: Date, changes: number, faults: ReadonlySet<FaultName> = new Set()): PublishedCrl => {
    const age = current ? now.getTime() - current.thisUpdate.getTime() : Number.POSITIVE_INFINITY;
    const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const nextUpdate = new Date(thisUpdate.getTime() + lifetimeMs);
    const build = (struck: ReadonlySet<FaultName>) =>
      buildCrl({ issuer, number, thisUpdate, nextUpdate, revoked: revoked() }, struck, authority.stranger);
    if (!current || madeFor !== changes || age > lifetimeMs / 2 || age < 0) {
      // Numbers do not fall back at a restart: they start from the time.
      number = Math.max(number + 1, Math.floor(now.getTime() / 1000));
      current = build(new Set());
      madeFor = changes;
    }
    return bytesFaults.some((fault) => faults.has(fault)) ? build(faults) : current;
  };
}

const bytesFaults: readonly FaultName[] = ['stale', 'future', 'wrongSigner', 'wrongScope'];

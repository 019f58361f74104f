// How can a PSC's service misbehave? Each fault is switched on by name, for one country and one service or for all,
// and stays on until it is switched off or has happened `times` times.

import type { Country } from './layouts.ts';

export const faultNames = [
  /** First byte only after `delayMs` (10 s). */
  'slow',
  /** Half of the body at once, the rest never. */
  'stalled',
  /** The connection is closed without an answer. */
  'down',
  'status500',
  /** CRL: 503 with Retry-After; OCSP: tryLater. */
  'tryLater',
  /** 200 with a page of HTML, as captive portals and parked domains answer. */
  'html',
  /** nextUpdate is a day ago. */
  'stale',
  /** thisUpdate is a day ahead. */
  'future',
  'wrongSigner',
  /** CRL: for attribute certificates only; OCSP: about another certificate. */
  'wrongScope',
  /** OCSP only: 405 to GET. */
  'getUnsupported',
  /** OCSP only: 405 to POST. */
  'postUnsupported',
  /** OCSP only: signed by a responder that is itself revoked and has no ocsp-nocheck. */
  'revokedResponder',
  /** OCSP only: the nonce comes back changed. */
  'wrongNonce',
] as const;
export type FaultName = (typeof faultNames)[number];
export type PscService = 'crl' | 'ocsp';

export interface Fault {
  readonly fault: FaultName;
  readonly country?: Country;
  readonly service?: PscService;
  readonly times?: number;
  readonly delayMs?: number;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  list(): readonly Fault[];
  /** The faults that strike this request; counts them as having happened. */
  strike(country: Country, service: PscService): ReadonlyMap<FaultName, Fault>;
}

export function openFaults(): Faults {
  let standing: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void standing.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      standing = [];
    },
    list: () => standing.map(({ fault }) => fault),
    strike(country, service) {
      const struck = standing.filter(
        ({ fault }) => (fault.country ?? country) === country && (fault.service ?? service) === service,
      );
      for (const each of struck) each.left--;
      standing = standing.filter(({ left }) => left > 0);
      return new Map(struck.map(({ fault }) => [fault.fault, fault]));
    },
  };
}

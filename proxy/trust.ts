// Which authorities and lists does the edge hold client certificates against? Only a pair that was checked: an authority
// without its list locks all its clients out. A late list is good enough here, and alarmed: the map of refused
// certificates and the node decide then.

import { parseCertificate } from '../core/certificate/parse.ts';
import { scanCrl } from '../core/certificate/revocation/crl-scan.ts';
import { staleAt } from '../core/certificate/revocation/freshness.ts';
import { checkBundle } from '../core/certificate/revocation/preflight.ts';
import { WantedSerials } from '../core/certificate/revocation/wanted-serials.ts';
import type { Thumbprint } from '../core/certificate/thumbprint.ts';

export interface TrustBundle {
  /** DER of each CA, anchors included. */
  readonly authorities: readonly Uint8Array[];
  /** DER of each list. */
  readonly lists: readonly Uint8Array[];
}

declare const checked: unique symbol;

/** Proof that each authority has one list that it signed itself. */
export interface CheckedTrust {
  readonly [checked]: true;
  /** Nobody is enrolled yet. */
  readonly isEmpty: boolean;
  readonly authoritiesPem: string;
  readonly listsPem: string;
  /** thisUpdate of each list. */
  readonly listsPublished: readonly Date[];
  /** When the first of the lists is late. */
  readonly freshUntil: Date;
  /** When somebody should look after the next one: a list may live for an hour or for weeks. */
  readonly warnFrom: Date;
}

/** Before its end: a quarter of a list's life, six hours at most. */
const mostMarginMilliseconds = 6 * 3_600_000;

/** ECMA-262: the last instant that a Date can be. */
const endOfTime = 8.64e15;

/** @throws Refusal CRL_BUNDLE_INCOMPLETE naming each authority without a list, and what certificates are refused for */
export function checkTrust({ authorities, lists }: TrustBundle, now: Date): CheckedTrust {
  const nothing = new WantedSerials([]);
  const bundle = checkBundle({
    authorities: authorities.map((der) => parseCertificate(der)),
    crls: lists.map((der, at) => ({ source: `list ${at}`, crl: scanCrl(der, nothing) })),
    exempt: new Set<Thumbprint>(),
    // Late lists pass: one PSC that publishes late must not keep everybody else's news away.
    freshUntil: new Date(0),
    now,
  });
  const heads = bundle.lists.map(({ crl }) => crl.head);
  const first = (times: readonly number[]): Date => new Date(Math.min(endOfTime, ...times));
  const made: Omit<CheckedTrust, typeof checked> = {
    isEmpty: authorities.length === 0,
    authoritiesPem: authorities.map((der) => pem('CERTIFICATE', der)).join(''),
    listsPem: lists.map((der) => pem('X509 CRL', der)).join(''),
    listsPublished: heads.map(({ thisUpdate }) => thisUpdate),
    freshUntil: first(heads.map((head) => staleAt(head).getTime())),
    warnFrom: first(heads.map(warnAt)),
  };
  return made as CheckedTrust;
}

function warnAt(head: Parameters<typeof staleAt>[0]): number {
  const [from, until] = [head.thisUpdate.getTime(), staleAt(head).getTime()];
  return until - Math.min(mostMarginMilliseconds, (until - from) / 4);
}

export function pem(label: 'CERTIFICATE' | 'X509 CRL', der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

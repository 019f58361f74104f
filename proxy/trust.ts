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
}

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
  const times = bundle.lists.map(({ crl }) => staleAt(crl.head).getTime());
  const made: Omit<CheckedTrust, typeof checked> = {
    isEmpty: authorities.length === 0,
    authoritiesPem: authorities.map((der) => pem('CERTIFICATE', der)).join(''),
    listsPem: lists.map((der) => pem('X509 CRL', der)).join(''),
    listsPublished: bundle.lists.map(({ crl }) => crl.head.thisUpdate),
    freshUntil: new Date(Math.min(endOfTime, ...times)),
  };
  return made as CheckedTrust;
}

export function pem(label: 'CERTIFICATE' | 'X509 CRL', der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

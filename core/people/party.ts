// Who is this participant, payout operator or network to our node, and by which rules do its people decide? The
// sealed profile. Its people, API keys, webhooks and limits are items of their own.

import type { Rule } from './decision.ts';
import type { Locale } from './person.ts';

const partyKinds = ['participant', 'payoutOperator', 'network'] as const;
export type PartyKind = (typeof partyKinds)[number];

export interface Party {
  readonly finId: string;
  readonly finIdSchema: string;
  readonly kind: PartyKind;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** The company's, as registered; not personal data. */
  readonly taxId: string;
  /** IANA name: limits and deadlines are days and hours there. */
  readonly timeZone: string;
  readonly locale: Locale;
  readonly mTLS: 'optional' | 'required';
  /** How many apoderados, or officers, must confirm. */
  readonly rule: Rule;
  /** `relaxed`: not asked where another active certificate of the participant signed (A-160, S12). */
  readonly officerConfirmation: 'always' | 'relaxed';
  /** fin_ids; for participants only. */
  readonly payoutOperators: readonly string[];
  /** Where a peer's API answers; null for participants. */
  readonly apiUrl: string | null;
  /** x5t#S256 of a peer's signing certificate, pinned by two node operators out of band; null for participants. */
  readonly pinnedCertificate: string | null;
  readonly version: number;
}

/** Another node, or this one: its certificates are confirmed by acts of node operators, never by an officer. */
export const isNode = ({ kind }: Pick<Party, 'kind'>) => kind === 'network' || kind === 'payoutOperator';

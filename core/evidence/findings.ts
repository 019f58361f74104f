// What may an audit find? One code each, with the sentence that a person who did not build this can act on.

export const findings = {
  HEAD_MISSING:
    'A number is missing in the series of signed heads: the archive was cut, or nothing was ever signed.',
  HEAD_FORGED: 'An object in the archive is not a head that this node signed.',
  HEAD_HIDDEN: 'Somebody wrote over a signed head, or marked it deleted; the first version was used.',
  HEAD_SILENT:
    'No head was signed for longer than policy allows: what happened meanwhile is less well proved.',
  LISTING_MISSING: 'The listing that a signed head names is not in the archive.',
  PEER_HEAD_DIFFERS: 'Another party holds a head of this node that the archive does not have.',
  SCOPE_REFUSED: 'The signer refused a scope: its chain did not follow from what had been signed.',
  CHAIN_BROKEN:
    'A link does not follow from the one before it: a record was inserted, reordered or replaced.',
  CHAIN_CUT: 'A chain is shorter than a signed head says: its end was removed.',
  CHAIN_REWRITTEN: 'A chain differs from a signed head: its links were made anew.',
  RECORD_EDITED: 'A record is not what its hash says: it was changed.',
  RECORD_MISSING: 'A record was removed from the middle of a chain.',
  RECORD_UNCHAINED: 'A record has waited for its place in the chain for longer than a minute.',
  SOURCE_MISSING: 'The bytes that a record rests on are gone, or the record of a signed act names none.',
  SOURCE_CHANGED: 'The bytes that a record rests on are not those that it names.',
  SOURCE_UNSIGNED: 'The message of a signed act is not signed by the certificate that its record names.',
  STATE_DIFFERS: 'An item is not as its newest record says.',
  STATE_MISSING: 'An item whose newest record says that it stands is gone.',
  STATE_ROLLED_BACK: 'An item is older than its newest record: it was put back.',
  STATE_UNSEALED: 'An item that grants a right carries no seal.',
  STATE_WITHOUT_RECORD: 'An item stands in a state that no record tells of.',
  SEAL_WRONG: 'An item that grants a right does not carry a good seal of this node.',
} as const satisfies Record<string, string>;

export type FindingCode = keyof typeof findings;

export interface Finding {
  readonly code: FindingCode;
  readonly scope?: string;
  readonly seq?: number;
  /** Of a head document. */
  readonly number?: number;
  readonly recordId?: string;
  /** `pk|sk` */
  readonly item?: string;
  /** Seconds, attribute names, hashes: never a value. */
  readonly detail?: string;
}

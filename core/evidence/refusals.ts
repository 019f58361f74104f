// What the rules of core/evidence say no to: one code, one sentence that a person can act on.

export const evidenceRefusals = {
  SEAL_BROKEN:
    'A record that grants a right is not as this node sealed it; it counts for nothing until two node operators restore it.',
  DOSSIER_UNREADABLE: 'This is not a dossier as it was written.',
  DOSSIER_DIFFERS: 'Two parts of the dossier contradict each other: one of them was changed.',
  DOSSIER_INCOMPLETE: 'The dossier lacks something that it rests on.',
  DOSSIER_SURPLUS: 'The dossier holds something that nothing in it rests on.',
  DOSSIER_ANCHOR_UNKNOWN: 'The dossier rests on a trust anchor that you did not name as yours.',
  DOSSIER_HEAD_FORGED: 'A head of the node’s evidence is not signed by a key that you named as that node’s.',
  DOSSIER_RECORD_FORGED: 'A record does not lead to the signed head that it names: it was changed.',
  RECORD_UNSIGNED:
    'What happened is not under a signed head of the evidence yet; heads are signed every five minutes.',
} as const satisfies Record<string, string>;

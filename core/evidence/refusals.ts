// What the rules of core/evidence say no to: one code, one sentence that a person can act on.

export const evidenceRefusals = {
  SEAL_BROKEN:
    'A record that grants a right is not as this node sealed it; it counts for nothing until two node operators restore it.',
} as const satisfies Record<string, string>;

// What the rules of core/evidence say no to: one code, one sentence that a person can act on.

export const evidenceRefusals = {} as const satisfies Record<string, string>;

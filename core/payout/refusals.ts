// What the rules of core/payout say no to: one code, one sentence that a person can act on.

export const payoutRefusals = {} as const satisfies Record<string, string>;

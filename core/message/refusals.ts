// What the rules of core/message say no to: one code, one sentence that a person can act on.

export const messageRefusals = {} as const satisfies Record<string, string>;

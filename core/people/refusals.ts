// What the rules of core/people say no to: one code, one sentence that a person can act on.

export const peopleRefusals = {} as const satisfies Record<string, string>;

// What the rules of core/enrolment say no to: one code, one sentence that a person can act on.

export const enrolmentRefusals = {} as const satisfies Record<string, string>;

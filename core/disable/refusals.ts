// What the rules of core/disable say no to: one code, one sentence that a person can act on.

export const disableRefusals = {
  DISABLE_MALFORMED: 'A disable names one certificate, or all, and why: incident, rotation or other.',
  DISABLE_TARGET_UNKNOWN: 'You have no certificate of that name here that is pending, active or disabled.',
  DISABLE_UNKNOWN: 'There is no such disable.',
} as const satisfies Record<string, string>;

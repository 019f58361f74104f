// What the rules of core/suspension say no to: one code, one sentence that a person can act on.

export const suspensionRefusals = {
  SUSPENSION_NONE: 'The participant is not suspended at this node.',
  SUSPENSION_CONFIRMED: 'The suspension is confirmed already; nothing was changed.',
  SUSPENSION_NOT_YOURS: 'The second word on this suspension belongs to another person of the participant.',
  SUSPENSION_BEING_CARRIED_OUT:
    'The suspension was confirmed and is being carried out; it can be lifted when that is done.',
} as const satisfies Record<string, string>;

// What the rules of core/certificate say no to: one code, one sentence that a person can act on.

export const certificateRefusals = {
  DER_MALFORMED: 'The bytes are not well-formed DER; export the certificate again and send it unchanged.',
} as const satisfies Record<string, string>;

// What the rules of core/certificate say no to: one code, one sentence that a person can act on.

export const certificateRefusals = {
  DER_MALFORMED: 'The bytes are not well-formed DER; export the certificate again and send it unchanged.',
  CERTIFICATE_VERSION_WRONG: 'The certificate has fields that its version does not know.',
  CERTIFICATE_ALGORITHMS_DIFFER:
    'The certificate names two different signature algorithms for one signature.',
  CERTIFICATE_EXTENSION_REPEATED: 'The certificate carries the same extension twice.',
  PRIVATE_KEY_PRESENT:
    'The file holds a private key: it must never leave its owner; send certificates only, and replace this key.',
  CHAIN_UNREADABLE: 'The file is no list of certificates in PEM or DER.',
  CHAIN_TOO_LONG: 'The bundle holds more certificates than any real chain needs.',
} as const satisfies Record<string, string>;

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
  ANCHORS_MALFORMED: 'The trust-anchor manifest is not of the shape that two node operators sign.',
  ANCHORS_SIGNATURE_INVALID: "The trust-anchor manifest is not signed by this node's key.",
  ANCHORS_VERSION_REGRESSED: 'The trust-anchor manifest is older than the one in force.',
  ANCHORS_OTHER_STAGE: 'The trust-anchor manifest was made for a node of another stage.',
  ANCHORS_PROOF_MISSING: 'The trust-anchor manifest lacks the proofs of two node operators.',
  ANCHOR_STAGE_MIXED: 'Production anchors and test anchors do not stand at the same node.',
  POLICY_NOT_ACCEPTED: 'The certificate was issued under a policy that its PSC profile does not accept.',
} as const satisfies Record<string, string>;

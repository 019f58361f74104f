// What the rules of core/certificate say no to: one code, one sentence that a person can act on.

export const certificateRefusals = {
  DER_MALFORMED: 'The bytes are not well-formed DER; export the certificate again and send it unchanged.',
  CERTIFICATE_VERSION_WRONG:
    'The certificate has fields that its version does not know; ask the PSC for one of version 3.',
  CERTIFICATE_ALGORITHMS_DIFFER:
    'The certificate names two different signature algorithms for one signature; have the PSC issue it anew.',
  CERTIFICATE_EXTENSION_REPEATED:
    'The certificate carries the same extension twice; have the PSC issue it anew.',
  PRIVATE_KEY_PRESENT:
    'The file holds a private key: it must never leave its owner; send certificates only, and replace this key.',
  CHAIN_UNREADABLE: 'The file is no list of certificates in PEM or DER; send them as the PSC gave them.',
  CHAIN_TOO_LONG:
    'The bundle holds more certificates than any real chain needs; send the certificate and its issuers only.',
  CERTIFICATE_TOO_LARGE:
    'The certificate, or a part of it, is larger than any real one; have the PSC issue it anew.',
  LEAF_UNCLEAR: 'The bundle must hold one leaf certificate and the certificates of its issuers only.',
  ANCHOR_NOT_FOUND:
    'No path leads from the certificate to a PSC root that this node trusts; send every intermediate.',
  PATH_TOO_LONG:
    'The path from the certificate to a root is longer than this network admits; send the shorter of its paths.',
  PATH_BUDGET_SPENT: 'The bundle has too many possible paths to try; send one intermediate for each link.',
  PATH_LENGTH_EXCEEDED:
    'An issuer on the path may not stand that far above the certificate (pathLenConstraint); send the chain as the PSC gave it.',
  CERTIFICATE_NOT_YET_VALID: 'A certificate on the path is not valid yet; send it from that day on.',
  CERTIFICATE_EXPIRED: 'The certificate, or an issuer of it, has expired; ask the PSC for a new one.',
  CERTIFICATE_NAME_EMPTY:
    'A certificate on the path has an empty name where one must stand; have the PSC issue it anew.',
  CRITICAL_EXTENSION_UNKNOWN:
    'A certificate on the path has a critical extension that this network does not know; ask the PSC for one without it.',
  CA_EXTENSION_MISPLACED:
    'A certificate on the path claims what only a CA may, without being one; have the PSC issue it anew.',
  ISSUER_NOT_CA:
    'A certificate on the path was issued by one that is no CA; send the chain as the PSC gave it.',
  ISSUER_KEY_USAGE:
    'A certificate on the path was issued with a key that may not sign certificates; send the chain as the PSC gave it.',
  SIGNATURE_WRONG:
    'A signature on the path does not hold; send the certificates as the PSC gave them, unchanged.',
  SIGNATURE_ALGORITHM_WEAK:
    'A signature on the path uses a hash that is no longer safe; ask the PSC for a current certificate.',
  SIGNATURE_ALGORITHM_UNSUPPORTED:
    'A signature on the path uses an algorithm that does not fit its key or is not admitted here; ask the PSC for another.',
  KEY_TOO_WEAK:
    'A public key on the path is too weak; ask the PSC for a certificate on an RSA key of 2048 bits or more.',
  KEY_TOO_LARGE:
    'A public key on the path is larger than this network verifies; ask the PSC for a certificate on RSA of 2048 to 8192 bits.',
  KEY_UNSUPPORTED:
    'A public key on the path is of a kind that this network does not verify; ask the PSC for a certificate on RSA.',
  NAME_NOT_PERMITTED:
    'A certificate on the path carries a name outside the subtrees its issuer may name; have the PSC issue it anew.',
  NAME_EXCLUDED:
    'A certificate on the path carries a name that its issuer must not name; have the PSC issue it anew.',
  NAME_CONSTRAINT_UNKNOWN:
    'A name constraint on the path cannot be checked, so its names cannot be admitted.',
  NAME_CONSTRAINTS_TOO_MANY: 'The path has more names and name constraints than any real one.',
  POLICY_NOT_ACCEPTED:
    'The path stands under no certificate policy that is accepted here; ask the PSC for a certificate of a class that is.',
  LEAF_IS_CA: 'The certificate is one of a CA, which is never enrolled; send the one that names the holder.',
  LEAF_KEY_KIND:
    'The key of the certificate is not of a kind that can be enrolled for this use; ask the PSC for a certificate on RSA.',
  LEAF_KEY_USAGE:
    'The key usage of the certificate does not cover the use it is enrolled for; ask the PSC for one that does.',
  LEAF_PURPOSE:
    'The certificate, or an issuer on its path, was made for other purposes only; ask the PSC for one made for this.',
  POLICY_MAPPING_WRONG: 'A certificate on the path maps anyPolicy, which no certificate may.',
  ANCHORS_MALFORMED: 'The trust-anchor manifest is not of the shape that two node operators sign.',
  ANCHORS_SIGNATURE_INVALID: "The trust-anchor manifest is not signed by this node's key.",
  ANCHORS_VERSION_REGRESSED: 'The trust-anchor manifest is older than the one in force.',
  ANCHORS_OTHER_STAGE: 'The trust-anchor manifest was made for a node of another stage.',
  ANCHORS_PROOF_MISSING: 'The trust-anchor manifest lacks the proofs of two node operators.',
  TRUSTSTORE_LIST_WRONG: "A list of the edge's truststore does not hold the bytes that its manifest names.",
  TRUSTSTORE_MALFORMED: "The manifest of the edge's truststore is not of the shape that the node signs.",
  TRUSTSTORE_OTHER_STAGE: "The manifest of the edge's truststore was made for a node of another stage.",
  TRUSTSTORE_SIGNATURE_INVALID:
    "The manifest of the edge's truststore is not signed by the node's key for it.",
  TRUSTSTORE_VERSION_REGRESSED: "The manifest of the edge's truststore is older than the one in force.",
  ANCHOR_STAGE_MIXED: 'Production anchors and test anchors do not stand at the same node.',
} as const satisfies Record<string, string>;

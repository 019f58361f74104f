// What can the system say no to? Every "no" is a Refusal with a code of this file. A Refusal is the rules
// speaking; it is thrown in core/, returned as data by the use case and mapped to HTTP in handlers only.
// What the world is too busy for is a Transient (thrown by adapters, retried); anything else is a fault of ours.

/** Codes by the part of the rules that says them. The union is closed: a handler or a page can switch on it. */
export const refusalCodes = {
  // Bytes and certificates (core/certificate)
  certificate: [
    'DER_MALFORMED',
    'DER_NOT_CANONICAL',
    'PEM_MALFORMED',
    'PRIVATE_KEY_PRESENT',
    'CERTIFICATE_MALFORMED',
    'CHAIN_EMPTY',
    'CHAIN_TOO_LONG',
    'CHAIN_AMBIGUOUS_LEAF',
  ],
} as const;

export type RefusalCode = (typeof refusalCodes)[keyof typeof refusalCodes][number] | (string & {});

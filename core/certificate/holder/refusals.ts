// What the rules of core/certificate/holder say no to. No code carries the number itself: it names a person.

export const holderRefusals = {
  HOLDER_FIELD_MISSING: 'The certificate lacks the field in which its PSC writes who the holder is.',
  HOLDER_FIELD_REPEATED: 'The certificate carries a field twice that may name its holder once only.',
  HOLDER_FIELD_MALFORMED:
    'A field that names the holder is not written as its PSC writes it; have the PSC correct the certificate.',
  HOLDER_NUMBERS_DISAGREE: 'The certificate names its holder twice, with different numbers.',
  HOLDER_NOT_A_PERSON:
    'The certificate names a company and nobody who acts for it; enrol the certificate of the apoderado.',
  HOLDER_IS_SEAL:
    'The certificate is a seal, not a person who declares a will; enrol the certificate of the apoderado.',
  HOLDER_COUNTRY_WRONG: 'The certificate names another country than the one of its PSC profile.',
  PSC_NUMBER_WRONG:
    'The certificate does not carry the tax number of the PSC that its trust anchor belongs to.',
  TAX_ID_MALFORMED: 'The tax number is not written as its country writes it.',
  TAX_ID_CHECK_DIGIT_WRONG:
    'The check digit of the tax number does not match the number; have the PSC correct the certificate.',
} as const satisfies Record<string, string>;

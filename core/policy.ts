// Every number and list that somebody could argue about, with its source. Nothing here is read from anywhere;
// a node overrides what adapters/config.ts lets it override.

/** Enrolment (docs/enrolment.md; S18, S29). */
export const enrolmentLimits = {
  /** Shown quoted and escaped to people who decide; longer text would crowd out what we say ourselves. */
  reasonCharacters: 200,
  /** S29: enrolments that only an API key vouches for; signed ones are not counted. */
  unsignedPending: 3,
  unsignedPerDay: 10,
  /** A vote counts for an activation this long: a workflow ends within 14 days, whatever it waits for. */
  confirmationDays: 14,
  /** As OperatorTimeoutSeconds of the template: 72 h and four days of delivery. */
  operatorDays: 7,
  /** two are recommended, more is warned and never refused. */
  activeCertificates: 2,
  /** how long a replaced certificate goes on beside its successor. */
  rotationOverlapDays: 30,
  /** Use of the old one is told each day of this last stretch of the overlap. */
  lateUseDays: 7,
} as const;

/** Days before the end at which officer and apoderado are reminded; a successor silences them. */
export const expiryReminderDays = [60, 30, 14, 7, 1] as const;

/** Proofs kept in one process: 2 KB each; a node of 2,000 participants with two certificates fits. */
export const provedCertificates = 5_000;

/** S12: a thief of the API key must not have the officer silenced first. */
export const officerRelaxation = { quietHours: 72 } as const;

/** What one submitted certificate chain may cost us (a bundle comes from anybody). */
export const certificateLimits = {
  /** Certificates in one bundle; real chains have 2 to 4, cross-signed ones up to 8. */
  chainCertificates: 32,
  /** Octets of one certificate; the longest of 329 real PSC certificates has under 4,000. */
  certificateBytes: 65_536,
  /** Certificates between the leaf and the anchor, leaf included. */
  pathDepth: 8,
  /** Signatures checked for one submission, whatever cross-signing it holds. */
  signatureChecks: 64,
  /** Names times subtrees compared for one submission. */
  nameComparisons: 65_536,
  /** Extensions of one certificate, list or answer; real ones have up to 15. */
  extensions: 64,
  /** RDNs of one name, attributes of one RDN; real names have up to 14. */
  rdns: 64,
  /** Policies, mappings, subtrees, key usages in one extension. */
  extensionItems: 256,
  /** RFC 5280 §4.1.2.2 allows 20, and some PSCs spend one more on the sign. */
  serialNumberOctets: 32,
  /** Characters of a field that names somebody; §A.1 allows 64 for most. */
  holderCharacters: 256,
  /** Lists and responders that the certificates of one path name, and places of each; real paths name up to 6, at up to 3. */
  revocationSources: 16,
  revocationPlaces: 8,
  /** Characters of a URL that a certificate names; a longer one is passed over as one that we cannot ask. */
  pointerCharacters: 2048,
} as const;

/** Which public keys we verify with, in paths and in messages. */
export const publicKeyLimits = {
  /** NIST SP 800-57 part 1: 112 bits of strength. */
  leastRsaBits: 2048,
  /** A check with 8192 bits takes 0.3 ms; with 16384 and a long exponent, many. */
  mostRsaBits: 8192,
  /** Public exponents below 2^32. */
  rsaExponentOctets: 4,
  /** Imported keys kept in the memory of a process. */
  cachedKeys: 512,
} as const;

const minutes = 60_000;
const hours = 60 * minutes;

/** Revocation: sizes, intervals and the freeze. Times are milliseconds. */
export const revocationPolicy = {
  /** Bytes of one list. Surveys find lists up to 22 MB in ordinary use, a few up to 100 MB. */
  crlMaxBytes: 20_000_000,
  /** What a PSC profile may raise it to. */
  crlMaxBytesByProfile: 100_000_000,
  /** Bytes of one OCSP answer: real ones have under 4 KB, certificates included. */
  ocspMaxBytes: 64_000,
  /** Paths proved for one check, to signers of lists that are not the issuer itself; real PSCs need one or none. */
  signerProofs: 16,
  /** How far ahead of our clock a PSC's may run. */
  clockSkew: 5 * minutes,
  /** A source that gives no nextUpdate counts as stale after this long. */
  validityWithoutNextUpdate: 24 * hours,
  /** A list is asked for every quarter of its validity, between these bounds (docs/revocation.md). */
  crlFetchAtMostEvery: 10 * minutes,
  crlFetchAtLeastEvery: 60 * minutes,
  crlFetchShareOfValidity: 1 / 4,
  /** Sources in one sweep: what a state machine's payload (256 KiB) and history (25,000 events) hold. The rest is next. */
  sweptAtOnce: 1_000,
  /** Rows of a source that are in memory at once: one look at the list for each so many. */
  sweptRowsAtOnce: 50_000,
  /** Leafs below the same certificates whose path is tried until one proves the list. */
  representatives: 8,
  /** An expired certificate is looked up for 30 days more, for the evidence. */
  sweptAfterExpiry: 30 * 24 * hours,
  /** A fetch that was due has failed for this long: alarm. */
  alarmAfterFailing: 2 * hours,
  /** New payouts freeze this long after a source went stale, or, for lists, after the last good fetch (A-164, S25). */
  frozenAfterStale: 24 * hours,
  frozenAfterLastGoodFetch: 72 * hours,
} as const;

/** Calls to URLs that somebody else chose. */
export const egressPolicy = {
  /** Connecting and the first byte of the answer. */
  firstByte: 5_000,
  /** The whole answer: 20 MB at 350 KB/s. */
  total: 60_000,
  /** A whole OCSP answer, which is small: a responder that drips, asked about a thousand certificates, holds up the sweep. */
  ocspTotal: 10_000,
  /** Redirects that a GET of a list or an OCSP answer may follow; others follow none. */
  redirects: 2,
} as const;

export const peoplePolicy = {
  /** the time a person has to answer. */
  answerMs: 72 * 3_600_000,
  /** Of those 72 h; each reminder reads the decision again. */
  reminderHours: [24, 48, 66],
  /** A proof is at most this old when its vote is recorded. */
  proofLifeMs: 5 * 60_000,
  /** Between the function that checks factors and the one that records. */
  proofSkewMs: 5_000,
  /** Wrong 6-character codes until the request is rejected. */
  wrongCodesUntilRejected: 3,
  /** S14. */
  invitationLifeMs: 72 * 3_600_000,
  resetWaitMs: 24 * 3_600_000,
  invitationCodeTries: 5,
  /** S13: who invited or reset a person cannot be the second with them. */
  inviterPauseMs: 7 * 24 * 3_600_000,
  /** An act waits this long for its second operator. */
  actLifeMs: 72 * 3_600_000,
  /** Break-glass: a second bootstrap's invitations open after this. */
  breakGlassWaitMs: 24 * 3_600_000,
  /** S17. */
  delegationWaitMs: 24 * 3_600_000,
  delegationLifeMs: 30 * 24 * 3_600_000,
  /** A person's passkeys at a time: a telephone, a computer, a key in the safe, and room to change. */
  passkeysAtOnce: 5,
  sessionLifeMs: 8 * 3_600_000,
  sessionIdleMs: 30 * 60_000,
  signInCodeLifeMs: 60_000,
  /** NIST SP 800-63B §3.1.1.2 asks for 15 where a password stands alone; it never does here. */
  passwordMin: 12,
  passwordMax: 128,
  /** OWASP password storage: N = 2^15, r = 8, p = 3 costs 32 MiB and about 100 ms. */
  scrypt: { N: 32_768, r: 8, p: 3 },
  /** Taken out of a password before its rest is measured: what guessing tools try first, in our three languages. */
  commonPasswordStems: [
    'password',
    'contraseña',
    'contrasena',
    'senha',
    'clave',
    'qwerty',
    'asdf',
    '123456789',
    '12345678',
    '1234567',
    '123456',
    '12345',
    '1234',
    'abc',
    'admin',
    'bienvenido',
    'welcome',
    'letmein',
    'iloveyou',
    'apodera',
    'shinkansen',
    'banco',
    'chile',
    'brasil',
    '2024',
    '2025',
    '2026',
    '2027',
  ],
  totpPeriodSeconds: 30,
  totpWindowSteps: 1,
  /** S29. The account's own counts wrong codes after the right password alone: nobody without it closes an account. */
  failures: {
    pair: { failures: 5, windowMs: 15 * 60_000 },
    source: { failures: 20, windowMs: 15 * 60_000 },
    account: { failures: 60, windowMs: 60 * 60_000 },
  },
  /** How long a mailed link still says what became of it. */
  linkAfterlifeMs: 30 * 24 * 3_600_000,
  /**
   * S29: more mails than this to one person in a day become one hourly digest. Questions are counted by themselves, so
   * that no notice, of which an attacker can cause some, makes a question wait.
   */
  mailsPerPersonPerDay: 5,
} as const;

/** Emergency suspension (M8): without a second word in time it stays, and goes to the node operators. */
export const suspensionPolicy = { confirmMs: 24 * hours } as const;

/** Payout operators that were given up over a disable: the daily pass starts the telling again. */
export const disablePolicy = {
  /** Disables in one pass; the rest a day later. */
  toldAgainAtOnce: 1_000,
  /** A telling that ended without a word is started again: longer than the workflow may last. */
  lostAfterDays: 15,
} as const;

/** Attempts to tell somebody outside (core/outbox.ts). */
export const outboxPolicy = {
  /** A mail server that is down for a night must not cost a confirmation of 72 h. */
  mail: { firstSeconds: 30, longestSeconds: 3_600, giveUpAfterSeconds: 24 * 3_600, leaseSeconds: 60 },
  /** The network waits 72 h plus 4 days of delivery for an operator. */
  deliver: { firstSeconds: 15, longestSeconds: 3_600, giveUpAfterSeconds: 4 * 24 * 3_600, leaseSeconds: 90 },
  /** Payments at the bank's core: asked often, because money waits; nothing is started after 48 h (S4). */
  payment: { firstSeconds: 2, longestSeconds: 300, giveUpAfterSeconds: 3 * 24 * 3_600, leaseSeconds: 60 },
  /** Waking an execution is a call inside one account: what fails for a day is no longer busy but wrong. */
  execution: { firstSeconds: 2, longestSeconds: 300, giveUpAfterSeconds: 24 * 3_600, leaseSeconds: 60 },
} as const;

/** A receiver that fails this often in a row is left alone for a while, so that its entries take nobody's turn. */
export const deadReceiverPolicy = { failures: 3, firstSeconds: 30, longestSeconds: 600 } as const;

/** Messages: times are milliseconds (S4). */
export const messagePolicy = {
  /** How far ahead of our clock a sender's may run. */
  ahead: 10 * minutes,
  /** How old a message may be that was not recorded yet. */
  oldest: { participant: 24 * hours, node: 7 * 24 * hours },
  /** Bytes of a person's proof in another node's answer: it stands in an evidence record. Ours have under 3 KB. */
  confirmationBytes: 16 * 1024,
  /** Bytes of an enrolment: a real chain has under 20 KB, and an item of the table ends at 400 KB. */
  enrolmentBytes: 256 * 1024,
  /** Bytes of a message that stand in its item; more go to the bucket. */
  inItemBytes: 32 * 1024,
  /** How long the same Idempotency-Key gets the same answer (draft-ietf-httpapi-idempotency-key-header-07). */
  idempotency: 24 * hours,
  /** Longer than any function of the api door may run: a request that began before this is not running any more. */
  idempotencyInFlight: 60_000,
  /** A webhook that replaces another counts after this long (S12). */
  webhookReplacement: 24 * hours,
} as const;

/** API keys (M1). */
export const apiKeyPolicy = {
  lifeDays: 90,
  /** Valid at the same time: one to use, one to change to. */
  atOnce: 2,
  /** Days before the last valid one ends at which its people and systems are reminded. */
  reminderDays: [30, 14, 7, 1],
} as const;

/** Evidence: waiting, heads, keeping (S23). */
export const evidencePolicy = {
  /** Unchained for longer: alarm. */
  unchainedAlarmSeconds: 60,
  /** Three heads missed: they are signed every five minutes (template.yaml). Audit reports it. */
  headSilenceSeconds: 900,
} as const;

/** Until when the archive keeps what is written now. */
export function retainUntil(now: Date, retentionDays: number): Date {
  return new Date(now.getTime() + retentionDays * 24 * hours);
}

/** Payouts (docs/payout.md; M10, M11; S4, S5, S8). Amounts are in the smallest unit; times are milliseconds. */
export const payoutPolicy = {
  /** Decimals of the smallest unit, ISO 4217. */
  currencies: { CLP: 0, COP: 2, MXN: 2, PEN: 2, USD: 2 },
  /** A participant without limits of its own has these: low enough to be noticed, high enough to begin with. */
  limits: {
    CLP: { day: 50_000_000n, creditor: 5_000_000n },
    COP: { day: 20_000_000_000n, creditor: 2_000_000_000n },
    MXN: { day: 100_000_000n, creditor: 10_000_000n },
    PEN: { day: 20_000_000n, creditor: 2_000_000n },
    USD: { day: 5_000_000n, creditor: 500_000n },
  },
  /** S8: a creditor whose id_schema we cannot normalise gets this share of the creditor's limit. */
  unknownSchemaShare: 10n,
  /** Future-dated payouts would survive a disable (S5). */
  executionAhead: 10 * minutes,
  /** How long a payout operator may still start it, from the network's admission. */
  forwardLife: 24 * hours,
  /** S4: nothing is started later than this after the participant made it, whatever the network says. */
  startedAtMost: 48 * hours,
  /** A reservation of a large message that is older was left by a crash. */
  reservationLife: 2 * minutes,
  /** Payouts take seconds, rarely minutes: what is open longer rings. */
  openTooLong: 15 * minutes,
  /** How far back open payouts are looked for: each quarter of an hour, and once a day. */
  watched: 50 * hours,
  watchedLong: 30 * 24 * hours,
  /** TransactWriteItems takes this many actions. */
  actions: 100,
} as const;

// From openapi.yaml by `npm run generate`.

export type FinId = string;

export type MessageId = string;

export type Id = string;

/** base64url of the SHA-256 of the DER */
export type Thumbprint = string;

export type Base64 = string;

/** RFC 3339 with offset */
export type Time = string;

/** One line of plain text, at most 200 characters; shown to the people who decide. A line break or any other control character is `REASON_UNREADABLE`, more characters are `REASON_TOO_LONG`, and where nothing can be read `REASON_MISSING`. */
export type Reason = string;

export type Use = "signing" | "transport";

export type NetworkStatus = "pending" | "rejected" | "active" | "disabled";

export type Validity = "valid" | "invalid" | "expired" | "revoked";

export type PayoutStatus = "pending" | "ok" | "error";

export type Institution = {
  readonly fin_id: FinId;
  /** absent or empty means the network's own */
  readonly fin_id_schema?: string | null;
};

export type Header = {
  readonly sender: Institution;
  readonly receiver: Institution;
  readonly message_id: MessageId;
  /** in the network's own messages */
  readonly shinkansen_message_id?: string;
  readonly creation_date: Time;
};

export type EnrolMessage = {
  readonly document: {
    readonly header: Header;
    readonly action: "certificate.enrol";
    readonly parameters: EnrolParameters;
  };
};

export type EnrolParameters = {
  /** base64 of DER, one element per certificate, any order, root included */
  readonly chain: readonly (string)[];
  /** signing or transport */
  readonly use: string;
  readonly reason: Reason;
  /** thumbprint of an active certificate of the same use */
  readonly replaces?: string;
  readonly proof_of_possession: {
    /** PS256 (RSA), ES256, ES384 or ES512 (EC, IEEE P1363) */
    readonly alg: string;
    /** base64, by the new key, over the UTF-8 of the RFC 8785 JSON {"creation_date","message_id","parameters_sha256","receiver","sender","thumbprint","type":"apodera/possession/v2"}, where parameters_sha256 is base64url of SHA-256 over the RFC 8785 JSON of these parameters without proof_of_possession */
    readonly signature: string;
  };
};

export type DisableMessage = {
  readonly document: {
    readonly header: Header;
    readonly action: "certificate.disable";
    readonly parameters: DisableParameters;
  };
};

export type DisableParameters = {
  readonly thumbprint?: Thumbprint;
  readonly issuer_serial?: {
    /** DER of the issuer name */
    readonly issuer: Base64;
    /** hex */
    readonly serial_number: string;
  };
  readonly all?: true;
  readonly cause: "incident" | "rotation" | "other";
  readonly reason: Reason;
};

export type DisableAnswer = {
  readonly disabled: readonly (Thumbprint)[];
  /** pending enrolments ended */
  readonly withdrawn: readonly (Id)[];
  /** the suspension flag was set instead */
  readonly suspended: boolean;
  readonly warnings: readonly (string)[];
};

export type WithdrawMessage = {
  readonly document: {
    readonly header: Header;
    readonly action: "enrolment.withdraw";
    readonly parameters: {
      readonly enrolment_id: Id;
      readonly reason: Reason;
    };
  };
};

export type RenewApiKeyMessage = {
  readonly document: {
    readonly header: Header;
    readonly action: "api_key.renew";
    readonly parameters: { readonly [name: string]: unknown };
  };
};

export type RegisterWebhookMessage = {
  readonly document: {
    readonly header: Header;
    readonly action: "webhook.register";
    readonly parameters: {
      readonly purpose: "payouts" | "events";
      /** https, at most 500 characters */
      readonly url: string;
    };
  };
};

export type Webhook = {
  readonly purpose: "payouts" | "events";
  readonly url: string;
  readonly counts_from: Time;
};

export type WebhookList = {
  readonly webhooks: readonly (Webhook)[];
};

export type IssuedApiKey = {
  readonly api_key: string;
  readonly key_id: Id;
  readonly expires_at: Time;
};

export type Enrolment = {
  readonly enrolment_id: Id;
  readonly participant: FinId;
  readonly thumbprint: Thumbprint;
  readonly use: Use;
  readonly reason: string;
  readonly replaces?: Thumbprint;
  readonly signed_by?: Thumbprint;
  readonly network_status: NetworkStatus;
  readonly validity: Validity;
  /** why it ended rejected */
  readonly code?: string;
  /** the code in a sentence */
  readonly message?: string;
  /** while pending, what the people who confirm ask the participant for; show it in your own system only. Compute it from what you sent and this enrolment_id rather than believe it: the first 30 bits, as Crockford base32, of SHA-256 over "apodera/code/v2", thumbprint, message_id and enrolment_id, joined by line feeds */
  readonly confirmation_code?: string;
  /** MORE_THAN_TWO_ACTIVE ... */
  readonly warnings?: readonly (string)[];
  /** revocation lists and responders that gave no word that counts when they were asked last: while it is pending they are asked again, and a REVOCATION_UNAVAILABLE ended because of them */
  readonly unheard?: readonly ({
    /** URL */
    readonly source: string;
    /** UNREACHABLE, or what is wrong with what came: CRL_STALE ... */
    readonly code: string;
  })[];
  /** the same certificate may be sent again later */
  readonly retryable?: boolean;
  readonly psc: string;
  /** hex */
  readonly serial_number: string;
  readonly not_before: Time;
  readonly not_after: Time;
  readonly created_at: Time;
  readonly steps: readonly ({
    readonly number: number;
    readonly outcome: string;
    readonly at: Time;
  })[];
  readonly operators: readonly ({
    readonly fin_id: FinId;
    readonly status: "waiting" | "pending" | "accepted" | "rejected" | "silent";
    readonly code?: string;
    readonly at: Time;
  })[];
};

export type Certificate = {
  readonly thumbprint: Thumbprint;
  readonly participant: FinId;
  readonly enrolment_id: Id;
  readonly use: Use;
  readonly network_status: NetworkStatus;
  readonly validity: Validity;
  readonly code?: string;
  readonly not_after: Time;
  readonly accepting_operators: readonly (FinId)[];
  readonly activated_at?: Time;
  readonly disabled_at?: Time;
};

export type CertificateDetail = Certificate & {
  readonly suspended: Suspended;
  /** DER, leaf first */
  readonly chain: readonly (Base64)[];
  /** It was replaced, the overlap ends soon, and messages are still signed with it. */
  readonly used_late?: {
    readonly replaced_by: Thumbprint;
    readonly overlap_ends_at: Time;
    readonly last_used_at: Time;
  };
};

/** the participant is suspended at this node (M8): whatever network_status says, nothing signed with its certificates is accepted until two node operators lift it; disabling and withdrawing still work */
export type Suspended = boolean;

export type CertificateList = {
  readonly certificates: readonly (Certificate)[];
  readonly suspended: Suspended;
  /** of all certificates, on the first page; MORE_THAN_TWO_ACTIVE ... */
  readonly warnings: readonly (string)[];
  /** null on the last page */
  readonly next_cursor: string | null;
};

export type SigningCertificateList = {
  readonly fin_id: FinId;
  readonly certificates: readonly ({
    readonly thumbprint: Thumbprint;
    /** DER */
    readonly certificate: Base64;
    /** DER, from its own issuer to below the trust anchor */
    readonly issuers: readonly (Base64)[];
    /** messages are signed with it now */
    readonly signs: boolean;
    readonly signs_from: Time;
    readonly not_before: Time;
    readonly not_after: Time;
  })[];
};

export type Identification = {
  readonly id_schema: string;
  readonly id: string;
};

export type Party = {
  readonly name: string;
  readonly identification: Identification;
  readonly financial_institution?: Institution | null;
  readonly account: string;
  readonly account_type: string;
  readonly email: string | null;
};

export type PayoutTransaction = {
  readonly transaction_type: "payout";
  /** neither . nor .., which no path can name */
  readonly transaction_id: string;
  readonly currency: string;
  /** a decimal string */
  readonly amount: string;
  readonly description: string;
  readonly execution_date: Time;
  readonly tracking_key?: string | null;
  readonly reference_number?: string | null;
  readonly payment_purpose_category?: Choice;
  readonly payment_rail?: Choice;
  readonly execution_mode?: Choice;
  readonly po_connection?: Choice;
  readonly debtor: Party;
  readonly creditor: Party;
};

/** absent, null and "default" mean the same */
export type Choice = string | null;

export type PayoutMessage = {
  readonly document: {
    readonly header: Header;
    readonly transactions: readonly (PayoutTransaction)[];
  };
};

export type PayoutReceipt = {
  readonly transactions: readonly ({
    readonly transaction_id: MessageId;
    readonly shinkansen_transaction_id: string;
  })[];
};

/** What the payouts webhook receives, signed with the network's detached JWS; answer 200 or 409. */
export type PayoutResponseMessage = {
  readonly document: {
    readonly header: Header;
    readonly responses: readonly ({
      readonly transaction_type: "payout";
      readonly transaction_id: string | null;
      readonly shinkansen_transaction_id: string;
      readonly shinkansen_transaction_status: "ok" | "error";
      readonly shinkansen_transaction_message: string | null;
      readonly response_id: string;
      readonly response_status: string;
      readonly response_message: string | null;
    })[];
  };
};

export type Payout = {
  readonly transaction_id: MessageId;
  readonly shinkansen_transaction_id: string;
  readonly message_id: MessageId;
  readonly status: PayoutStatus;
  readonly currency: string;
  readonly amount: string;
  readonly payout_operator: FinId;
  readonly created_at: Time;
};

export type PayoutDetail = Payout & {
  readonly response?: {
    readonly response_status: string;
    readonly response_message: string | null;
    readonly at: Time;
  };
  /** The payout operator's own words, to be verified with its certificate */
  readonly operator_answer?: {
    readonly message: Base64;
    readonly signature: string;
  };
};

export type PayoutList = {
  readonly payouts: readonly (Payout)[];
  readonly next_cursor: string | null;
};

export type NodeMessage = {
  readonly document: {
    readonly header: Header;
    readonly action: "enrolment.forward" | "enrolment.answer" | "enrolment.end" | "certificate.disable_forward" | "participant.suspend" | "payout.forward" | "payout.answer" | "payout.inquire" | "node.certificate" | "node.certificate_answer";
    readonly parameters: { readonly [name: string]: unknown };
    /** The sender's last signed evidence head; the receiver keeps it, so that the sender's evidence cannot be rewritten unseen. Never a reason to refuse the message. */
    readonly evidence_head?: {
      readonly number?: number;
      readonly hash?: string;
    };
  };
};

export type EnrolmentForwardParameters = {
  readonly enrolment_id: Id;
  /** the participant's own bytes */
  readonly message: Base64;
  /** the participant's detached JWS */
  readonly signature: string | null;
};

export type EnrolmentAnswerParameters = {
  readonly enrolment_id: Id;
  readonly thumbprint: Thumbprint;
  readonly status: "accepted" | "rejected" | "pending";
  readonly code: string | null;
  readonly confirmation: null | {
    readonly person_id: Id;
    readonly method: "password+totp" | "passkey";
    readonly at: Time;
    readonly statement: { readonly [name: string]: unknown };
    readonly proof: { readonly [name: string]: unknown };
  };
};

/** A node's next certificate, in a message signed with its current one and on the same key. Two node operators of the receiver confirm its thumbprint; the answer is `node.certificate_answer` with EnrolmentAnswerParameters. */
export type NodeCertificateParameters = {
  readonly enrolment_id: Id;
  readonly chain: readonly (Base64)[];
  readonly reason: Reason;
  /** to whoever has confirmed it by then */
  readonly signs_from: Time;
};

export type DisableForwardParameters = {
  readonly participant: FinId;
  /** what ends, active or pending; one that has not arrived yet is refused when it does */
  readonly enrolment_ids: readonly (Id)[];
  /** those of them that were active at the sender */
  readonly thumbprints: readonly (Thumbprint)[];
  readonly cause: "incident" | "rotation" | "other";
  readonly reason: Reason;
  /** the participant's own bytes; null where a person or the node decided */
  readonly message: Base64 | null;
  readonly signature: string | null;
};

export type ParticipantSuspendParameters = {
  readonly participant: FinId;
  readonly reason: Reason;
  /** whose word it was, where a person of the participant spoke; the other office has the second */
  readonly suspended_by?: "securityOfficer" | "apoderado";
  /** the second word was said at the sender; a payout operator then ends everything, as the network has */
  readonly confirmed?: boolean;
};

/** Of `payout.forward`, and of `payout.inquire` (docs/payout.md, between nodes). */
export type PayoutForwardParameters = {
  /** the participant's own bytes */
  readonly message: Base64;
  /** the participant's detached JWS */
  readonly signature: string;
  /** the receiver of this message */
  readonly payout_operator: FinId;
  /** what the receiver is to execute of the participant's message; each `transaction_id` once */
  readonly transactions: readonly ({
    readonly transaction_id: MessageId;
    /** a UUIDv7 that the network made when it took the message */
    readonly shinkansen_transaction_id: MessageId;
  })[];
  /** nothing of it is started later */
  readonly not_after: Time;
};

/** Of `payout.answer`; `status` is `ok` exactly where `response_status` is. */
export type PayoutAnswerParameters = {
  readonly participant: FinId;
  readonly transaction_id: MessageId;
  readonly shinkansen_transaction_id: MessageId;
  readonly status: "ok" | "error";
  readonly response_status: string;
  readonly response_message: string | null;
};

export type NodeReceipt = {
  readonly message_id: MessageId;
  /** accepted | rejected | pending, for an enrolment (step 11) */
  readonly status?: string;
  readonly code?: string | null;
};

export type NodeStatus = {
  readonly status: "OK" | "PARTIAL_FAILURE" | "UNAVAILABLE" | "SCHEDULED_OUTAGE";
  readonly at: Time;
};

/** A CloudEvent as the events webhook receives it, signed with the node's detached JWS. */
export type Event = {
  readonly specversion: "1.0";
  readonly id: MessageId;
  readonly source: string;
  readonly type: string;
  readonly time: Time;
  readonly subject: string;
  readonly datacontenttype: "application/json";
  readonly data: { readonly [name: string]: unknown };
};

/** RFC 9457, with a stable code; errors[] repeats it for published clients. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  /** absent where the gateway answered by itself */
  readonly status?: number;
  readonly code: string;
  readonly detail: string;
  /** the parameter at fault */
  readonly parameter?: string;
  readonly expected?: string;
  readonly found?: string;
  readonly retryable?: boolean;
  /** urn:uuid of the interaction */
  readonly instance: string;
  readonly errors: readonly ({
    readonly error_code: string;
    readonly error_message: string;
  })[];
};

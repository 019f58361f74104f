// What the rules of core/enrolment say no to: one code, one sentence that a person can act on.

export const enrolmentRefusals = {
  REASON_MISSING: 'Say in a few words why this certificate enters or leaves the network.',
  REASON_TOO_LONG: 'The reason is too long; say it in fewer words.',
  REASON_UNREADABLE: 'The reason must be one line of plain text without control characters.',
  USE_UNKNOWN: 'The use of the certificate is not known.',
  CHAIN_NOT_BASE64: 'Each element of the chain is base64 of one certificate in DER.',
  POSSESSION_MISSING: 'The enrolment needs a signature made by the new key (proof of possession).',
  REPLACES_MALFORMED: 'What the certificate replaces is named by its thumbprint.',
  REPLACES_UNSIGNED: 'An enrolment that replaces a certificate must be signed by an active certificate.',
  REPLACES_NOT_ACTIVE:
    'The certificate to be replaced is not an active one of this participant; name an active one, or none.',
  HOLDER_NOT_APODERADO:
    'The certificate identifies somebody who is not an apoderado of this participant; enrol the certificate of one, or have the node operators record this one first.',
  HOLDER_NOT_PARTICIPANT:
    'The transport certificate does not identify this participant; have the PSC name its tax id or a host on record.',
  PSC_PROFILE_MISSING: 'The certificate leads to an anchor that no PSC profile of this node accepts.',
  CERTIFICATE_PENDING:
    'This certificate is already waiting for confirmation: follow the enrolment named, give its confirmation code to the people who were asked, or have them reject it; after 72 hours it ends by itself.',
  ALREADY_ACTIVE: 'This certificate is already active; it can be used.',
  KEY_OF_ANOTHER: 'The key of this certificate is enrolled for another participant; make a new key.',
  TOO_MANY_PENDING: 'Too many enrolments without a signature are waiting; answer or withdraw one first.',
  TOO_MANY_TODAY:
    'Too many enrolments without a signature were sent today; sign them with an active certificate.',
  PAYOUT_OPERATOR_NOT_SET:
    'The participant has no payout operator that could accept the certificate; ask the node operators to record one.',
  PARTICIPANT_SUSPENDED:
    'The participant is suspended: no payout, enrolment or change of access is accepted until two node operators lift it; disabling and withdrawing still work.',
  PARTICIPANT_UNKNOWN: 'This node has no participant of that name.',
  ANCHORS_MISSING: 'This node has no trust anchors yet; two node operators have to sign a manifest.',
  ENROLMENT_UNKNOWN: 'There is no such enrolment.',
  ENROLMENT_NOT_PENDING: 'The enrolment is no longer pending.',
  CERTIFICATE_UNKNOWN: 'This certificate is not enrolled here; enrol it first.',
  CERTIFICATE_NOT_ACTIVE:
    'This certificate is not active; use one that is, or wait for the confirmation of this one.',
  ACCEPTANCE_INCOMPLETE:
    'Until every payout operator that can be reached has accepted it, and while one has rejected it, this certificate signs nothing but payouts and its own disabling. Sign with another one, or wait for who has not answered; disable one that was rejected, which also goes unsigned.',
  CERTIFICATE_WRONG_USE:
    'This certificate was not enrolled for that use; signing and transport are enrolled apart.',
  CERTIFICATE_OF_ANOTHER: 'This certificate belongs to another participant.',
  POWER_ENDED:
    "The holder's power for this participant has ended; sign with another apoderado's certificate.",
  PROOF_BROKEN: 'The stored chain no longer proves the certificate; the node operators have been told.',
  MESSAGE_ID_REUSED: 'This message_id was used before with other content; make a new one.',
  ANSWER_MALFORMED: 'The answer to an enrolment is not of the documented shape.',
  ANSWER_OF_ANOTHER: 'The answer is about another enrolment or certificate.',
  PEER_UNKNOWN: 'This node does not know you as a node of the network.',
  FORWARD_MALFORMED: 'The forwarded enrolment is not of the documented shape.',
  NODE_KEY_OTHER:
    'A node announces a certificate on the key that it signs with; one on another key is pinned by both nodes’ operators.',
  NODE_HOLDER_OTHER:
    'The certificate names another holder than the node’s record and its current certificate do.',
  NODE_CERTIFICATES_TWO:
    'The node already has two active certificates; end the older one before the next is announced.',
  NODE_CERTIFICATE_TOO_SOON: 'A node’s next certificate is published 30 days before it signs.',
  NODE_CERTIFICATE_UNCHECKED:
    'The PSC has not been asked about this certificate yet; the act is proposed by itself once it was.',
  FAULT: 'Something went wrong on our side; the enrolment was closed and can be sent again.',
} as const satisfies Record<string, string>;

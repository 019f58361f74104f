// What the rules of core/message say no to: one code, one sentence that a person can act on.

export const messageRefusals = {
  BODY_NOT_JSON: 'The body is not one JSON text in UTF-8 without a byte order mark.',
  BODY_TOO_LARGE:
    'The message is larger than any enrolment needs; send the certificate and its issuers only.',
  BODY_DUPLICATE_KEY: 'A JSON object of the message names the same key twice; name each key once.',
  BODY_TOO_DEEP: 'The JSON text is nested more deeply than any message of this network.',
  ENVELOPE_MALFORMED:
    'The message is not the envelope of this network; compare it with the documented shape.',
  SIGNATURE_MISSING: 'The message must be signed; send the Shinkansen-JWS-Signature header.',
  SIGNATURE_MALFORMED: 'The signature header is not a detached JWS: protected header, two dots, signature.',
  SIGNATURE_PROFILE: 'The signature is not of the one accepted profile: PS256, b64 false, crit ["b64"], x5c.',
  SIGNATURE_INVALID:
    'The signature does not verify over the bytes received; sign the exact bytes that are sent.',
  SIGNATURE_OTHER_CERTIFICATE: 'The signature names another certificate than the one to verify with.',
  SIGNING_KEY_UNSUITABLE: 'Messages are signed with RSA keys of at least 2048 bits.',
  RECEIVER_NOT_THIS_NODE: 'The message is addressed to another receiver; name the fin_id of this node.',
  SENDER_NOT_THE_CALLER:
    'The message names another sender than the participant of the API key; use the key of the sender.',
  MESSAGE_TOO_OLD: 'The message was made too long ago; make a new one with the current time.',
  MESSAGE_FROM_THE_FUTURE: 'The message is dated in the future; set the clock of the system that made it.',
  ACTION_UNEXPECTED: 'The message asks for another action than the address it was sent to.',
  PATH_NOT_THE_MESSAGE: 'The address names something else than the signed message does.',
  POSSESSION_MALFORMED: 'The proof of possession is not base64 of a signature of a known algorithm.',
  POSSESSION_NOT_PROVED: 'The proof of possession is not a signature by the new key over this enrolment.',
  EDGE_IDENTITY_MISSING: 'The request did not come through the edge.',
  EDGE_IDENTITY_WRONG: 'The edge did not vouch for this request.',
  EDGE_IDENTITY_OLD: 'The edge vouched for this request more than 60 seconds ago.',
  API_KEY_NOT_VALID:
    'The API key is not valid here; renew it while it is, or ask the node operators for another.',
  API_KEYS_BOTH_VALID: 'Two API keys are valid already; a third is issued when one of them has ended.',
  ALREADY_ISSUED:
    'The key was issued and shown once; if that answer was lost, ask a node operator to end it.',
  EDGE_CERTIFICATE_REQUIRED: 'This participant calls with an enrolled transport certificate only.',
  BODY_SCHEMA: 'The message does not have the documented shape; compare it with openapi.yaml.',
  BODY_EMPTY: 'The request has no body; send the message in it.',
  HEADER_TWICE: 'A header that counts once stands in the request more than once; send it once.',
  QUERY_MALFORMED: 'A query parameter is not what the documentation says.',
  CURSOR_MALFORMED: 'The cursor is not one that this list gave to this participant; begin without one.',
  IDEMPOTENCY_KEY_MALFORMED: 'The Idempotency-Key is a string of 1 to 64 characters.',
  IDEMPOTENCY_OTHER_BODY: 'This Idempotency-Key was used for another request; make a new one.',
  IDEMPOTENCY_IN_FLIGHT: 'A request with this Idempotency-Key is being answered; ask again in a moment.',
  MESSAGE_ALREADY_RECEIVED: 'A message with this message_id was received before.',
  WEBHOOK_URL_REFUSED:
    'The URL cannot be a webhook: https, a public host name, no user, password or fragment.',
  WEBHOOK_CHALLENGE_FAILED:
    'The URL neither repeated the words of the challenge nor told a signed message from a forged one.',
} as const satisfies Record<string, string>;

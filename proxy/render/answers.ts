// What does the edge say when it says no itself? The same problem as everywhere else, `errors[]` included, and when to
// try again where that helps. HAProxy's own answers are HTML: these take their place.

interface EdgeAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const busy = 'The node is busy; try the same again.';

/** Given by a rule of ours. */
export const edgeAnswers = {
  refused: {
    status: 403,
    code: 'EDGE_CERTIFICATE_REFUSED',
    message: 'The client certificate is disabled, revoked, expired or suspended.',
  },
  misdirected: {
    status: 421,
    code: 'MISDIRECTED_REQUEST',
    message: 'The host of the request is not the one of the TLS connection.',
  },
  ambiguous: {
    status: 400,
    code: 'REQUEST_UNREADABLE',
    message: 'The address has a form that is refused.',
  },
  twoKeys: {
    status: 400,
    code: 'REQUEST_UNREADABLE',
    message: 'The API key header stands more than once.',
  },
  lengthRequired: {
    status: 411,
    code: 'LENGTH_REQUIRED',
    message: 'Send Content-Length; chunked bodies are not taken.',
  },
  bodyTooLarge: { status: 413, code: 'REQUEST_TOO_LARGE', message: 'The body is too large.' },
  headersTooLarge: { status: 431, code: 'HEADERS_TOO_LARGE', message: 'The headers are too large.' },
  tooMany: {
    status: 429,
    code: 'TOO_MANY_REQUESTS',
    message: 'Too many requests; wait and try again.',
    retryAfterSeconds: 10,
  },
} as const satisfies Record<string, EdgeAnswer>;

/**
 * Given by HAProxy itself, by status. Up to 3.2 it does not ask for these (https://github.com/haproxy/haproxy/issues/3032)
 * where no request was read whole: what is no HTTP, has more than 24 kB of headers, or whose headers come too slowly is
 * answered in HTML.
 */
export const ownAnswers: readonly EdgeAnswer[] = [
  { status: 400, code: 'REQUEST_UNREADABLE', message: 'The request could not be read.' },
  { status: 403, code: 'ACCESS_DENIED', message: 'The request was refused.' },
  { status: 408, code: 'REQUEST_TOO_SLOW', message: 'The request did not arrive in time.' },
  { status: 429, code: 'TOO_MANY_REQUESTS', message: edgeAnswers.tooMany.message, retryAfterSeconds: 10 },
  { status: 500, code: 'FAULT', message: 'Something went wrong on our side; tell us the interaction id.' },
  { status: 502, code: 'BUSY', message: busy, retryAfterSeconds: 5 },
  { status: 503, code: 'BUSY', message: busy, retryAfterSeconds: 5 },
  { status: 504, code: 'BUSY', message: busy, retryAfterSeconds: 5 },
];

function problem({ status, code, message }: EdgeAnswer, instance?: string): string {
  return JSON.stringify({
    type: `urn:apodera:problem:${code}`,
    title: 'Refused',
    status,
    code,
    detail: message,
    ...(instance && { instance }),
    errors: [{ error_code: code, error_message: message }],
  });
}

/** A rule of haproxy.cfg; JSON holds no apostrophe, so that single quotes are enough. */
export function answerRule(name: keyof typeof edgeAnswers): string {
  const given: EdgeAnswer = edgeAnswers[name];
  const retry = given.retryAfterSeconds === undefined ? '' : ` hdr retry-after ${given.retryAfterSeconds}`;
  const body = problem(given, 'urn:uuid:%[var(txn.interaction)]');
  return `http-request return status ${given.status} content-type application/json hdr cache-control no-store hdr x-fapi-interaction-id %[var(txn.interaction)]${retry} lf-string '${body}'`;
}

/** A whole raw answer, as errorfile wants it. */
export function answerFile(given: EdgeAnswer): string {
  const body = problem(given);
  const retry = given.retryAfterSeconds === undefined ? '' : `Retry-After: ${given.retryAfterSeconds}\r\n`;
  return `HTTP/1.1 ${given.status} Refused\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n${retry}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

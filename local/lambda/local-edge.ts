// What does HAProxy do to a request at the api door, when it is not there? Strips what a client may not say, adds the
// edge's identity headers with their HMAC, and says no itself to what is too large or ambiguous. It verifies no client
// certificate: `x-edge-client` is always `none`.

import { randomUUID } from 'node:crypto';
import { API_KEY_HEADER, type EdgeKey, INTERACTION_HEADER, signEdge } from '../../core/edge-identity.ts';
import type { LocalClock } from '../endpoints/timer.ts';
import type { Arrived, HttpAnswer } from './proxy-event.ts';

export interface LocalEdge {
  mostBodyBytes(target: string): number;
  pass(arrived: Arrived): { readonly arrived: Arrived } | { readonly answer: HttpAnswer };
  tooLarge(arrived: Arrived): HttpAnswer;
}

export interface LocalEdgeOptions {
  /** The newest key; asked at each request, so that a rotation reaches a running front. */
  readonly key: () => EdgeKey;
  /** Host of the private leg, as the MAC covers it. */
  readonly privateHost: string;
  readonly clock: LocalClock;
}

const mostHeaderBytes = 7_500;
const megabyte = 1_048_576;

export function localEdge({ key, privateHost, clock }: LocalEdgeOptions): LocalEdge {
  return {
    mostBodyBytes: (target) => (/^\/v1\/node\/messages(\?|$)/.test(target) ? 4 * megabyte : 2 * megabyte),
    tooLarge: (arrived) => refusal(413, 'REQUEST_TOO_LARGE', 'The body is too large.', arrived),
    pass(arrived) {
      const values = (wanted: string): string[] =>
        arrived.headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
      if (ambiguous(arrived.target)) {
        return {
          answer: refusal(400, 'REQUEST_UNREADABLE', 'The address has a form that is refused.', arrived),
        };
      }
      if (values(API_KEY_HEADER).length > 1) {
        return {
          answer: refusal(400, 'REQUEST_UNREADABLE', 'The API key header stands more than once.', arrived),
        };
      }
      const [given = ''] = values(INTERACTION_HEADER);
      const request = {
        method: arrived.method,
        host: privateHost,
        target: arrived.target,
        interactionId: isUuid(given) ? given : randomUUID(),
        client: 'none',
        apiKey: values(API_KEY_HEADER)[0],
      } as const;
      const kept = arrived.headers.filter(([name, value]) => !isStripped(name, value));
      const added = Object.entries(signEdge(request, key(), clock.now()));
      const headers = [...kept, ['host', privateHost] as const, ...added];
      const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
      if (size > mostHeaderBytes) {
        return { answer: refusal(431, 'HEADERS_TOO_LARGE', 'The headers are too large.', arrived) };
      }
      return { arrived: { ...arrived, headers } };
    },
  };
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);

/** Two decoders could disagree about these. */
const ambiguous = (target: string): boolean =>
  !target.startsWith('/') || /%2f|%5c|%00|\\|#|\/\/|\/\.{1,2}(\/|\?|$)|[^\x21-\x7e]/i.test(target);

/** Identity headers in every spelling, and what steers API Gateway. */
function isStripped(name: string, value: string): boolean {
  const lower = name.toLowerCase().replaceAll('_', '-');
  if (/^(x-edge-|client-cert|x-ssl-|x-client-|x-forwarded-|x-amzn-)/.test(lower)) return true;
  if (['host', 'forwarded', 'x-apigw-api-id', 'x-http-method-override', INTERACTION_HEADER].includes(lower))
    return true;
  return lower === 'authorization' && value.startsWith('AWS4-');
}

function refusal(status: number, code: string, message: string, { requestId }: Arrived): HttpAnswer {
  const problem = {
    type: `urn:apodera:problem:${code}`,
    title: 'Refused',
    status,
    code,
    detail: message,
    instance: `urn:uuid:${requestId}`,
    errors: [{ error_code: code, error_message: message }],
  };
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify(problem)),
  };
}

// An event as API Gateway hands it to a function of the api door.

import type { APIGatewayProxyEvent } from 'aws-lambda';

export interface EventOptions {
  readonly method?: string;
  readonly path?: string;
  readonly resource?: string;
  readonly pathParameters?: Record<string, string>;
  readonly headers?: Record<string, string | string[]>;
  readonly query?: Record<string, string[]>;
  readonly body?: Uint8Array | string;
  /** undefined: a route without authorizer. */
  readonly caller?: { participant: string; keyId?: string; edgeClient?: string; interactionId?: string };
}

export const interactionId = '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01';

export function apiEvent(options: EventOptions = {}): APIGatewayProxyEvent {
  const { method = 'POST', path = '/v1/api-keys/renew', caller } = options;
  const entries = Object.entries(options.headers ?? {});
  const multi = Object.fromEntries(entries.map(([name, value]) => [name, [value].flat()]));
  const authorizer = caller && { keyId: 'KEY1', edgeClient: 'none', interactionId, ...caller };
  return {
    httpMethod: method,
    path,
    resource: options.resource ?? path,
    pathParameters: options.pathParameters ?? null,
    headers: Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: multi,
    multiValueQueryStringParameters: options.query ?? null,
    queryStringParameters: null,
    stageVariables: null,
    body: options.body === undefined ? null : Buffer.from(options.body).toString('base64'),
    isBase64Encoded: options.body !== undefined,
    requestContext: { requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef', authorizer } as never,
  };
}

// How does an answer leave a function of the api door? Always with the interaction id, never cached, no cookies,
// no redirects: published clients follow a redirect with their API key.

import type { APIGatewayProxyResult } from 'aws-lambda';
import { INTERACTION_HEADER } from '../../core/edge-identity.ts';

export interface Answer {
  readonly status: number;
  /** Undefined members are left out. */
  readonly body?: object;
  readonly contentType?: 'application/json' | 'application/problem+json';
  readonly headers?: Readonly<Record<string, string>>;
}

export function respond(answer: Answer, interactionId: string): APIGatewayProxyResult {
  return {
    statusCode: answer.status,
    headers: {
      'Content-Type': answer.contentType ?? 'application/json',
      'Cache-Control': 'no-store',
      [INTERACTION_HEADER]: interactionId,
      ...answer.headers,
    },
    body: answer.body === undefined ? '' : JSON.stringify(answer.body),
    isBase64Encoded: false,
  };
}

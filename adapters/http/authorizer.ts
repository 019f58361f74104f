// How does API Gateway ask, and how does it want to be answered? A REQUEST authorizer's event in, a policy for that
// one call out. Whatever goes wrong inside is a Deny: an authorizer that throws answers 500 to everybody.

import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import type { ReceivedRequest } from '../../core/edge-identity.ts';
import { Refusal } from '../../core/errors.ts';
import type { Log } from '../logger.ts';
import { routes } from './generated/routes.ts';

export interface AuthorizerRequest extends ReceivedRequest {
  readonly certificateExempt: boolean;
}

export type Authorizer = (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult>;

export function authorizerDoor(
  { log, clock }: { readonly log: Log; readonly clock: { tune(): Promise<void> } },
  authorize: (request: AuthorizerRequest) => Promise<{ readonly [name: string]: string }>,
): Authorizer {
  return async (event) => {
    try {
      await clock.tune();
      const context = await authorize(readAuthorizerEvent(event));
      return policy('Allow', event.methodArn, context.participant ?? 'unknown', { ...context });
    } catch (error) {
      // No header and no thumbprint: what was sent may be a key in the wrong place.
      if (error instanceof Refusal) log.say('REQUEST_DENIED', { refusal: error.code });
      else log.say('FAULT', { error: error instanceof Error ? error.name : 'unknown' });
      return policy('Deny', event.methodArn, 'none');
    }
  };
}

function readAuthorizerEvent(event: APIGatewayRequestAuthorizerEvent): AuthorizerRequest {
  const route = routes.find(({ method, path }) => method === event.httpMethod && path === event.resource);
  return {
    method: event.httpMethod,
    path: event.path,
    query: event.multiValueQueryStringParameters ?? {},
    headers: event.multiValueHeaders ?? {},
    certificateExempt: route?.edgeCertificate === 'never',
  };
}

/** For this call alone: method, path and stage as the ARN names them. */
function policy(
  Effect: 'Allow' | 'Deny',
  Resource: string,
  principalId: string,
  context?: Record<string, string>,
): APIGatewayAuthorizerResult {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }],
    },
    ...(context && { context }),
  };
}

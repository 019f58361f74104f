// What did the caller send, byte for byte, and who does the authorizer say is calling? The body stays bytes:
// what is signed is verified before anything is parsed. What the bytes mean is core/message's.

import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { INTERACTION_HEADER } from '../../core/edge-identity.ts';
import { Refusal } from '../../core/errors.ts';

/** As the authorizer found it; its MAC and API key hold. */
export interface Caller {
  /** fin_id of the participant, or of the node, that the API key belongs to. */
  readonly participant: string;
  readonly keyId: string;
  /** x5t#S256 of the client certificate that the edge verified, or `none`. */
  readonly edgeClient: string;
}

export interface ApiRequest {
  readonly method: string;
  /** The route as openapi.yaml writes it: `/v1/certificates/{thumbprint}`. */
  readonly route: string;
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly interactionId: string;
  /** @throws Refusal HEADER_TWICE */
  header(name: string): string | undefined;
  /** @throws Refusal QUERY_MALFORMED where it stands twice, is too long or no Unicode */
  query(name: string): string | undefined;
  /** @throws Error on a route without authorizer */
  caller(): Caller;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const SIGNATURE_HEADER = 'Shinkansen-JWS-Signature';

export function readRequest(event: APIGatewayProxyEvent): ApiRequest {
  const header = (name: string) => onlyHeader(event, name);
  return {
    method: event.httpMethod,
    route: event.resource,
    path: event.path,
    pathParameters: event.pathParameters ?? {},
    body: bodyOf(event),
    interactionId: interactionOf(event),
    header,
    query(name) {
      const values = event.multiValueQueryStringParameters?.[name] ?? [];
      if (values.length > 1) throw new Refusal('QUERY_MALFORMED', { parameter: name, expected: 'one value' });
      const [value] = values;
      if (value !== undefined && (value.length > longestQuery || !value.isWellFormed()))
        throw new Refusal('QUERY_MALFORMED', {
          parameter: name,
          expected: `at most ${longestQuery} letters`,
        });
      return value;
    },
    caller: () => callerOf(event),
  };
}

/** Of a cursor (openapi.yaml); every other value is shorter. */
const longestQuery = 2000;

/** The gateway takes every media type as binary and hands over base64; text would be bytes it has re-encoded. */
function bodyOf(event: APIGatewayProxyEvent): Uint8Array {
  if (!event.body) return new Uint8Array(0);
  if (!event.isBase64Encoded) throw new Error('the gateway did not hand the body over as bytes');
  return Buffer.from(event.body, 'base64');
}

function onlyHeader(event: APIGatewayProxyEvent, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found = Object.entries(event.multiValueHeaders ?? {}).flatMap(([key, values]) =>
    key.toLowerCase() === wanted ? (values ?? []) : [],
  );
  if (found.length > 1) throw new Refusal('HEADER_TWICE', { parameter: name });
  return found[0];
}

function interactionOf(event: APIGatewayProxyEvent): string {
  const known: unknown = event.requestContext.authorizer?.interactionId;
  if (typeof known === 'string') return known;
  const own = event.headers?.[INTERACTION_HEADER];
  return own && UUID.test(own) ? own : randomUUID();
}

function callerOf(event: APIGatewayProxyEvent): Caller {
  const { participant, keyId, edgeClient } = event.requestContext.authorizer ?? {};
  if (typeof participant === 'string' && typeof keyId === 'string' && typeof edgeClient === 'string') {
    return { participant, keyId, edgeClient };
  }
  throw new Error('the route has no authorizer, or it told nothing');
}

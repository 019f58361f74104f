// What does API Gateway itself answer when no function does? The template's gateway responses, else its own bodies. When
// that happens is decided in front.ts.

import type { Stack } from '../stack.ts';
import type { Properties } from '../template/template.ts';
import type { Arrived, HttpAnswer } from './proxy-event.ts';

export type GatewayResponseType =
  | 'ACCESS_DENIED'
  | 'AUTHORIZER_CONFIGURATION_ERROR'
  | 'AUTHORIZER_FAILURE'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'
  | 'INTEGRATION_TIMEOUT'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'REQUEST_TOO_LARGE'
  | 'THROTTLED'
  | 'UNAUTHORIZED';

interface GatewayResponse {
  readonly status?: number;
  /** By header name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly template?: string;
  /** Of the template; `application/json` where there is none. */
  readonly contentType?: string;
}

export type GatewayResponses = Readonly<Record<string, GatewayResponse>>;

const own: Record<GatewayResponseType, { readonly status: number; readonly message: string }> = {
  ACCESS_DENIED: {
    status: 403,
    message: 'User is not authorized to access this resource with an explicit deny',
  },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error' },
  AUTHORIZER_FAILURE: { status: 500, message: 'Internal server error' },
  DEFAULT_4XX: { status: 400, message: 'Bad Request' },
  DEFAULT_5XX: { status: 502, message: 'Internal server error' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
  THROTTLED: { status: 429, message: 'Too Many Requests' },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized' },
};

/** From AWS::ApiGateway::GatewayResponse of the api, and GatewayResponses of an AWS::Serverless::Api. */
export function gatewayResponsesOf(stack: Stack, apiLogicalId: string): GatewayResponses {
  const found: Record<string, GatewayResponse> = {};
  const api = stack.template.Resources[apiLogicalId]?.Properties ?? {};
  const ofApi = stack.resolve({ ...stack.template.Globals?.Api, ...api }) as {
    GatewayResponses?: Record<string, Properties>;
  };
  for (const [type, said] of Object.entries(ofApi.GatewayResponses ?? {})) {
    const headers = (said.ResponseParameters as { Headers?: Record<string, string> } | undefined)?.Headers;
    found[type] = responseOf(said.StatusCode, headers ?? {}, said.ResponseTemplates);
  }
  const apiRef = stack.template.Resources[apiLogicalId] ? stack.resource(apiLogicalId) : '';
  for (const { properties } of stack.ofType('AWS::ApiGateway::GatewayResponse')) {
    if (properties.RestApiId !== apiRef) continue;
    const parameters = Object.entries((properties.ResponseParameters ?? {}) as Record<string, string>);
    const headers = parameters.map(([name, value]) => [name.replace('gatewayresponse.header.', ''), value]);
    found[String(properties.ResponseType)] = responseOf(
      properties.StatusCode,
      Object.fromEntries(headers),
      properties.ResponseTemplates,
    );
  }
  return found;
}

/** From `x-amazon-apigateway-gateway-responses` of an OpenAPI document. */
export function gatewayResponsesOfOpenApi(document: Properties): GatewayResponses {
  const said = (document['x-amazon-apigateway-gateway-responses'] ?? {}) as Record<string, Properties>;
  const entries = Object.entries(said).map(([type, each]) => {
    const parameters = Object.entries((each.responseParameters ?? {}) as Record<string, string>);
    const headers = parameters.map(([name, value]) => [name.replace('gatewayresponse.header.', ''), value]);
    return [type, responseOf(each.statusCode, Object.fromEntries(headers), each.responseTemplates)];
  });
  return Object.fromEntries(entries);
}

function responseOf(status: unknown, headers: Record<string, string>, templates: unknown): GatewayResponse {
  const [said] = Object.entries((templates ?? {}) as Record<string, string>);
  return {
    ...(status === undefined ? {} : { status: Number(status) }),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(said && { contentType: said[0], template: said[1] }),
  };
}

/** The type's own response, else DEFAULT_4XX or DEFAULT_5XX; 413's cannot be changed in API Gateway. */
export function gatewayAnswer(
  responses: GatewayResponses,
  type: GatewayResponseType,
  arrived: Arrived,
): HttpAnswer {
  const { requestId } = arrived;
  const { status, message } = own[type];
  const otherwise = status < 500 ? responses.DEFAULT_4XX : responses.DEFAULT_5XX;
  const said = type === 'REQUEST_TOO_LARGE' ? undefined : (responses[type] ?? otherwise);
  const values: Record<string, string> = {
    'error.messageString': JSON.stringify(message),
    'error.message': message,
    'error.responseType': type,
    requestId,
    extendedRequestId: requestId,
  };
  const template = said?.template ?? '{"message":$context.error.messageString}';
  const body = template.replace(
    /\$context\.([A-Za-z.]+[A-Za-z])/g,
    (whole, name: string) => values[name] ?? whole,
  );
  const headers = new Map([
    ['content-type', said?.contentType ?? 'application/json'],
    ['x-amzn-requestid', requestId],
    ['x-amzn-errortype', type],
  ]);
  for (const [name, expression] of Object.entries(said?.headers ?? {})) {
    const value = headerValue(expression, arrived);
    if (value !== undefined) headers.set(name.toLowerCase(), value);
  }
  // A fallback's status code, where it has one, becomes that of all responses without one of their own.
  return { status: said?.status ?? status, headers: [...headers], body: Buffer.from(body) };
}

/** `'a static value'`, or a header of the request; other mappings are not known here. */
function headerValue(expression: string, { headers }: Arrived): string | undefined {
  const fixed = /^'(.*)'$/.exec(expression)?.[1];
  if (fixed !== undefined) return fixed;
  const wanted = /^method\.request\.header\.(.+)$/.exec(expression)?.[1]?.toLowerCase();
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

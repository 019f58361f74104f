// What does the gateway answer by itself? The same problem as everywhere: published clients need `errors[]` in
// every JSON answer with status 400, and Retry-After where trying again helps. API Gateway's
// 413 cannot be changed: the edge refuses large bodies before.

interface GatewayAnswer {
  /** Absent: the status that the gateway would give anyway, which its answer's body cannot name. */
  readonly status?: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const fault = 'Something went wrong on our side; tell us the interaction id.';
const busy = 'The node is busy; try the same again.';

/** By API Gateway's response type. */
export const gatewayAnswers: Readonly<Record<string, GatewayAnswer>> = {
  ACCESS_DENIED: answer(403, 'ACCESS_DENIED', 'The API key or the certificate does not allow this.'),
  API_CONFIGURATION_ERROR: answer(500, 'FAULT', fault),
  AUTHORIZER_CONFIGURATION_ERROR: answer(500, 'FAULT', fault),
  AUTHORIZER_FAILURE: answer(500, 'FAULT', fault),
  BAD_REQUEST_BODY: answer(400, 'BODY_UNREADABLE', 'The body could not be read.'),
  BAD_REQUEST_PARAMETERS: answer(400, 'PARAMETERS_UNREADABLE', 'The parameters could not be read.'),
  DEFAULT_4XX: { code: 'REQUEST_UNREADABLE', message: 'The request could not be read.' },
  DEFAULT_5XX: { code: 'FAULT', message: fault },
  EXPIRED_TOKEN: answer(403, 'ACCESS_DENIED', 'The API key or the certificate does not allow this.'),
  INTEGRATION_FAILURE: answer(504, 'BUSY', busy, 5),
  INTEGRATION_TIMEOUT: answer(504, 'BUSY', busy, 5),
  INVALID_API_KEY: answer(403, 'ACCESS_DENIED', 'The API key or the certificate does not allow this.'),
  INVALID_SIGNATURE: answer(403, 'ACCESS_DENIED', 'The API key or the certificate does not allow this.'),
  MISSING_AUTHENTICATION_TOKEN: answer(404, 'ROUTE_UNKNOWN', 'There is nothing at this address.'),
  QUOTA_EXCEEDED: answer(429, 'TOO_MANY_REQUESTS', 'Too many requests; wait and try again.', 60),
  RESOURCE_NOT_FOUND: answer(404, 'ROUTE_UNKNOWN', 'There is nothing at this address.'),
  THROTTLED: answer(429, 'TOO_MANY_REQUESTS', 'Too many requests; wait and try again.', 1),
  UNAUTHORIZED: answer(401, 'ACCESS_DENIED', 'The request did not come through the edge.'),
  UNSUPPORTED_MEDIA_TYPE: answer(415, 'MEDIA_TYPE_UNKNOWN', 'Send application/json.'),
  WAF_FILTERED: answer(403, 'ACCESS_DENIED', 'The request was refused.'),
};

/** As `x-amazon-apigateway-gateway-responses` wants them. */
export function gatewayResponses(): object {
  return Object.fromEntries(
    Object.entries(gatewayAnswers).map(([type, { status, code, message, retryAfterSeconds }]) => [
      type,
      {
        ...(status && { statusCode: status }),
        responseParameters: {
          'gatewayresponse.header.x-fapi-interaction-id': 'method.request.header.x-fapi-interaction-id',
          'gatewayresponse.header.Cache-Control': "'no-store'",
          ...(retryAfterSeconds && { 'gatewayresponse.header.Retry-After': `'${retryAfterSeconds}'` }),
        },
        responseTemplates: { 'application/json': bodyOf(status, code, message) },
      },
    ]),
  );
}

/** `$context.requestId` is a template variable; everything else is fixed, so nothing needs escaping. */
function bodyOf(status: number | undefined, code: string, message: string): string {
  return JSON.stringify({
    type: `urn:apodera:problem:${code}`,
    title: 'Refused',
    status,
    code,
    detail: message,
    instance: 'urn:uuid:$context.requestId',
    errors: [{ error_code: code, error_message: message }],
  });
}

function answer(status: number, code: string, message: string, retryAfterSeconds?: number): GatewayAnswer {
  return { status, code, message, ...(retryAfterSeconds && { retryAfterSeconds }) };
}

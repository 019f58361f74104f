// Derives the 3.0 document that API Gateway imports (it reads neither 3.1 nor most of JSON Schema): paths,
// integrations, authorizer, binary media types, gateway responses, resource policy. No schemas and no request
// validation: bodies must reach the handlers byte for byte. Names in ${...} are filled by AWS::Include's Fn::Sub.

import { type Contract, type Route, routesOf } from './contract.ts';
import { gatewayResponses } from './gateway-responses.ts';

/** Seconds a function may take, in ms; API Gateway's own most is 29,000. */
const TIMEOUT_MS = 29_000;

export function gatewayDocument(contract: Contract): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routesOf(contract)) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.0.1',
    info: { title: { 'Fn::Sub': `\${AWS::StackName}-api` }, version: contract.info.version },
    'x-amazon-apigateway-binary-media-types': ['*/*'],
    'x-amazon-apigateway-policy': resourcePolicy(),
    'x-amazon-apigateway-gateway-responses': gatewayResponses(),
    paths,
    components: { securitySchemes: { edge: authorizer() } },
  };
}

function operationOf(route: Route): object {
  const parameters = route.parameters!.filter(({ in: place }) => place === 'path');
  return {
    operationId: route.operationId,
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ name }) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
    }),
    // What the integration answers is the handlers' matter; API Gateway asks for one entry.
    responses: { default: { description: 'From the function' } },
    security: route['x-apodera-proof'].least === 'none' ? [] : [{ edge: [] }],
    'x-amazon-apigateway-integration': {
      type: 'aws_proxy',
      httpMethod: 'POST',
      uri: invocationOf(route['x-apodera-function']),
      timeoutInMillis: TIMEOUT_MS,
    },
  };
}

/** Cache off: a key that ended, or a MAC made for another request, must not live on in a cache. */
function authorizer(): object {
  return {
    type: 'apiKey',
    name: 'Unused',
    in: 'header',
    'x-amazon-apigateway-authtype': 'custom',
    'x-amazon-apigateway-authorizer': {
      type: 'request',
      authorizerUri: invocationOf('AuthorizeRequestFunction'),
      authorizerResultTtlInSeconds: 0,
    },
  };
}

/** Allow and explicit Deny: the endpoint of the edge's VPC and nobody else. */
function resourcePolicy(): object {
  const statement = { Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' };
  const elsewhere = { StringNotEquals: { 'aws:SourceVpce': { 'Fn::Sub': `\${ApiEndpoint}` } } };
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', ...statement },
      { Effect: 'Deny', ...statement, Condition: elsewhere },
    ],
  };
}

function invocationOf(logicalId: string): object {
  const service = `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions`;
  return { 'Fn::Sub': `${service}/\${${logicalId}.Arn}/invocations` };
}

// Which function answers a method and path at a door? For machines the document that API Gateway imports says so, for
// people the template's Api events. API Gateway prefers the fixed segment over the parameter over the greedy rest.

import { readFileSync } from 'node:fs';
import type { Stack } from '../stack.ts';
import type { Properties } from '../template/template.ts';

export interface Route {
  /** `GET`, or `ANY`. */
  readonly method: string;
  /** `/v1/certificates/{thumbprint}`, `/{proxy+}`. */
  readonly resource: string;
  /** Logical id. */
  readonly function: string;
  /** Logical id of the REQUEST authorizer; absent: nobody is asked. */
  readonly authorizer?: string;
  /** How long the integration may take; API Gateway's 29 s when absent. */
  readonly timeoutMs?: number;
}

export interface Matched {
  readonly route: Route;
  /** Decoded; null when the resource has none, as in the proxy event. */
  readonly pathParameters: Record<string, string> | null;
}

interface GatewayOperation {
  readonly security?: readonly Record<string, unknown>[];
  readonly 'x-amazon-apigateway-integration': { readonly uri: Uri; readonly timeoutInMillis?: number };
}

type Uri = string | { readonly 'Fn::Sub': string };

export interface GatewayDocument extends Properties {
  readonly paths: Readonly<Record<string, Readonly<Record<string, GatewayOperation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<
      Record<string, { readonly 'x-amazon-apigateway-authorizer': { readonly authorizerUri: Uri } }>
    >;
  };
}

export function readGatewayDocument(file: string): GatewayDocument {
  return JSON.parse(readFileSync(file, 'utf8')) as GatewayDocument;
}

/** From the document that API Gateway itself imports: integration and authorizer of each operation. */
export function routesOfGatewayDocument({ paths, components }: GatewayDocument): Route[] {
  return Object.entries(paths).flatMap(([resource, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const { uri, timeoutInMillis } = operation['x-amazon-apigateway-integration'];
      const scheme = Object.keys(operation.security?.[0] ?? {})[0];
      const authorizer = scheme && components.securitySchemes[scheme]?.['x-amazon-apigateway-authorizer'];
      return {
        method: method === 'x-amazon-apigateway-any-method' ? 'ANY' : method.toUpperCase(),
        resource,
        function: functionOf(uri),
        ...(authorizer ? { authorizer: functionOf(authorizer.authorizerUri) } : {}),
        ...(timeoutInMillis === undefined ? {} : { timeoutMs: timeoutInMillis }),
      };
    }),
  );
}

/** `...functions/${LogicalId.Arn}/invocations`. */
function functionOf(uri: Uri): string {
  const text = typeof uri === 'string' ? uri : uri['Fn::Sub'];
  const logicalId = /\$\{([A-Za-z0-9]+)\.Arn\}\/invocations$/.exec(text)?.[1];
  if (!logicalId) throw new Error(`"${text}" names no function of the template.`);
  return logicalId;
}

/** Events of type Api whose RestApiId is the given api; without an id there, SAM's implicit api. */
export function routesOfTemplate(stack: Stack, apiLogicalId: string): Route[] {
  return stack.functions.flatMap(({ logicalId, properties }) =>
    Object.values((properties.Events ?? {}) as Record<string, { Type: string; Properties: Properties }>)
      .filter(({ Type, Properties }) => Type === 'Api' && apiOf(Properties.RestApiId) === apiLogicalId)
      .map(({ Properties }) => ({
        method: String(Properties.Method).toUpperCase(),
        resource: String(stack.resolve(Properties.Path)),
        function: logicalId,
      })),
  );
}

function apiOf(restApiId: unknown): string {
  if (typeof restApiId === 'string') return restApiId;
  return String((restApiId as { Ref?: string } | undefined)?.Ref ?? 'ServerlessRestApi');
}

/** `path` as sent, still encoded. */
export function match(routes: readonly Route[], method: string, path: string): Matched | undefined {
  const segments = path.split('/').slice(1);
  const fitting = routes.flatMap((route) => {
    const pathParameters = bind(route.resource, segments);
    return pathParameters && (route.method === method || route.method === 'ANY')
      ? [{ route, pathParameters }]
      : [];
  });
  fitting.sort((a, b) => rank(a.route).localeCompare(rank(b.route)));
  const [first] = fitting;
  if (!first) return undefined;
  const { route, pathParameters } = first;
  return { route, pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null };
}

/** Smaller is better, segment by segment; a method before ANY. */
function rank({ resource, method }: Route): string {
  const kinds = resource
    .split('/')
    .slice(1)
    .map((segment) => (/^\{.*\+\}$/.test(segment) ? '2' : segment.startsWith('{') ? '1' : '0'));
  return `${kinds.join('')}${method === 'ANY' ? '4' : '3'}`;
}

function bind(resource: string, segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  const patterns = resource.split('/').slice(1);
  for (const [i, pattern] of patterns.entries()) {
    const [, name, greedy] = /^\{([^+}]+)(\+?)\}$/.exec(pattern) ?? [];
    if (greedy) {
      const rest = segments.slice(i).join('/');
      if (rest === '') return undefined;
      parameters[name!] = decode(rest);
      return parameters;
    }
    const segment = segments[i];
    if (
      segment === undefined ||
      (name === undefined && segment !== pattern) ||
      (name !== undefined && segment === '')
    )
      return undefined;
    if (name !== undefined) parameters[name] = decode(segment);
  }
  return segments.length === patterns.length ? parameters : undefined;
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // API Gateway passes on what is no valid encoding.
  }
}

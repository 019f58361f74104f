// What does a function see of an HTTP request, and what does its answer become? The proxy event of a REST API (v1) and
// the response it makes of a function's output. Routing, authorizer and errors are in front.ts.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { decode, type Matched } from './routes.ts';

export interface Arrived {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** In order and spelling of the wire; the local front's own are added before. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly at: Date;
}

export interface Door {
  readonly apiId: string;
  readonly stage: string;
  readonly region: string;
  readonly account: string;
}

export type ProxyEvent = Record<string, unknown> & { requestContext: Record<string, unknown> };

export function arrivedFrom(incoming: IncomingMessage, body: Buffer, at: Date): Arrived {
  const headers: [string, string][] = [];
  for (let i = 0; i < incoming.rawHeaders.length; i += 2)
    headers.push([incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!]);
  const { method = 'GET', url: target = '/' } = incoming;
  const sourceIp = (incoming.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  return { method, target, headers, body, sourceIp, requestId: randomUUID(), at };
}

export const pathOf = (target: string): string => target.split('?', 1)[0] ?? '/';

/** Decoded path and parameters, last value of a repeated header, base64 body: as API Gateway with `binaryMediaTypes: ['*​/*']`. */
export function proxyEvent(arrived: Arrived, { route, pathParameters }: Matched, door: Door): ProxyEvent {
  const multiValueHeaders: Record<string, string[]> = {};
  for (const [name, value] of arrived.headers) {
    const known =
      Object.keys(multiValueHeaders).find((each) => each.toLowerCase() === name.toLowerCase()) ?? name;
    multiValueHeaders[known] = [...(multiValueHeaders[known] ?? []), value];
  }
  const query = queryOf(arrived.target);
  return {
    resource: route.resource,
    path: decode(pathOf(arrived.target)),
    httpMethod: arrived.method,
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: query && lastOf(query),
    multiValueQueryStringParameters: query,
    pathParameters,
    stageVariables: null,
    requestContext: requestContext(arrived, route.resource, door, multiValueHeaders),
    body: arrived.body.length > 0 ? arrived.body.toString('base64') : null,
    isBase64Encoded: arrived.body.length > 0,
  };
}

function queryOf(target: string): Record<string, string[]> | null {
  const mark = target.indexOf('?');
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1))) {
    query[name] = [...(query[name] ?? []), value];
  }
  return Object.keys(query).length > 0 ? query : null;
}

const lastOf = (values: Record<string, string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, each]) => [name, each.at(-1)!]));

function requestContext(
  arrived: Arrived,
  resourcePath: string,
  { apiId, stage, account }: Door,
  headers: Record<string, string[]>,
): Record<string, unknown> {
  const header = (wanted: string): string | null => {
    const name = Object.keys(headers).find((each) => each.toLowerCase() === wanted);
    return name === undefined ? null : (headers[name]?.at(-1) ?? null);
  };
  const host = header('host') ?? 'localhost';
  return {
    accountId: account,
    apiId,
    domainName: host,
    domainPrefix: host.split('.')[0],
    extendedRequestId: arrived.requestId,
    httpMethod: arrived.method,
    identity: { ...noIdentity, sourceIp: arrived.sourceIp, userAgent: header('user-agent') },
    path: decode(pathOf(arrived.target)),
    protocol: 'HTTP/1.1',
    requestId: arrived.requestId,
    requestTime: clfTime(arrived.at),
    requestTimeEpoch: arrived.at.getTime(),
    resourceId: resourcePath,
    resourcePath,
    stage,
  };
}

const noIdentity = {
  accessKey: null,
  accountId: null,
  caller: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
};

/** `09/Apr/2015:12:34:56 +0000`. */
function clfTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** Undefined for what API Gateway calls a malformed Lambda proxy response (502). */
export function answerOf(payload: Buffer): HttpAnswer | undefined {
  const output = parse(payload);
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded, ...more } = output as Record<
    string,
    unknown
  >;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599 || Object.keys(more).length > 0)
    return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  const said = new Map<string, [string, string[]]>();
  for (const [name, value] of Object.entries((headers ?? {}) as Record<string, unknown>))
    said.set(name.toLowerCase(), [name, [String(value)]]);
  for (const [name, values] of Object.entries((multiValueHeaders ?? {}) as Record<string, unknown[]>)) {
    said.set(name.toLowerCase(), [name, values.map(String)]);
  }
  const flat = [...said.values()].flatMap(([name, values]) =>
    values.map((value) => [remapped(name), value] as const),
  );
  return {
    status,
    headers: flat.filter(([name]) => name !== ''),
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Headers that API Gateway renames or drops (Developer Guide, "Important notes"). */
function remapped(name: string): string {
  const lower = name.toLowerCase();
  if (
    ['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade', 'trailer'].includes(lower)
  )
    return '';
  if (
    ['authorization', 'date', 'host', 'server', 'www-authenticate', 'content-md5', 'expect', 'via'].includes(
      lower,
    )
  )
    return `x-amzn-Remapped-${name}`;
  return name;
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

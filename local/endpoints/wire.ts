// What do the small endpoints share on the wire? A request read whole, routed by the service that its SigV4
// scope names, an answer in AWS JSON, REST JSON or XML, and AWS's way to say no. Signatures are not verified:
// the credentials of the laptop are dummies.

import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { listen } from '../loopback.ts';

export interface WireRequest {
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

export type ServiceHandler = (request: WireRequest) => WireResponse | Promise<WireResponse>;

/** Input of one call, as JSON said it: every operation checks the members that it uses. */
export type Json = Record<string, unknown>;
export type Operations = Record<string, (input: Json) => unknown>;

/** An error that the service itself would answer with; `code` is the shape's name, e.g. `ResourceNotFoundException`. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: string, message: string, status = 400, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

export const unknownOperation = (name: string): AwsError =>
  new AwsError('UnknownOperationException', `The local endpoint does not speak "${name}".`);

/** AWS JSON 1.0 and 1.1: the operation is named by X-Amz-Target. */
export function jsonService(operations: Operations): ServiceHandler {
  return async (request) => {
    const type = String(request.headers['content-type'] ?? 'application/x-amz-json-1.1');
    try {
      const name = operationNamed(request.headers) ?? '';
      const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (!operation) throw unknownOperation(String(request.headers['x-amz-target'] ?? ''));
      const output = await operation(parseJson(request.body));
      return { status: 200, headers: { 'content-type': type }, body: JSON.stringify(output ?? {}) };
    } catch (error) {
      return jsonError(asAwsError(error), type);
    }
  };
}

export function jsonError(error: AwsError, type = 'application/json'): WireResponse {
  return {
    status: error.status,
    headers: { 'content-type': type, 'x-amzn-errortype': error.code, ...error.headers },
    body: JSON.stringify({ __type: error.code, message: error.message, Message: error.message }),
  };
}

export function parseJson(body: Buffer): Json {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
}

/** Anything that is not an AwsError is our own fault: shown on stderr and answered as InternalFailure. */
export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  console.error('local endpoint:', error);
  return new AwsError('InternalFailure', String(error), 500);
}

export function text(input: Json, name: string): string {
  const value = input[name];
  if (typeof value !== 'string') throw new AwsError('ValidationException', `"${name}" must be a string.`);
  return value;
}

export function bytes(input: Json, name: string): Buffer {
  return Buffer.from(text(input, name), 'base64');
}

/** The service that the client signed for: the fourth part of `Credential=<id>/<day>/<region>/<service>/aws4_request`. */
function signedService(headers: IncomingHttpHeaders): string | undefined {
  return /Credential=[^/\s]*\/\d{8}\/[^/]*\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1];
}

/** The access key id of the signature: on the laptop, the name of the function that calls. */
export const signedBy = (headers: IncomingHttpHeaders): string =>
  /Credential=([^/\s]*)\//.exec(headers.authorization ?? '')?.[1] ?? '';

export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** One HTTP server on 127.0.0.1 for all services; port 0 takes a free one. */
export async function serve(
  port: number,
  handlerOf: (service: string) => ServiceHandler | undefined,
): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, handlerOf).then(
      (response) => send(outgoing, incoming.method ?? '', response),
      (error) => send(outgoing, incoming.method ?? '', jsonError(asAwsError(error))),
    );
  });
  server.keepAliveTimeout = 65_000;
  await listen(server, port);
  return server;
}

async function answer(
  incoming: IncomingMessage,
  handlerOf: (service: string) => ServiceHandler | undefined,
): Promise<WireResponse> {
  const body = await readBody(incoming);
  // Step Functions and shells call functions without a signature.
  const service = incoming.url?.startsWith('/2015-03-31/functions/')
    ? 'lambda'
    : signedService(incoming.headers);
  if (!service)
    return jsonError(new AwsError('MissingAuthenticationToken', 'The request is not signed.', 403));
  const handler = handlerOf(service);
  if (!handler) return jsonError(unknownOperation(`${service} ${incoming.method} ${incoming.url}`));
  const [path = '/', query = ''] = splitOnce(incoming.url ?? '/', '?');
  const { method = 'GET', headers } = incoming;
  return handler({ method, path, query: new URLSearchParams(query), headers, body });
}

function splitOnce(value: string, separator: string): string[] {
  const at = value.indexOf(separator);
  return at < 0 ? [value] : [value.slice(0, at), value.slice(at + 1)];
}

function send(outgoing: ServerResponse, method: string, response: WireResponse): void {
  const body = Buffer.from(response.body ?? '');
  const headers: Record<string, string> = { 'x-amzn-requestid': randomUUID(), ...response.headers };
  if (response.status !== 204 && response.status !== 304) headers['content-length'] ??= String(body.length);
  outgoing.writeHead(response.status, headers);
  outgoing.end(method === 'HEAD' ? undefined : body);
}

/** `PutItem` of `DynamoDB_20120810.PutItem`; undefined where a service names its operations otherwise. */
export const operationNamed = ({ 'x-amz-target': target }: IncomingHttpHeaders): string | undefined =>
  target === undefined ? undefined : String(target).split('.').at(-1);

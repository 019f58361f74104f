// How does a call come in and an answer go out? awsJson1_0: POST with `X-Amz-Target: AWSStepFunctions.<Operation>`,
// so that unmodified AWS SDK clients work. Signatures are not checked: it listens on 127.0.0.1 only.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Engine } from './engine.ts';
import { ApiError } from './errors.ts';
import { operations } from './operations.ts';
import type { Body } from './parameters.ts';

const contentType = 'application/x-amz-json-1.0';
/** Larger than any call can be: a definition has at most 1 MiB, escaped twice that. */
const longestBody = 8 * 1_048_576;

export function serverOf(engine: Engine): Server {
  return createServer((request, response) => {
    // A call that is being answered is work: the clock waits for it.
    const answered = answer(engine, request).then(
      (body) => reply(response, 200, body),
      (error) => fail(response, error),
    );
    void engine.surroundings.busy.during(answered);
  });
}

async function answer(engine: Engine, request: IncomingMessage): Promise<object> {
  const [service, name] = String(request.headers['x-amz-target'] ?? '').split('.');
  const operation =
    service === 'AWSStepFunctions' && Object.hasOwn(operations, name ?? '') ? operations[name!] : undefined;
  if (request.method !== 'POST' || !operation) {
    throw new ApiError('UnknownOperationException', `'${name}' is not supported by the local engine`);
  }
  return operation(engine, await readBody(request));
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) throw new ApiError('SerializationException', 'the body is too long');
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  } catch {
    // said below
  }
  throw new ApiError('SerializationException', 'the body must be a JSON object');
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof ApiError) {
    reply(response, error.httpStatus, { __type: error.type, message: error.message });
    return;
  }
  console.error('local Step Functions:', error);
  reply(response, 500, {
    __type: 'InternalFailure',
    message: 'a fault of the local engine; its log says more',
  });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify(body));
}

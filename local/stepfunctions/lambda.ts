// How does a Task reach its function, and what does it hear back? By the Lambda HTTP API of the local host, or by a
// function in this process. Which names a failure gets is AWS's; what is retried, the definition says.

import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { Json } from './definition.ts';

export interface InvokeCall {
  /** A name; an ARN is reduced to it. */
  readonly functionName: string;
  readonly payload: Json;
  readonly qualifier?: string;
}

export type Invoked =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error: string; readonly cause: string };

/** Never throws: whatever happened is an answer. */
export type Invoke = (call: InvokeCall) => Promise<Invoked>;

/** Calls in this process; what it throws is the function's error (`errorType` = its name). */
export function invokeInProcess(
  invoke: (functionName: string, payload: Json) => Promise<Json | undefined>,
): Invoke {
  return async ({ functionName, payload }) => {
    try {
      return succeeded((await invoke(bareName(functionName), payload)) ?? null, '$LATEST', randomUUID());
    } catch (thrown) {
      const { name, message } = thrown as Error;
      return functionFailed(
        JSON.stringify({ errorType: name ?? 'Error', errorMessage: message ?? String(thrown) }),
      );
    }
  };
}

/** Calls `POST /2015-03-31/functions/<name>/invocations` at `endpoint`. */
export function invokeByHttp(endpoint: string): Invoke {
  return async ({ functionName, payload, qualifier }) => {
    const query = qualifier ? `?Qualifier=${encodeURIComponent(qualifier)}` : '';
    const path = `/2015-03-31/functions/${encodeURIComponent(bareName(functionName))}/invocations${query}`;
    try {
      return read(await post(new URL(path, endpoint), JSON.stringify(payload)));
    } catch (error) {
      return { ok: false, error: 'Lambda.SdkClientException', cause: (error as Error).message };
    }
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

// node:http, because fetch gives up on a function that takes 300 s for its first byte.
function post(url: URL, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request(url, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

function read({ status, headers, text }: Answer): Invoked {
  if (status !== 200) return serviceFailed(status, headers, text);
  if (headers['x-amz-function-error']) return functionFailed(text);
  const payload = text === '' ? null : (parse(text) ?? text);
  return succeeded(
    payload,
    String(headers['x-amz-executed-version'] ?? '$LATEST'),
    String(headers['x-amzn-requestid'] ?? randomUUID()),
  );
}

function succeeded(payload: Json, executedVersion: string, requestId: string): Invoked {
  const output = {
    ExecutedVersion: executedVersion,
    Payload: payload,
    SdkHttpMetadata: { HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: 200,
  };
  return { ok: true, output };
}

/** "Unhandled errors in Lambda, as running out of memory and function timeouts, are Lambda.Unknown" without a type. */
function functionFailed(text: string): Invoked {
  const body = parse(text) as { errorType?: unknown } | undefined | null;
  return {
    ok: false,
    error: typeof body?.errorType === 'string' ? body.errorType : 'Lambda.Unknown',
    cause: text,
  };
}

function serviceFailed(status: number, headers: Answer['headers'], text: string): Invoked {
  const body = (parse(text) ?? {}) as { __type?: string; message?: string; Message?: string };
  const named = String(headers['x-amzn-errortype'] ?? body.__type ?? '')
    .split(/[:#]/)
    .find((part) => /Exception$/.test(part));
  const type = named ?? (status === 429 ? 'TooManyRequestsException' : 'ServiceException');
  const message = body.message ?? body.Message ?? text;
  return {
    ok: false,
    error: `Lambda.${type}`,
    cause: `${message} (Service: Lambda, Status Code: ${status})`,
  };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function bareName(functionName: string): string {
  return /^arn:[^:]*:lambda:[^:]*:\d*:function:([^:]+)/.exec(functionName)?.[1] ?? functionName;
}

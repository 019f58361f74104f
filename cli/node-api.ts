// How does the command line talk to a node's api door? One request, its answer or the node's own refusal. Origin, API
// key and participant come from options or from APODERA_* variables, so that no secret stands in the arguments.

import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transient } from '../core/errors.ts';
import type { Call, Option } from './command.ts';
import { UsageError } from './exit-codes.ts';

export const apiOptions: Record<string, Option> = {
  api: {
    type: 'string',
    value: '<origin>',
    help: "the node's API, e.g. https://api.example; needed, unless APODERA_API says it",
  },
  participant: {
    type: 'string',
    value: '<fin_id>',
    help: 'your fin_id in the network; needed, unless APODERA_PARTICIPANT says it',
  },
  'api-key-file': {
    type: 'string',
    value: '<file>',
    help: 'holds the API key; needed, unless APODERA_API_KEY does',
  },
  network: {
    type: 'string',
    value: '<fin_id>',
    help: 'fin_id of the node you write to; APODERA_NETWORK or SHINKANSEN by default',
  },
  'ca-file': {
    type: 'string',
    value: '<file>',
    help: 'PEM of the CA of the API, where it is not a public one',
  },
};

/** The node said no: exit code 3, with its own code and sentence. */
export class NodeRefusal extends Error {
  readonly code: string;
  readonly problem: object;

  constructor(code: string, message: string, problem: object) {
    super(message);
    this.name = 'NodeRefusal';
    this.code = code;
    this.problem = problem;
  }
}

export interface NodeApi {
  readonly participant: string;
  readonly network: string;
  get(path: string): Promise<Record<string, unknown>>;
  /** `signature`: the detached JWS over exactly these bytes. */
  post(path: string, body: Uint8Array, signature?: string): Promise<Record<string, unknown>>;
}

export function nodeApi(call: Call): NodeApi {
  const { env } = call.terminal;
  const origin = call.text('api') ?? env.APODERA_API;
  if (!origin) throw new UsageError('name the API: "--api" or the variable APODERA_API');
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin))
    throw new UsageError(`the API: expected an address such as https://api.example, found "${origin}"`);
  const participant = call.text('participant') ?? env.APODERA_PARTICIPANT;
  if (!participant)
    throw new UsageError('name yourself: "--participant" or the variable APODERA_PARTICIPANT');
  const keyFile = call.text('api-key-file');
  const apiKey = keyFile ? readFileSync(keyFile, 'utf8').trim() : env.APODERA_API_KEY;
  if (!apiKey)
    throw new UsageError('the API key is missing: "--api-key-file" or the variable APODERA_API_KEY');
  const caFile = call.text('ca-file') ?? env.APODERA_CA_FILE;
  const ca = caFile ? readFileSync(caFile) : undefined;
  const headers = { 'Shinkansen-Api-Key': apiKey };
  return {
    participant,
    network: call.text('network') ?? env.APODERA_NETWORK ?? 'SHINKANSEN',
    get: (path) => slowly(call, origin, exchange({ origin, path, method: 'GET', headers, ca })),
    post: (path, body, signature) =>
      slowly(
        call,
        origin,
        exchange({
          origin,
          path,
          method: 'POST',
          headers: {
            ...headers,
            'Content-Type': 'application/json',
            ...(signature && { 'Shinkansen-JWS-Signature': signature }),
          },
          body,
          ca,
        }),
      ),
  };
}

const slowMs = 1_500;

/** A node's first answer may take seconds, while its functions start: a person who waits is told so. */
async function slowly<T>({ terminal }: Call, origin: string, answer: Promise<T>): Promise<T> {
  const tell = () => {
    if (terminal.errIsTty)
      terminal.err(`Waiting for ${origin}; the first answer may take some seconds ...\n`);
  };
  const timer = setTimeout(tell, slowMs);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

interface Exchange {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array;
  readonly ca: Buffer | undefined;
}

/** Longer than the node takes for any answer: its functions at the doors end before. */
export const longestWaitMs = 35_000;

async function exchange({
  origin,
  path,
  method,
  headers,
  body,
  ca,
}: Exchange): Promise<Record<string, unknown>> {
  const url = new URL(path, origin);
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const length = body ? { 'Content-Length': String(body.length) } : {};
    const request = send(
      url,
      { method, headers: { ...headers, ...length }, timeout: longestWaitMs, ...(ca && { ca }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(body);
  }).catch((error: NodeJS.ErrnoException) => {
    const untrusted = /ISSUER|SELF_SIGNED/.test(error.code ?? '');
    const hint = untrusted ? '; "--ca-file" names a CA that is not a public one' : '';
    throw new Transient('TransientApi', `${url.host} did not answer: ${error.message}${hint}`, {
      cause: error,
    });
  });
  return readAnswer(url, status, text);
}

function readAnswer(url: URL, status: number, text: string): Record<string, unknown> {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    if (status === 404)
      throw new UsageError(
        `${url.origin} is no API of a node; name the address of its API, not of its pages`,
      );
    throw new Transient('TransientApi', `${url.host} answered ${status} with something that is not JSON`);
  }
  if (status >= 200 && status < 300) return body;
  if (status === 429 || status >= 500)
    throw new Transient('TransientApi', `${url.host} is busy (${status}): ${String(body.detail ?? '')}`);
  throw new NodeRefusal(String(body.code ?? status), String(body.detail ?? body.title ?? status), body);
}

// Which URL answers what at the test PSC? `/<country>/{root,intermediate}.{crl,cer}`, `/<country>/ocsp`, and an
// admin endpoint that issues, revokes and switches faults on and off. Plain http: lists and answers are signed.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { adminAnswer } from './admin.ts';
import type { Fault, FaultName, PscService } from './faults.ts';
import type { Country } from './layouts.ts';
import { answerOcsp } from './ocsp.ts';
import type { TestPsc } from './test-psc.ts';

export interface RouteContext {
  readonly clock: () => Date;
  readonly requests: Map<string, number>;
  readonly ocspLifetimeMs: number;
}

const requestLimit = 64 * 1024;

export function requestListener(psc: TestPsc, context: RouteContext): RequestListener {
  return (request, response) => {
    answer(psc, context, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' });
      response.end(error instanceof Error ? error.message : String(error));
    });
  };
}

async function answer(
  psc: TestPsc,
  context: RouteContext,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const path = new URL(request.url ?? '/', psc.url).pathname;
  if (path === '/admin' || path.startsWith('/admin/')) {
    const body = await adminAnswer(psc, request.method ?? 'GET', path, await bodyOf(request));
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { error: 'not found' }, undefined, 2));
    return;
  }
  // Every GET of OCSP has a path of its own: counted as one.
  const key = `${request.method} ${path.replace(/(\/ocsp)\/.*/, '$1')}`;
  context.requests.set(key, (context.requests.get(key) ?? 0) + 1);
  const [, countryText = '', name = '', ...rest] = path.split('/');
  const country = psc.authorities.find((each) => each.country.toLowerCase() === countryText)?.country;
  if (!country) return notFound(response);
  if (name === 'ocsp') return ocsp(psc, context, country, rest.join('/'), request, response);
  const file = /^(root|intermediate)\.(crl|cer)$/.exec(name);
  if (!file || rest.length > 0) return notFound(response);
  const issuer = file[1] as 'root' | 'intermediate';
  if (file[2] === 'cer') {
    return send(response, 'application/pkix-cert', psc.authority(country)[issuer].der);
  }
  return crl(psc, country, issuer, request, response);
}

function crl(
  psc: TestPsc,
  country: Country,
  issuer: 'root' | 'intermediate',
  request: IncomingMessage,
  response: ServerResponse,
) {
  return withFaults(psc, country, 'crl', response, (struck) => {
    if (struck.has('tryLater')) {
      response.writeHead(503, { 'retry-after': '120' }).end();
      return undefined;
    }
    const list = psc.crl(country, issuer, new Set(struck.keys()));
    const since = Date.parse(request.headers['if-modified-since'] ?? '');
    const unchanged =
      request.headers['if-none-match'] === list.etag ||
      (request.headers['if-none-match'] === undefined && since >= list.thisUpdate.getTime());
    response.setHeader('etag', list.etag);
    response.setHeader('last-modified', list.thisUpdate.toUTCString());
    if (unchanged) {
      response.writeHead(304).end();
      return undefined;
    }
    return { type: 'application/pkix-crl', body: list.der };
  });
}

async function ocsp(
  psc: TestPsc,
  context: RouteContext,
  country: Country,
  encoded: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const body =
    request.method === 'POST' ? await bodyOf(request) : Buffer.from(decodeURIComponent(encoded), 'base64');
  return withFaults(psc, country, 'ocsp', response, (struck) => {
    const refused = request.method === 'POST' ? struck.has('postUnsupported') : struck.has('getUnsupported');
    if (refused || (request.method !== 'POST' && request.method !== 'GET')) {
      response.writeHead(405, { allow: request.method === 'POST' ? 'GET' : 'POST' }).end();
      return undefined;
    }
    const answered = answerOcsp(body, {
      authority: psc.authority(country),
      now: context.clock(),
      lifetimeMs: context.ocspLifetimeMs,
      faults: new Set(struck.keys()),
      find: (serialNumber) => {
        const entry = psc.register.find(serialNumber);
        return entry?.country === country && entry.issuer === 'intermediate' ? entry : undefined;
      },
    });
    return { type: 'application/ocsp-response', body: answered };
  });
}

interface Answer {
  readonly type: string;
  readonly body: Uint8Array;
}

/** Faults of the transport strike here, whatever would have been answered. */
function withFaults(
  psc: TestPsc,
  country: Country,
  service: PscService,
  response: ServerResponse,
  make: (struck: ReadonlyMap<FaultName, Fault>) => Answer | undefined,
): void {
  const struck = psc.faults.strike(country, service);
  if (struck.has('down')) {
    response.destroy();
    return;
  }
  if (struck.has('status500')) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
    return;
  }
  if (struck.has('html')) {
    send(response, 'text/html', Buffer.from('<!doctype html><title>Portal</title><p>Bienvenido</p>'));
    return;
  }
  const give = () => {
    const made = make(struck);
    if (!made) return;
    if (struck.has('stalled')) {
      response.writeHead(200, { 'content-type': made.type, 'content-length': made.body.length });
      response.write(made.body.subarray(0, Math.floor(made.body.length / 2)));
    } else send(response, made.type, made.body);
  };
  const slow = struck.get('slow');
  if (!slow) {
    give();
    return;
  }
  const timer = setTimeout(give, slow.delayMs ?? 10_000);
  response.once('close', () => clearTimeout(timer));
}

function send(response: ServerResponse, type: string, body: Uint8Array): void {
  response.writeHead(200, { 'content-type': type, 'content-length': body.length });
  response.end(body);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > requestLimit) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

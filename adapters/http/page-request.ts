// What did a browser send to the pages door, and how is it answered? Forms, cookies and the headers that keep a page
// safe: no script but the two of this door, no frame, no referrer, nothing cached. What a page says is pages/'s.

import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly body: string;
  /** Address of the caller as API Gateway saw it: for counting failures. */
  readonly source: string;
  readonly acceptLanguage: string | undefined;
  /** What this browser was switched to, in the header of any page. */
  readonly language: string | undefined;
  readonly interactionId: string;
  header(name: string): string | undefined;
  cookie(name: string): string | undefined;
}

export interface PageAnswer {
  readonly status: number;
  readonly body?: string;
  readonly contentType?: string;
  readonly location?: string;
  readonly cookies?: readonly string[];
  /** For ever: only what carries its own hash in its name. */
  readonly immutable?: boolean;
  /** Where a form may lead after its redirect, besides this door: the command line's own port. */
  readonly formTarget?: string;
  /** The page asks a passkey or refreshes itself: a script, a file of this door, may run and ask this door. */
  readonly script?: boolean;
}

export interface PagesDoor {
  /** `https://pages.example.com`; http only on a laptop. */
  readonly origin: string;
  /** Cookies ignore ports: on a laptop two nodes share a host, so names carry the node. */
  readonly nodeFinId: string;
}

/** A taste of this browser, no secret: all nodes of a laptop share it. */
const languageCookie = 'apodera-language';

/**
 * Back to the page that was open, in that language; to the console where the browser does not say which.
 * Only a path of this door: a referrer of another site leads nowhere.
 */
export function switchedTo(language: string, request: PageRequest, door: PagesDoor): PageAnswer {
  const from = URL.parse(request.header('referer') ?? '');
  // `//host/` is a path too, and as a Location another host.
  const ours = from?.origin === door.origin && !from.pathname.startsWith('//');
  const location = ours ? from.pathname + from.search : '/console';
  const secure = door.origin.startsWith('https:') ? '; Secure' : '';
  const cookie = `${languageCookie}=${language}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax${secure}`;
  return { status: 303, location, cookies: [cookie] };
}

// An anchor manifest with every production root is some 200 KB in base64.
const maxBody = 1_048_576;

export function readPageRequest(event: APIGatewayProxyEvent): PageRequest {
  const headers = new Map(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const header = (name: string) => headers.get(name.toLowerCase()) ?? undefined;
  const raw = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const body = raw.length > maxBody ? '' : raw.toString('utf8');
  const isForm = header('content-type')?.startsWith('application/x-www-form-urlencoded');
  return {
    method: event.httpMethod,
    path: event.path,
    pathParameters: event.pathParameters ?? {},
    query: new URLSearchParams(entriesOf(event.queryStringParameters)),
    form: new URLSearchParams(isForm ? body : ''),
    body,
    source: event.requestContext?.identity?.sourceIp ?? 'unknown',
    acceptLanguage: header('accept-language'),
    language: cookieOf(header('cookie'), languageCookie),
    interactionId: event.requestContext?.requestId ?? randomUUID(),
    header,
    cookie: (name) => cookieOf(header('cookie'), name),
  };
}

function entriesOf(record: Record<string, string | undefined> | null): [string, string][] {
  return Object.entries(record ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  for (const part of (cookies ?? '').split(';')) {
    const [found, ...value] = part.trim().split('=');
    if (found === name) return value.join('=');
  }
  return undefined;
}

export function pageAnswer(answer: PageAnswer, door: PagesDoor, method = 'GET'): APIGatewayProxyResult {
  const csp = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    ...(answer.script ? ["script-src 'self'", "connect-src 'self'"] : []),
    `form-action 'self'${answer.formTarget ? ` ${answer.formTarget}` : ''}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return {
    statusCode: answer.status,
    headers: {
      'Content-Type': answer.contentType ?? 'text/html; charset=utf-8',
      'Content-Security-Policy': csp,
      'Cache-Control': answer.immutable ? 'public, max-age=31536000, immutable' : 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // Not no-referrer: browsers then send `Origin: null` with our own forms. No other site learns a link's id.
      'Referrer-Policy': 'same-origin',
      'X-Frame-Options': 'DENY',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy':
        'camera=(), microphone=(), geolocation=(), payment=(), publickey-credentials-get=(self)',
      'X-Robots-Tag': 'noindex',
      ...(door.origin.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=63072000' }),
      ...(answer.location !== undefined && { Location: answer.location }),
    },
    ...(answer.cookies && { multiValueHeaders: { 'Set-Cookie': [...answer.cookies] } }),
    body: method === 'HEAD' ? '' : (answer.body ?? ''),
    isBase64Encoded: false,
  };
}

export function cookieName(door: PagesDoor, what: 'form' | 'session'): string {
  const prefix = door.origin.startsWith('https:') ? '__Host-' : '';
  return `${prefix}apodera-${what}-${door.nodeFinId.replace(/[^A-Za-z0-9]/g, '')}`;
}

/** @param maxAgeSeconds 0 ends the cookie; absent: until the browser closes */
export function cookieText(
  door: PagesDoor,
  what: 'form' | 'session',
  value: string,
  maxAgeSeconds?: number,
): string {
  const secure = door.origin.startsWith('https:') ? '; Secure' : '';
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
  return `${cookieName(door, what)}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}${age}`;
}

/**
 * Double submit: the form repeats what the cookie holds, which no other site can read or set here. A token that the
 * browser already has is kept, so that two open pages both work.
 */
export function formToken(
  request: PageRequest,
  door: PagesDoor,
): { token: string; cookies: readonly string[] } {
  const known = request.cookie(cookieName(door, 'form'));
  if (known && /^[A-Za-z0-9_-]{27}$/.test(known)) return { token: known, cookies: [] };
  const token = randomBytes(20).toString('base64url');
  return { token, cookies: [cookieText(door, 'form', token)] };
}

/** Did this POST come from a form of ours? The browser's own word where it gives one, and the double submit always. */
export function isOwnForm(request: PageRequest, door: PagesDoor): boolean {
  const origin = request.header('origin');
  if (origin !== undefined && origin !== door.origin) return false;
  const site = request.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const [cookie, field] = [request.cookie(cookieName(door, 'form')), request.form.get('form_token')];
  if (!cookie || !field) return false;
  const [held, sent] = [Buffer.from(cookie), Buffer.from(field)];
  return held.length === sent.length && timingSafeEqual(held, sent);
}

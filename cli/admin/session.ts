// How does the command line sign in? By the browser of the same machine, answered on a loopback port, with a verifier
// that never leaves this process (RFC 8252, RFC 7636). The session lies in a file of its owner and signs nothing.

import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Transient } from '../../core/errors.ts';
import { UsageError } from '../exit-codes.ts';
import { longestWaitMs } from '../node-api.ts';
import type { Terminal } from '../terminal.ts';

export interface StoredSession {
  /** The node's pages door, `https://pages.example.com`. */
  readonly origin: string;
  readonly session: string;
  readonly expiresAt: string;
}

function sessionFile(terminal: Terminal): string {
  const folder =
    terminal.env.APODERA_CONFIG ??
    join(terminal.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'apodera');
  return join(folder, 'session.json');
}

export function writeSession(terminal: Terminal, session: StoredSession): void {
  const file = sessionFile(terminal);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(session), { mode: 0o600 });
  // A file that was there keeps its mode otherwise.
  chmodSync(file, 0o600);
}

/** @throws UsageError without a session that still counts */
export function readSession(terminal: Terminal): StoredSession {
  let session: StoredSession;
  try {
    session = JSON.parse(readFileSync(sessionFile(terminal), 'utf8')) as StoredSession;
  } catch {
    throw new UsageError(
      'not signed in; run "apodera admin sign-in --node <address of the node’s pages>" first',
    );
  }
  return session;
}

export function forgetSession(terminal: Terminal): void {
  rmSync(sessionFile(terminal), { force: true });
}

interface Answer {
  readonly code: string;
  readonly redirectUri: string;
}

/**
 * Prints the address to open, waits for the browser's answer on this machine, and redeems its code.
 * @param waitMs how long somebody may take to sign in
 */
export async function signIn(
  terminal: Terminal,
  origin: string,
  waitMs = 10 * 60_000,
): Promise<StoredSession> {
  await requireDoor(origin);
  const verifier = randomBytes(32).toString('base64url');
  const { code, redirectUri } = await codeFromBrowser(terminal, origin, verifier, waitMs);
  const form = new URLSearchParams({ code, code_verifier: verifier, redirect_uri: redirectUri });
  const signal = AbortSignal.timeout(longestWaitMs);
  const reply = await fetch(`${origin}/sign-in/token`, { method: 'POST', body: form, signal });
  const body = (await reply.json()) as { session?: string; expires_in?: number; detail?: string };
  if (!reply.ok || !body.session)
    throw new UsageError(`the node did not sign in: ${body.detail ?? reply.status}`);
  const expiresAt = new Date(terminal.now().getTime() + (body.expires_in ?? 0) * 1000).toISOString();
  return { origin, session: body.session, expiresAt };
}

/** Else somebody would wait for a page that is elsewhere. @throws UsageError */
async function requireDoor(origin: string): Promise<void> {
  const signal = AbortSignal.timeout(longestWaitMs);
  const door = await fetch(`${origin}/sign-in`, { redirect: 'manual', signal }).catch(() => undefined);
  const isPage = door?.ok && door.headers.get('content-type')?.startsWith('text/html');
  if (!isPage)
    throw new UsageError(
      `nobody signs in at ${origin}; name the address of the node’s pages, not of its API`,
    );
}

async function codeFromBrowser(
  terminal: Terminal,
  origin: string,
  verifier: string,
  waitMs: number,
): Promise<Answer> {
  const state = randomBytes(20).toString('base64url');
  const heard = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const code = url.searchParams.get('code');
    const ours = url.pathname === '/signed-in' && url.searchParams.get('state') === state;
    if (!code || !ours) return leave(response, 404);
    response.on('finish', () => heard.resolve(code));
    return leave(response, 200);
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-in`;
  const late = new Transient('TransientNobodySignedIn', 'nobody signed in within the time');
  const timer = setTimeout(() => heard.reject(late), waitMs);
  try {
    const query = new URLSearchParams({
      client: 'cli',
      redirect_uri: redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
    });
    terminal.err(`Open this address in the browser of this machine:\n\n  ${origin}/sign-in?${query}\n\n`);
    return { code: await heard.promise, redirectUri };
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  }
}

function leave(response: ServerResponse, status: number): void {
  const text = status === 200 ? 'apodera: signed in. You can close this tab.' : 'apodera: not this.';
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end(text);
}

// How does another process see and move the virtual clock? GET /now, POST /advance {"seconds"} or {"to"}; plain JSON,
// RFC 3339 times, 127.0.0.1 only. It does not let other processes sleep on it: timers live in this process.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { VirtualClock } from './clock.ts';
import { closeServer, listen } from './loopback.ts';

export interface ClockEndpoint {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startClockEndpoint(options: {
  readonly port: number;
  readonly clock: VirtualClock;
  /** Begins what has to happen at the end of an advance, before it is answered. */
  readonly arrived?: () => void;
}): Promise<ClockEndpoint> {
  const server = createServer((request, response) => {
    answer(options, request).then(
      (now) => reply(response, 200, { now: now.toISOString() }),
      (error: Error) => reply(response, error instanceof RangeError ? 400 : 500, { message: error.message }),
    );
  });
  server.keepAliveTimeout = 65_000;
  return { url: await listen(server, options.port), stop: () => closeServer(server) };
}

/** The clock of another process: `now` and `advance` over HTTP. */
export function clockClient(url: string): {
  now(): Promise<Date>;
  advance(by: { readonly seconds: number } | { readonly to: Date }): Promise<Date>;
} {
  const ask = async (path: string, init?: RequestInit): Promise<Date> => {
    const response = await fetch(`${url}${path}`, init);
    const body = (await response.json()) as { now: string; message?: string };
    if (!response.ok) throw new Error(`clock ${path}: ${body.message}`);
    return new Date(body.now);
  };
  return {
    now: () => ask('/now'),
    advance: (by) => ask('/advance', { method: 'POST', body: JSON.stringify(by) }),
  };
}

interface Moving {
  readonly clock: VirtualClock;
  readonly arrived?: () => void;
}

async function answer({ clock, arrived }: Moving, request: IncomingMessage): Promise<Date> {
  if (request.method === 'GET' && request.url === '/now') return clock.now();
  if (request.method !== 'POST' || request.url !== '/advance')
    throw new RangeError('GET /now or POST /advance');
  let text = '';
  for await (const chunk of request) text += chunk;
  await clock.advance(readAdvance(text));
  arrived?.();
  await clock.settled();
  return clock.now();
}

function readAdvance(text: string): { seconds: number } | { to: Date } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RangeError('the body must be JSON');
  }
  const { seconds, to } = Object(body) as { seconds?: unknown; to?: unknown };
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return { seconds };
  const at = typeof to === 'string' ? new Date(to) : undefined;
  if (at && !Number.isNaN(at.getTime())) return { to: at };
  throw new RangeError('expected {"seconds": number} or {"to": RFC 3339 time}');
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

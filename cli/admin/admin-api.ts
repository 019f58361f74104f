// How does a command speak to the node's administration? JSON over the pages door with the session as bearer; what the
// node refuses comes back under its own code.

import { Transient } from '../../core/errors.ts';
import { UsageError } from '../exit-codes.ts';
import { longestWaitMs, NodeRefusal } from '../node-api.ts';
import type { Terminal } from '../terminal.ts';
import { readSession } from './session.ts';

export interface ActJson {
  readonly act_id: string;
  readonly kind: string;
  readonly parameters: unknown;
  readonly reason: string;
  readonly hash: string;
  readonly state: string;
  readonly operators_needed: number;
  readonly signed_by: readonly { readonly person_id: string; readonly vote: string; readonly at: string }[];
  readonly proposed_by: string;
  readonly proposed_at: string;
  readonly expires_at: string;
}

export interface Once {
  readonly what: 'invitationCode' | 'apiKey';
  readonly of: string;
  readonly id: string;
  readonly secret: string;
}

export interface AdminApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

export function adminApi(terminal: Terminal): AdminApi {
  const { origin, session } = readSession(terminal);
  async function call<T>(path: string, init: RequestInit): Promise<T> {
    const headers = { authorization: `Bearer ${session}`, 'content-type': 'application/json' };
    let reply: Response;
    try {
      const signal = AbortSignal.timeout(longestWaitMs);
      reply = await fetch(`${origin}/admin/api/${path}`, { ...init, headers, signal, redirect: 'error' });
    } catch (error) {
      throw new Transient('TransientNodeUnreachable', `the node at ${origin} does not answer`, {
        cause: error,
      });
    }
    const body: unknown = await reply.json().catch(() => ({}));
    if (reply.ok) return body as T;
    throw refused(origin, reply.status, body as { code?: string; detail?: string });
  }
  return {
    get: (path) => call(path, {}),
    post: (path, body) => call(path, { method: 'POST', body: JSON.stringify(body) }),
  };
}

function refused(origin: string, status: number, body: { code?: string; detail?: string }): Error {
  const { code, detail } = body;
  if (code === 'SESSION_MISSING')
    return new UsageError(
      `not signed in at ${origin}, or no longer; run "apodera admin sign-in --node ${origin}"`,
    );
  if (code !== undefined) return new NodeRefusal(code, detail ?? code, body);
  return new Transient('TransientNodeAnswered', `the node answered ${status}`);
}

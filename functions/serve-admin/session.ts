// Who is signed in? A cookie in the browser, a bearer token from the command line; either reads and proposes, neither
// signs (S15). A change by cookie needs our own form's token; a bearer token is sent by nobody else.

import { cookieName, type PageRequest, type PagesDoor } from '../../adapters/http/page-request.ts';
import type { Person } from '../../core/people/person.ts';
import type { People, Session, Sessions } from '../../core/people/ports.ts';
import {
  type OpenSession,
  type ReadingSession,
  requireReader,
  requireSession,
} from '../../core/people/session.ts';
import type { Clock } from '../../core/ports.ts';
import { refreshHeader } from '../../pages/refresh-script.ts';

export interface SessionPorts {
  readonly clock: Clock;
  readonly door: PagesDoor;
  readonly sessions: Pick<Sessions, 'find' | 'touch' | 'end'>;
  readonly people: Pick<People, 'person'>;
}

export type SignedInSession = OpenSession & { readonly by: 'cookie' | 'bearer'; readonly secret: string };

const touchEveryMs = 60_000;

/** @throws Refusal SESSION_MISSING, PERSON_* */
export async function sessionOf(ports: SessionPorts, request: PageRequest): Promise<SignedInSession> {
  const bearer = /^Bearer ([A-Za-z0-9_-]{22,64})$/.exec(request.header('authorization') ?? '')?.[1];
  const secret = bearer ?? request.cookie(cookieName(ports.door, 'session')) ?? '';
  const session = await opened(ports, secret, requireSession);
  return { ...session, by: bearer ? 'bearer' : 'cookie', secret } as SignedInSession;
}

/**
 * For pages that only show: every office, by the browser's cookie alone. A page that asked again by itself is nobody's
 * presence: the session ends as if it had not.
 * @throws Refusal SESSION_MISSING, PERSON_*
 */
export function readerOf(ports: SessionPorts, request: PageRequest): Promise<ReadingSession> {
  const somebodyIsThere = request.header(refreshHeader) === undefined;
  const secret = request.cookie(cookieName(ports.door, 'session')) ?? '';
  return opened(ports, secret, requireReader, somebodyIsThere);
}

async function opened<T extends Session>(
  ports: SessionPorts,
  secret: string,
  admit: (session: Session | undefined, person: Person | undefined, now: Date) => T,
  somebodyIsThere = true,
): Promise<T> {
  const now = ports.clock.now();
  const found = secret ? await ports.sessions.find(secret) : undefined;
  const person = found && (await ports.people.person(found.personId));
  const session = admit(found, person, now);
  if (somebodyIsThere && now.getTime() - session.lastSeenAt.getTime() >= touchEveryMs)
    await ports.sessions.touch(secret, now);
  return session;
}

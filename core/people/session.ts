// May this session still read and propose, and may the command line have one? Short, ended by idleness, bound to a
// person who is still in office; it never signs anything (S15).

import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';
import type { ActivePerson, Office, Person } from './person.ts';
import { requireActive } from './person.ts';
import type { Session, SignInCode } from './ports.ts';
import { type Sight, sightOf } from './sight.ts';

/** Who may sign in to the administration; officers and apoderados act through their own links, and only look here. */
const offices: readonly Office[] = ['nodeOperator', 'auditor'];

export function mayAdminister(person: Pick<Person, 'office' | 'state'>): boolean {
  return offices.includes(person.office) && person.state === 'active';
}

export function newSession(personId: string, now: Date): Session {
  const expiresAt = new Date(now.getTime() + peoplePolicy.sessionLifeMs);
  return { personId, createdAt: now, lastSeenAt: now, expiresAt };
}

declare const open: unique symbol;
export type OpenSession = Session & { readonly person: Person; readonly [open]: true };

/** @throws Refusal SESSION_MISSING, PERSON_* */
export function requireSession(
  session: Session | undefined,
  person: Person | undefined,
  now: Date,
): OpenSession {
  const known = inTime(session, person, now);
  if (!offices.includes(known.person.office)) throw new Refusal('PERSON_WRONG_OFFICE');
  requireActive(known.person, now);
  return known as OpenSession;
}

/** May look, may change nothing. */
export type ReadingSession = Session & { readonly person: ActivePerson; readonly sight: Sight };

/** @throws Refusal SESSION_MISSING, PERSON_* */
export function requireReader(
  session: Session | undefined,
  person: Person | undefined,
  now: Date,
): ReadingSession {
  const known = inTime(session, person, now);
  const active = requireActive(known.person, now);
  const sight = sightOf(active);
  if (!sight) throw new Refusal('PERSON_WRONG_OFFICE');
  return { ...known, person: active, sight };
}

function inTime(session: Session | undefined, person: Person | undefined, now: Date) {
  if (!session || !person || now >= session.expiresAt) throw new Refusal('SESSION_MISSING');
  // Begun with what this person had before: whoever holds it may be why they changed it.
  if (session.createdAt < passkeysChangedAt(person)) throw new Refusal('SESSION_MISSING');
  if (now.getTime() - session.lastSeenAt.getTime() >= peoplePolicy.sessionIdleMs)
    throw new Refusal('SESSION_MISSING');
  return { ...session, person };
}

function passkeysChangedAt({ passkeys = [] }: Person): Date {
  const times = passkeys.flatMap(({ addedAt, endedAt }) => [addedAt.getTime(), endedAt?.getTime() ?? 0]);
  return new Date(Math.max(0, ...times));
}

/**
 * RFC 8252 §7.3: the command line is answered on a loopback address of this machine, any port.
 * @throws Refusal SIGN_IN_REDIRECT_REFUSED
 */
export function admitLoopback(redirectUri: string): string {
  const fits = /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}\/[A-Za-z0-9/_-]*$/.test(redirectUri);
  // A port beyond 65535 is none, and no origin can be made of it.
  if (!fits || !URL.canParse(redirectUri)) throw new Refusal('SIGN_IN_REDIRECT_REFUSED');
  return redirectUri;
}

/** RFC 7636 §4.6, method S256 only. @throws Refusal SIGN_IN_VERIFIER_WRONG */
export function admitVerifier(
  signIn: SignInCode | undefined,
  verifier: string,
  redirectUri: string,
  now: Date,
): SignInCode {
  const found = createHash('sha256').update(verifier).digest();
  const expected = Buffer.from(signIn?.codeChallenge ?? '', 'base64url');
  const fits = expected.length === found.length && timingSafeEqual(expected, found);
  if (!signIn || !fits || signIn.redirectUri !== redirectUri || now >= signIn.expiresAt)
    throw new Refusal('SIGN_IN_VERIFIER_WRONG');
  return signIn;
}

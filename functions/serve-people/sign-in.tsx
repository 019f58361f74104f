// Signing in to the administration: a passkey, or address, password and authenticator. The browser gets a cookie; the
// command line, on this machine only, a code that nobody else can redeem (RFC 8252, RFC 7636). There is no device code
// (S15).

import { createHash } from 'node:crypto';
import {
  cookieName,
  cookieText,
  formToken,
  isOwnForm,
  type PageAnswer,
  type PageRequest,
  type PagesDoor,
} from '../../adapters/http/page-request.ts';
import { asksQuestion, assertionIn, question, userIn } from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import type { People, Sessions, SignInCodes } from '../../core/people/ports.ts';
import type { Proof } from '../../core/people/proof.ts';
import type { PasskeyCeremonies, SecondFactor } from '../../core/people/second-factor.ts';
import { admitLoopback, admitVerifier, mayAdminister, newSession } from '../../core/people/session.ts';
import { peoplePolicy } from '../../core/policy.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import { deadEnd, minutesIn } from '../../pages/dead-end.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { SignInPage } from '../../pages/sign-in.tsx';
import { fill, type ProblemText, textsIn } from '../../pages/texts/texts.ts';

const part = 'administration';

export interface SignInPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly door: PagesDoor;
  readonly people: Pick<People, 'byAddress' | 'person'>;
  readonly sessions: Sessions;
  readonly signInCodes: SignInCodes;
  readonly secondFactor: SecondFactor;
  readonly passkeys: PasskeyCeremonies;
  /** Whether password and app are offered to those without a passkey. */
  readonly passwordFallback: 'allowed' | 'off';
  /** 160 random bits, base64url. */
  readonly nonce: () => string;
}

interface CliRequest {
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly state: string;
}

/** @throws Refusal SIGN_IN_REDIRECT_REFUSED */
function cliRequestOf(request: PageRequest): CliRequest | undefined {
  const { query } = request;
  if (query.get('client') !== 'cli') return undefined;
  const redirectUri = admitLoopback(query.get('redirect_uri') ?? '');
  const [codeChallenge, state] = [query.get('code_challenge') ?? '', query.get('state') ?? ''];
  const wellFormed = /^[A-Za-z0-9_-]{43}$/.test(codeChallenge) && /^[A-Za-z0-9_-]{16,128}$/.test(state);
  if (!wellFormed || query.get('code_challenge_method') !== 'S256')
    throw new Refusal('SIGN_IN_REDIRECT_REFUSED');
  return { redirectUri, codeChallenge, state };
}

export async function signIn(ports: SignInPorts, request: PageRequest, frame: Frame): Promise<PageAnswer> {
  const cli = cliRequestOf(request);
  if (request.method !== 'POST') return show(ports, request, frame, cli, []);
  if (!isOwnForm(request, ports.door)) return deadEnd(frame, 'formOld', 403, { part, retry: '/sign-in' });
  const byPasskey = request.form.get('step') === 'passkey';
  try {
    if (byPasskey && !assertionIn(request)) return await ask(ports, request, frame, cli);
    const { proof, administers } = byPasskey
      ? await provedByPasskey(ports, request, cli !== undefined)
      : await proved(ports, request, request.form.get('email') ?? '', cli !== undefined);
    return cli
      ? await forCli(ports, proof, cli)
      : await forBrowser(ports, request, proof, administers ? '/acts' : '/console');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === 'TRIES_EXHAUSTED')
      return deadEnd(frame, 'tries', 429, {
        part,
        retry: '/sign-in',
        code: error.code,
        minutes: minutesIn(error),
      });
    return show(ports, request, frame, cli, [problemOf(error, frame, byPasskey)]);
  }
}

/** Said only to who has proved that it is them. */
const withoutOffice = ['PERSON_NOT_ACTIVE', 'PERSON_POWER_NOT_IN_FORCE'];

function problemOf({ code }: Refusal, frame: Frame, byPasskey: boolean): Problem {
  const { problems } = textsIn(frame.locale);
  const said = (known: readonly string[], otherwise: string) =>
    fill(known.includes(code) ? problems[code as ProblemText] : otherwise, { node: frame.nodeName });
  if (byPasskey) {
    const known = ['PASSKEY_CHALLENGE_USED', 'PASSKEY_NOT_VERIFIED', ...withoutOffice];
    return { field: 'passkey', text: said(known, problems.SIGN_IN_PASSKEY) };
  }
  const known = ['FACTOR_STEP_USED', 'FACTOR_FALLBACK_CLOSED', ...withoutOffice];
  return { field: 'email', text: said(known, problems.SIGN_IN_WRONG) };
}

/** The browser is asked who it is: no address is typed, none can be tried. */
async function ask(
  ports: SignInPorts,
  request: PageRequest,
  frame: Frame,
  cli: CliRequest | undefined,
): Promise<PageAnswer> {
  const text = textsIn(frame.locale).problems.PASSKEY_SCRIPT;
  if (!asksQuestion(request)) return show(ports, request, frame, cli, [{ field: 'passkey', text }]);
  const node = ports.door.nodeFinId;
  const statement = { type: 'apodera/passkey-sign-in/v1' as const, node, nonce: ports.nonce() };
  return question(await ports.passkeys.ask({ statement }));
}

async function provedByPasskey(
  ports: SignInPorts,
  request: PageRequest,
  isCli: boolean,
): Promise<{ proof: Proof; administers: boolean }> {
  const personId = userIn(request);
  const assertion = assertionIn(request)!;
  if (!personId) throw new Refusal('PASSKEY_UNKNOWN');
  const statement = {
    type: 'apodera/passkey-sign-in/v1' as const,
    node: ports.door.nodeFinId,
    nonce: ports.nonce(),
  };
  const attempt = { method: 'passkey' as const, assertion };
  const proof = await ports.secondFactor.prove({ personId, statement, attempt, source: request.source });
  const person = await ports.people.person(personId);
  const administers = person !== undefined && mayAdminister(person);
  if (isCli && !administers) throw new Refusal('PERSON_WRONG_OFFICE');
  return { proof, administers };
}

/** A law firm answers for many; each office is a password to be checked. */
const mostOffices = 20;

/**
 * The command line administers; in the browser whoever holds an office may sign in, to look. An address may hold offices
 * for several participants, each with factors of its own: the code says which is meant.
 */
async function proved(
  ports: SignInPorts,
  { form, source }: PageRequest,
  email: string,
  isCli: boolean,
): Promise<{ proof: Proof; administers: boolean }> {
  const persons = await ports.people.byAddress(email);
  const first = persons.filter(mayAdminister);
  // Who is not released yet proves who they are, and is told so; nothing opens.
  const others = isCli ? [] : persons.filter((each) => !mayAdminister(each));
  const attempt = {
    method: 'password+totp' as const,
    password: form.get('password') ?? '',
    totp: (form.get('totp') ?? '').trim(),
  };
  // An unknown address takes the same way, and its failures are counted under its own name.
  const name = createHash('sha256').update(email).digest('hex').slice(0, 24);
  const [candidate = candidateOf(ports, `unknown-${name}`), ...or] = [...first, ...others]
    .slice(0, mostOffices)
    .map(({ personId }) => candidateOf(ports, personId));
  const proof = await ports.secondFactor.prove({ ...candidate, attempt, source, or });
  return { proof, administers: first.some(({ personId }) => personId === proof.personId) };
}

function candidateOf({ door, nonce }: SignInPorts, personId: string) {
  const type = 'apodera/sign-in/v1' as const;
  return { personId, statement: { type, node: door.nodeFinId, person: personId, nonce: nonce() } };
}

async function forBrowser(
  ports: SignInPorts,
  request: PageRequest,
  proof: Proof,
  home: '/acts' | '/console',
): Promise<PageAnswer> {
  const secret = await startSession(ports, proof.personId, 'browser', proof.method);
  const before = request.cookie(cookieName(ports.door, 'session'));
  if (before) await ports.sessions.end(before);
  const next = request.query.get('next') ?? '';
  // Only a path of ours: `//host` and `\` would lead elsewhere.
  const location = /^\/(acts(\/[A-Za-z0-9]+)?|console(\/[A-Za-z0-9_-]+){0,2}|passkeys|delegation)$/.test(next)
    ? next
    : home;
  return { status: 303, location, cookies: [sessionCookie(ports.door, secret)] };
}

export const sessionCookie = (door: PagesDoor, secret: string) =>
  cookieText(door, 'session', secret, peoplePolicy.sessionLifeMs / 1000);

async function forCli(ports: SignInPorts, proof: Proof, cli: CliRequest): Promise<PageAnswer> {
  const code = ports.nonce();
  const expiresAt = new Date(ports.clock.now().getTime() + peoplePolicy.signInCodeLifeMs);
  const { redirectUri, codeChallenge, state } = cli;
  await ports.signInCodes.put(code, {
    personId: proof.personId,
    method: proof.method,
    codeChallenge,
    redirectUri,
    expiresAt,
  });
  return { status: 303, location: `${redirectUri}?${new URLSearchParams({ code, state })}` };
}

/** POST /sign-in/token: the command line's own call, with the verifier that only it knows. */
export async function redeem(ports: SignInPorts, request: PageRequest): Promise<PageAnswer> {
  const { form } = request;
  try {
    const signedIn = await ports.signInCodes.take(form.get('code') ?? '');
    const [verifier, redirectUri] = [form.get('code_verifier') ?? '', form.get('redirect_uri') ?? ''];
    const { personId, method, expiresAt } = admitVerifier(signedIn, verifier, redirectUri, ports.clock.now());
    // As old as the factor that got the code: what that person changed since ends it too.
    const provedAt = new Date(expiresAt.getTime() - peoplePolicy.signInCodeLifeMs);
    const session = await startSession(ports, personId, 'cli', method, provedAt);
    return json(200, { session, person_id: personId, expires_in: peoplePolicy.sessionLifeMs / 1000 });
  } catch (error) {
    if (error instanceof Refusal) return json(400, { code: error.code, detail: error.message });
    throw error;
  }
}

/** A fresh secret each time: none that the browser brought along is ever taken on. */
export async function startSession(
  ports: Pick<SignInPorts, 'clock' | 'ids' | 'sessions' | 'nonce'>,
  personId: string,
  client: 'browser' | 'cli',
  method: Proof['method'],
  provedAt?: Date,
): Promise<string> {
  const [secret, now] = [ports.nonce(), ports.clock.now()];
  const evidence = {
    id: ports.ids.next(),
    scope: 'node',
    kind: 'session.started',
    at: now,
    actor: { kind: 'person' as const, personId, method },
    subjects: { personId },
    facts: { client },
  };
  await ports.sessions.start(secret, newSession(personId, provedAt ?? now), {
    evidence: [evidence],
    outbox: [],
  });
  return secret;
}

export async function signOut(
  ports: SignInPorts,
  request: PageRequest,
  secret: string | undefined,
): Promise<PageAnswer> {
  if (request.method !== 'POST' || !isOwnForm(request, ports.door)) return { status: 303, location: '/acts' };
  if (secret) await ports.sessions.end(secret);
  return { status: 303, location: '/sign-in', cookies: [cookieText(ports.door, 'session', '', 0)] };
}

function show(
  ports: SignInPorts,
  request: PageRequest,
  frame: Frame,
  cli: CliRequest | undefined,
  problems: readonly Problem[],
): PageAnswer {
  const { token, cookies } = formToken(request, ports.door);
  const email = request.form.get('email') ?? undefined;
  const page = (
    <SignInPage
      frame={frame}
      formToken={token}
      problems={problems}
      forCli={cli !== undefined}
      email={email}
      fallback={ports.passwordFallback === 'allowed'}
    />
  );
  return {
    status: problems.length > 0 ? 422 : 200,
    body: documentOf(page),
    cookies,
    script: true,
    // The form's answer is a redirect to the command line's port, which the policy must name.
    ...(cli && { formTarget: new URL(cli.redirectUri).origin }),
  };
}

function json(status: number, body: unknown): PageAnswer {
  return { status, body: JSON.stringify(body), contentType: 'application/json; charset=utf-8' };
}

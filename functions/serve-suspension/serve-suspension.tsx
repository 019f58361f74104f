// The pages of the emergency suspension: the first word at /suspension, the second behind a link. GET, HEAD and OPTIONS
// change nothing. No session, nothing of the participant's, no script but a passkey's; the machines' door may be down or
// flooded.

import {
  formToken,
  isOwnForm,
  type PageAnswer,
  type PageRequest,
  type PagesDoor,
} from '../../adapters/http/page-request.ts';
import { assertionIn } from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import { type Locale, locales } from '../../core/people/person.ts';
import type { Links, People } from '../../core/people/ports.ts';
import type { FactorAttempt } from '../../core/people/second-factor.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import { type Suspension, suspensionCauses } from '../../core/suspension/suspension.ts';
import { deadEnd, refusedEnd } from '../../pages/dead-end.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { AskPage } from '../../pages/suspension/ask.tsx';
import {
  LiftedPage,
  SecondWordPage,
  type StandingFacts,
  StandingPage,
} from '../../pages/suspension/standing.tsx';
import { localeFor, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import { askedPasskey, askedWord, hasPasskey, type PasskeyParts, passkeyProblem } from './passkeys.ts';
import { findSuspension, type SecondWordPorts, type Seen, saySecondWord } from './second-word.ts';
import { type SuspendPorts, suspendByPerson } from './suspend.ts';

export interface ServeSuspensionPorts extends SuspendPorts, SecondWordPorts, PasskeyParts {
  readonly door: PagesDoor;
  readonly nodeName: string;
  readonly timeZone: string;
  readonly people: People;
  readonly links: Links;
  readonly suspensions: Suspensions;
  /** Whether password and app count here for those without a passkey. */
  readonly passwordFallback: 'allowed' | 'off';
}

const part = 'emergency';

export async function serveSuspension(
  ports: ServeSuspensionPorts,
  request: PageRequest,
): Promise<PageAnswer> {
  const asked = request.query.get('lang');
  const locale = locales.find((each) => each === asked) ?? localeFor(request);
  const frame = frameOf(ports, request, locale);
  const linkId = request.pathParameters.proxy;
  try {
    if (request.method === 'OPTIONS') return { status: 204 };
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) return { status: 405 };
    if (linkId !== undefined) return await secondWord(ports, request, frame, linkId);
    if (request.method === 'POST') return await firstWordGiven(ports, request, frame);
    return ask(ports, request, frame, []);
  } catch (error) {
    return refusedEnd(error, frame, { part, retry: request.path });
  }
}

function ask(
  ports: ServeSuspensionPorts,
  request: PageRequest,
  frame: Frame,
  problems: readonly Problem[],
): PageAnswer {
  const { token, cookies } = formToken(request, ports.door);
  const [email, cause] = [request.form.get('email') ?? undefined, request.form.get('cause') ?? undefined];
  const fallback = ports.passwordFallback === 'allowed';
  const about = { frame, formToken: token, problems, email, cause, fallback };
  const page = <AskPage {...about} />;
  return { status: problems.length > 0 ? 422 : 200, body: documentOf(page), cookies, script: true };
}

async function firstWordGiven(
  ports: ServeSuspensionPorts,
  request: PageRequest,
  frame: Frame,
): Promise<PageAnswer> {
  if (!isOwnForm(request, ports.door)) return deadEnd(frame, 'formOld', 403, { part, retry: '/suspension' });
  const { form, source } = request;
  const byPasskey = form.get('step') === 'passkey';
  const problems = byPasskey ? [] : missingIn(request, frame.locale);
  if (problems.length > 0) return ask(ports, request, frame, problems);
  // Nobody is held up by a tap that they forgot.
  const cause = suspensionCauses.find((each) => each === form.get('cause')) ?? 'other';
  try {
    const asked = byPasskey ? await askedPasskey(ports, request, cause) : undefined;
    if (asked && 'status' in asked) return asked;
    const linkId = await suspendByPerson(ports, {
      who: asked ?? { email: form.get('email') ?? '' },
      cause,
      attempt: attemptIn(request),
      source,
    });
    // Post, redirect, get: what stands now, in a link of this person's own.
    return { status: 303, location: `/suspension/${linkId}` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (byPasskey && !error.code.startsWith('TRIES_'))
      return ask(ports, request, frame, [passkeyProblem(error, frame)]);
    const { problems: texts } = textsIn(frame.locale);
    const known = ['FACTOR_STEP_USED', 'PERSON_NOT_ACTIVE'].includes(error.code);
    const text = known ? texts[error.code as ProblemText] : texts.SIGN_IN_WRONG;
    if (error.code.startsWith('FACTOR_') || error.code.startsWith('PERSON_'))
      return ask(ports, request, frame, [{ field: known ? 'totp' : 'email', text }]);
    throw error;
  }
}

function missingIn({ form }: PageRequest, locale: Locale): readonly Problem[] {
  const { problems } = textsIn(locale);
  return [
    ...(form.get('password') ? [] : [{ field: 'password', text: problems.PASSWORD_MISSING }]),
    ...((form.get('totp') ?? '').trim() ? [] : [{ field: 'totp', text: problems.TOTP_MISSING }]),
  ];
}

function attemptIn(request: PageRequest): FactorAttempt {
  const assertion = assertionIn(request);
  if (assertion) return { method: 'passkey', assertion };
  const { form } = request;
  // Spaces at either end of a password are its owner's; only the code is trimmed.
  const [password, totp] = [form.get('password') ?? '', (form.get('totp') ?? '').trim()];
  return { method: 'password+totp', password, totp };
}

async function secondWord(
  ports: ServeSuspensionPorts,
  request: PageRequest,
  stranger: Frame,
  linkId: string,
): Promise<PageAnswer> {
  const seen = await findSuspension(ports, linkId);
  const party = await ports.parties.party(seen.participant);
  const frame = {
    ...stranger,
    locale: localeFor(request, seen.person),
    timeZone: party?.timeZone ?? ports.timeZone,
  };
  const participant = party?.name ?? seen.participant;
  if (request.method !== 'POST') return standing(ports, request, frame, seen, participant, []);
  if (!isOwnForm(request, ports.door)) return deadEnd(frame, 'formOld', 403, { part, retry: request.path });
  const word = (['confirm', 'dispute'] as const).find((each) => each === request.form.get('word'));
  if (!word) return deadEnd(frame, 'formOld', 400, { part, retry: request.path });
  const passkey = hasPasskey(ports, seen.person);
  const missing = passkey ? [] : missingIn(request, frame.locale);
  if (missing.length > 0) return standing(ports, request, frame, seen, participant, missing);
  try {
    if (passkey && !assertionIn(request))
      return await askedWord(ports, request, { linkId, word }, seen.person);
    await saySecondWord(ports, { linkId, word, attempt: attemptIn(request), source: request.source });
    return { status: 303, location: request.path };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // What somebody else decided meanwhile is what the page shows.
    if (error.code.startsWith('SUSPENSION_')) return { status: 303, location: request.path };
    if (error.code.startsWith('PASSKEY_'))
      return standing(ports, request, frame, seen, participant, [passkeyProblem(error, frame)]);
    const text = textsIn(frame.locale).problems[error.code as ProblemText];
    if (!text || !error.code.startsWith('FACTOR_'))
      return refusedEnd(error, frame, { part, retry: request.path });
    return standing(ports, request, frame, seen, participant, [{ field: 'totp', text }]);
  }
}

async function standing(
  ports: ServeSuspensionPorts,
  request: PageRequest,
  frame: Frame,
  seen: Seen,
  participant: string,
  problems: readonly Problem[],
): Promise<PageAnswer> {
  if (!seen.standing)
    return { status: 200, body: documentOf(<LiftedPage frame={frame} participant={participant} />) };
  const facts = await factsOf(ports, seen, seen.standing, participant);
  if (!facts.isAsked) return { status: 200, body: documentOf(<StandingPage frame={frame} facts={facts} />) };
  const { token, cookies } = formToken(request, ports.door);
  const passkey = hasPasskey(ports, seen.person);
  const about = { frame, facts, formToken: token, problems, passkey };
  const body = documentOf(<SecondWordPage {...about} />);
  return { status: problems.length > 0 ? 422 : 200, body, cookies, script: passkey };
}

async function factsOf(
  ports: ServeSuspensionPorts,
  { person }: Seen,
  suspension: Suspension,
  participant: string,
): Promise<StandingFacts> {
  const { asked, state, since, confirmBy, reason, confirmedAt, disputedAt, disputedBy } = suspension;
  const youDisputed = disputedBy === person.personId;
  return {
    participant,
    participantId: suspension.participant,
    since,
    confirmBy,
    by: await byOf(ports, suspension),
    reason,
    ...(confirmedAt && { confirmedAt }),
    ...(disputedAt && { disputedAt }),
    isAsked: state === 'unconfirmed' && asked.includes(person.personId) && !youDisputed,
    someoneIsAsked: asked.length > 0,
    youDisputed,
  };
}

async function byOf(ports: ServeSuspensionPorts, { by }: Suspension): Promise<StandingFacts['by']> {
  if (by.kind === 'apiKey' || by.kind === 'nodeOperator') return { kind: by.kind };
  if (by.kind === 'node')
    return { kind: 'node', name: (await ports.parties.party(by.finId))?.name ?? by.finId };
  const person = await ports.people.person(by.personId);
  const contact = person && (await ports.people.contact(person));
  return { kind: 'person', office: by.office, name: contact?.name ?? by.personId };
}

const frameOf = (ports: ServeSuspensionPorts, request: PageRequest, locale: Locale): Frame => ({
  locale,
  timeZone: ports.timeZone,
  nodeName: ports.nodeName,
  reference: request.interactionId,
});

// A person's own passkeys: looked at with a session, changed with a passkey that they have. To add one the browser makes
// it first, then one that counts already signs the very key that is added.

import { formToken, isOwnForm, type PageAnswer, type PageRequest } from '../../adapters/http/page-request.ts';
import {
  asksQuestion,
  assertionIn,
  attestationIn,
  jsonIn,
  newQuestion,
  question,
} from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import { type Passkey, passkeysAt } from '../../core/people/passkey.ts';
import type { PasskeyRegistration } from '../../core/people/passkey-registration.ts';
import type { Person } from '../../core/people/person.ts';
import type { Sessions } from '../../core/people/ports.ts';
import type { PasskeyCeremonies, SecondFactor } from '../../core/people/second-factor.ts';
import type { Ids } from '../../core/ports.ts';
import { refusedEnd } from '../../pages/dead-end.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { PasskeysPage } from '../../pages/passkey.tsx';
import { fill, localeFor, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import { type ChangePasskeyInput, changeStatement, registrationBeside } from '../apply-act/change-passkey.ts';
import { readerOf, type SessionPorts } from '../serve-admin/session.ts';
import { sessionCookie, startSession } from './sign-in.tsx';

export interface PasskeysPorts extends SessionPorts {
  readonly ids: Ids;
  readonly sessions: Sessions;
  readonly nodeName: string;
  readonly secondFactor: SecondFactor;
  readonly passkeys: PasskeyCeremonies;
  /** 160 random bits, base64url. */
  readonly nonce: () => string;
  readonly changePasskey: (input: ChangePasskeyInput) => Promise<unknown>;
}

interface Visit {
  readonly ports: PasskeysPorts;
  readonly request: PageRequest;
  readonly person: Person;
  readonly frame: Frame;
}

export async function servePasskeys(
  ports: PasskeysPorts,
  request: PageRequest,
  stranger: Frame,
): Promise<PageAnswer> {
  let frame = stranger;
  try {
    const { person } = await readerOf(ports, request);
    frame = { ...stranger, locale: localeFor(request, person) };
    const visit = { ports, request, person, frame };
    if (request.method !== 'POST') return show(visit, []);
    return await post(visit);
  } catch (error) {
    if (error instanceof Refusal && ['SESSION_MISSING', 'PERSON_NOT_ACTIVE'].includes(error.code))
      return { status: 303, location: '/sign-in?next=/passkeys' };
    return refusedEnd(error, frame, { part: 'access', retry: '/passkeys' });
  }
}

async function post(visit: Visit): Promise<PageAnswer> {
  const { ports, request, frame } = visit;
  if (!isOwnForm(request, ports.door)) return { status: 303, location: '/passkeys' };
  try {
    if (request.form.get('step') === 'end') return await end(visit);
    return await add(visit);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = textsIn(frame.locale).problems[error.code as ProblemText];
    if (!text) throw error;
    return show(visit, [{ field: 'passkey', text: fill(text, { node: frame.nodeName }) }]);
  }
}

async function add(visit: Visit): Promise<PageAnswer> {
  const { ports, request, person } = visit;
  const { personId } = person;
  if (passkeysAt(person.passkeys, ports.clock.now()).length === 0) throw new Refusal('PASSKEY_NEEDED');
  const registration = jsonIn(request.form.get('registration')) as PasskeyRegistration | undefined;
  if (assertionIn(request) && registration?.passkey)
    return changed(visit, 'added', { add: registration }, registration.passkey);
  if (!asksQuestion(request)) return withoutScript(visit);
  const attestation = attestationIn(request);
  if (!attestation) {
    const statement = { ...registrationBeside(ports.door.nodeFinId, personId), nonce: ports.nonce() };
    return newQuestion(await ports.passkeys.askNew({ personId, statement }), ports.nodeName, false);
  }
  // Signed by the function that read it: what comes back from the browser is believed only with that signature.
  const made = await ports.passkeys.register({ personId, attestation });
  return question(await ask(visit, 'add', made.passkey), { registration: JSON.stringify(made) });
}

async function end(visit: Visit): Promise<PageAnswer> {
  const { ports, request, person } = visit;
  const counted = passkeysAt(person.passkeys, ports.clock.now());
  const passkey = counted.find(({ credentialId }) => credentialId === request.form.get('credential'));
  if (!passkey) throw new Refusal('PASSKEY_UNKNOWN');
  if (counted.length === 1) throw new Refusal('PASSKEY_LAST');
  if (assertionIn(request)) return changed(visit, 'ended', { end: passkey.credentialId }, passkey);
  if (!asksQuestion(request)) return withoutScript(visit);
  return question(await ask(visit, 'end', passkey));
}

type Key = Pick<Passkey, 'credentialId' | 'publicKey'>;

function ask({ ports, person }: Visit, change: 'add' | 'end', key: Key) {
  const { personId } = person;
  const about = changeStatement(ports.door.nodeFinId, personId, change, key);
  return ports.passkeys.ask({ personId, statement: { ...about, nonce: ports.nonce() } });
}

async function changed(
  { ports, request, person }: Visit,
  done: 'added' | 'ended',
  change: ChangePasskeyInput['change'],
  key: Key,
): Promise<PageAnswer> {
  const { personId } = person;
  const about = changeStatement(ports.door.nodeFinId, personId, done === 'added' ? 'add' : 'end', key);
  const attempt = { method: 'passkey' as const, assertion: assertionIn(request)! };
  const statement = { ...about, nonce: ports.nonce() };
  const proof = await ports.secondFactor.prove({ personId, statement, attempt, source: request.source });
  await ports.changePasskey({ personId, proof, change });
  // Every session from before is over with it; the browser that made the change goes on with one of its own.
  const secret = await startSession(ports, personId, 'browser', proof.method);
  return { status: 303, location: `/passkeys?done=${done}`, cookies: [sessionCookie(ports.door, secret)] };
}

function withoutScript(visit: Visit): PageAnswer {
  const text = textsIn(visit.frame.locale).problems.PASSKEY_SCRIPT;
  return show(visit, [{ field: 'passkey', text }]);
}

function show({ ports, request, person, frame }: Visit, problems: readonly Problem[]): PageAnswer {
  const { token, cookies } = formToken(request, ports.door);
  const done = (['added', 'ended'] as const).find((each) => each === request.query.get('done'));
  const page = (
    <PasskeysPage
      frame={frame}
      formToken={token}
      problems={problems}
      passkeys={passkeysAt(person.passkeys, ports.clock.now())}
      {...(done && problems.length === 0 && { done })}
    />
  );
  return { status: problems.length > 0 ? 422 : 200, body: documentOf(page), cookies, script: true };
}

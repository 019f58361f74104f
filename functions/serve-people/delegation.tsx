// Who answers for whom at a participant: its apoderados name somebody for themselves, with a passkey; they and its
// officers stop it, with whatever factor they have.

import { formToken, isOwnForm, type PageAnswer, type PageRequest } from '../../adapters/http/page-request.ts';
import { asksQuestion, assertionIn, question } from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import { dayIn } from '../../core/payout/limits.ts';
import { openDelegation } from '../../core/people/delegation.ts';
import { passkeysAt } from '../../core/people/passkey.ts';
import type { Person } from '../../core/people/person.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import type { PasskeyCeremonies, SecondFactor } from '../../core/people/second-factor.ts';
import { DeadEndPage, refusedEnd } from '../../pages/dead-end.tsx';
import { DelegationPage, type DelegationShown } from '../../pages/delegation.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { fill, localeFor, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import { type DelegateInput, delegationStatement } from '../apply-act/delegate.ts';
import { readerOf, type SessionPorts } from '../serve-admin/session.ts';

export interface DelegationPorts extends SessionPorts {
  readonly people: People;
  readonly parties: Pick<Parties, 'party'>;
  readonly secondFactor: SecondFactor;
  readonly passkeys: Pick<PasskeyCeremonies, 'ask'>;
  readonly nonce: () => string;
  readonly delegate: (input: DelegateInput) => Promise<unknown>;
}

interface Visit {
  readonly ports: DelegationPorts;
  readonly request: PageRequest;
  readonly person: Person;
  readonly participant: string;
  readonly holders: readonly Person[];
  readonly frame: Frame;
}

export async function serveDelegation(
  ports: DelegationPorts,
  request: PageRequest,
  stranger: Frame,
): Promise<PageAnswer> {
  let frame = stranger;
  try {
    const { person } = await readerOf(ports, request);
    frame = { ...stranger, locale: localeFor(request, person) };
    if (!person.participant) {
      const body = documentOf(<DeadEndPage frame={frame} what="notFound" part="access" />);
      return { status: 404, body };
    }
    const { participant } = person;
    const holders = await ports.people.holders(participant);
    const visit = { ports, request, person, participant, holders, frame };
    return request.method === 'POST' ? await post(visit) : await show(visit, []);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'SESSION_MISSING')
      return { status: 303, location: '/sign-in?next=/delegation' };
    return refusedEnd(error, frame, { part: 'access', retry: '/delegation' });
  }
}

async function post(visit: Visit): Promise<PageAnswer> {
  const { ports, request, person, frame } = visit;
  if (!isOwnForm(request, ports.door)) return { status: 303, location: '/delegation' };
  try {
    const party = await ports.parties.party(visit.participant);
    const asked = askedFor(visit, party?.timeZone ?? frame.timeZone);
    const { personId } = person;
    const statement = { ...asked.statement, nonce: ports.nonce() };
    const assertion = assertionIn(request);
    if (hasPasskey(visit) && !assertion) {
      if (asksQuestion(request)) return question(await ports.passkeys.ask({ personId, statement }));
      throw new Refusal('PASSKEY_NEEDED');
    }
    const { form, source } = request;
    const password = { password: form.get('password') ?? '', totp: (form.get('totp') ?? '').trim() };
    const attempt = assertion
      ? { method: 'passkey' as const, assertion }
      : { method: 'password+totp' as const, ...password };
    const proof = await ports.secondFactor.prove({ personId, statement, attempt, source });
    await ports.delegate({ personId, principal: asked.principal, proof, change: asked.change });
    return { status: 303, location: `/delegation?done=${asked.change === 'stop' ? 'stopped' : 'made'}` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = textsIn(frame.locale).problems[error.code as ProblemText];
    if (!text) throw error;
    const field = error.code === 'DELEGATION_TOO_LONG' ? 'until' : hasPasskey(visit) ? 'passkey' : 'totp';
    return show(visit, [{ field, text: fill(text, { node: frame.nodeName }) }]);
  }
}

interface Asked extends Pick<DelegateInput, 'principal' | 'change'> {
  readonly statement: ReturnType<typeof delegationStatement>;
}

function askedFor({ ports, request, person, participant, holders }: Visit, timeZone: string): Asked {
  const { form } = request;
  const node = ports.door.nodeFinId;
  if (form.get('change') === 'stop') {
    const principal = holders.find(({ personId }) => personId === form.get('principal'));
    const open = principal && openDelegation(principal, ports.clock.now());
    if (!principal || !open) throw new Refusal('DELEGATION_UNKNOWN');
    const about = {
      participant,
      principal: principal.personId,
      delegate: open.delegate,
      until: open.countsUntil.toISOString(),
    };
    const statement = delegationStatement(node, person.personId, 'stop', about);
    return { principal: principal.personId, change: 'stop', statement };
  }
  const delegate = form.get('delegate') ?? '';
  const until = endOf(form.get('until') ?? '', timeZone).toISOString();
  const about = { participant, principal: person.personId, delegate, until };
  const statement = delegationStatement(node, person.personId, 'make', about);
  return { principal: person.personId, change: { make: { delegate, until } }, statement };
}

const quarterMs = 15 * 60_000;
/** From 14 hours before a day begins in UTC to 12 after it ends there lies that day of any time zone. */
const [aheadMs, behindMs] = [14 * 3_600_000, 36 * 3_600_000];

/** The last second of that day where the participant is; never beyond the rule's 30 days. */
function endOf(day: string, timeZone: string): Date {
  const begins = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  for (let at = begins + behindMs; at >= begins - aheadMs; at -= quarterMs)
    if (dayIn(timeZone, new Date(at)) === day) return new Date(at + quarterMs - 1000);
  throw new Refusal('DELEGATION_TOO_LONG');
}

function hasPasskey({ ports, person }: Visit): boolean {
  return passkeysAt(person.passkeys, ports.clock.now()).length > 0;
}

async function show(visit: Visit, problems: readonly Problem[]): Promise<PageAnswer> {
  const { ports, request, person, participant, holders, frame } = visit;
  const { token, cookies } = formToken(request, ports.door);
  const party = await ports.parties.party(participant);
  const done = (['made', 'stopped'] as const).find((each) => each === request.query.get('done'));
  const others = holders.filter(
    ({ personId, office, state }) =>
      office === 'apoderado' && state === 'active' && personId !== person.personId,
  );
  const candidates = await Promise.all(
    others.map(async ({ personId }) => ({ personId, name: await nameOf(visit, personId) })),
  );
  const passkey = hasPasskey(visit);
  const page = (
    <DelegationPage
      frame={{ ...frame, timeZone: party?.timeZone ?? frame.timeZone }}
      formToken={token}
      problems={problems}
      participant={party?.name ?? participant}
      open={await openOnes(visit)}
      passkey={passkey}
      {...(person.office === 'apoderado' && { candidates })}
      {...(done && problems.length === 0 && { done })}
    />
  );
  return { status: problems.length > 0 ? 422 : 200, body: documentOf(page), cookies, script: passkey };
}

/** An officer sees all of the participant's, an apoderado those that they gave or were given. */
async function openOnes(visit: Visit): Promise<DelegationShown[]> {
  const { ports, person, holders } = visit;
  const shown: DelegationShown[] = [];
  for (const principal of holders) {
    const open = openDelegation(principal, ports.clock.now());
    const own = principal.personId === person.personId;
    const officer = person.office === 'securityOfficer';
    if (!open || !(own || officer || open.delegate === person.personId)) continue;
    shown.push({
      principalId: principal.personId,
      principal: await nameOf(visit, principal.personId),
      delegate: await nameOf(visit, open.delegate),
      from: open.countsFrom,
      until: open.countsUntil,
      mayStop: own || officer,
    });
  }
  return shown;
}

async function nameOf({ ports, holders }: Visit, personId: string): Promise<string> {
  const person = holders.find((each) => each.personId === personId);
  const contact = person && (await ports.people.contact(person));
  return contact?.name ?? personId;
}

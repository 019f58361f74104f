// The acts as pages: the list, one act with its form, and what its last signature gave back, shown once.

import { formToken, isOwnForm, type PageAnswer, type PageRequest } from '../../adapters/http/page-request.ts';
import { asksQuestion, assertionIn, question } from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import { type Act, actHash, operatorsNeeded } from '../../core/people/act.ts';
import { passkeysAt } from '../../core/people/passkey.ts';
import {
  type ActFacts,
  ActListPage,
  ActPage,
  AppliedPage,
  type Named,
  type SignedIn,
} from '../../pages/acts.tsx';
import { type DeadEnd, DeadEndPage, refusedEnd } from '../../pages/dead-end.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { fill, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import { askSignature, flattened, sign } from './acts.ts';
import type { AdminApiPorts } from './api.ts';
import type { SignedInSession } from './session.ts';

interface Visit {
  readonly ports: AdminApiPorts;
  readonly request: PageRequest;
  readonly session: SignedInSession;
  readonly frame: Frame;
}

export async function actPages(visit: Visit): Promise<PageAnswer> {
  const { ports, request } = visit;
  const actId = request.path.replace(/^\/acts\/?/, '');
  if (!actId) return list(visit);
  const act = await ports.acts.act(actId);
  if (!act) return deadEnd(visit.frame, 'notFound', 404);
  return request.method === 'POST' ? vote(visit, act) : show(visit, act, []);
}

async function whoOf({
  ports,
  request,
  session,
}: Visit): Promise<{ who: SignedIn; cookies: readonly string[] }> {
  const { token, cookies } = formToken(request, ports.door);
  const name = await nameOf(ports, session.personId);
  return { who: { name, formToken: token, passkey: hasPasskey({ ports, session }) }, cookies };
}

function hasPasskey({ ports, session }: Pick<Visit, 'ports' | 'session'>): boolean {
  return passkeysAt(session.person.passkeys, ports.clock.now()).length > 0;
}

async function list(visit: Visit): Promise<PageAnswer> {
  const { who, cookies } = await whoOf(visit);
  const now = visit.ports.clock.now();
  const open = (await visit.ports.acts.open()).filter(({ expiresAt }) => now < expiresAt);
  const acts = await Promise.all(open.map((act) => factsOf(visit.ports, act)));
  return {
    status: 200,
    body: documentOf(<ActListPage frame={visit.frame} who={who} acts={acts} />),
    cookies,
  };
}

async function show(visit: Visit, act: Act, problems: readonly Problem[]): Promise<PageAnswer> {
  const { ports, session, frame } = visit;
  const { who, cookies } = await whoOf(visit);
  const facts = await factsOf(ports, act);
  const signed = act.votes.some(({ personId }) => personId === session.personId);
  const maySign = facts.state === 'open' && !signed && session.person.office === 'nodeOperator';
  const page = <ActPage frame={frame} who={who} act={facts} maySign={maySign} problems={problems} />;
  const script = maySign && who.passkey;
  return { status: problems.length > 0 ? 422 : 200, body: documentOf(page), cookies, script };
}

async function vote(visit: Visit, act: Act): Promise<PageAnswer> {
  const { ports, request, session, frame } = visit;
  if (!isOwnForm(request, ports.door)) return deadEnd(frame, 'formOld', 403);
  const { form } = request;
  const [password, totp] = [form.get('password') ?? '', (form.get('totp') ?? '').trim()];
  const assertion = assertionIn(request);
  const attempt = assertion
    ? { method: 'passkey' as const, assertion }
    : { method: 'password+totp' as const, password, totp };
  const word = form.get('vote') === 'reject' ? ('reject' as const) : ('confirm' as const);
  const hash = form.get('act_hash') ?? '';
  try {
    const about = { actId: act.actId, vote: word, actHash: hash };
    if (hasPasskey(visit) && !assertion) {
      if (asksQuestion(request)) return question(await askSignature(ports, session.person, about));
      const text = textsIn(frame.locale).problems.PASSKEY_SCRIPT;
      return await show(visit, act, [{ field: 'passkey', text }]);
    }
    const signature = { ...about, attempt, source: request.source };
    const { state, once } = await sign(ports, session.person, signature);
    if (state !== 'applied') return { status: 303, location: request.path };
    // No redirect: what is shown once could not be shown again.
    const { who } = await whoOf(visit);
    const facts = await factsOf(ports, { ...act, state: 'applied' });
    return { status: 200, body: documentOf(<AppliedPage frame={frame} who={who} act={facts} once={once} />) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refused(visit, act, error);
  }
}

function refused(visit: Visit, act: Act, error: Refusal): PageAnswer | Promise<PageAnswer> {
  if (error.code === 'ACT_CLOSED') return { status: 303, location: visit.request.path };
  if (error.code === 'TRIES_EXHAUSTED' || error.code === 'PROOF_OTHER_STATEMENT')
    return refusedEnd(error, visit.frame, { part: 'administration', retry: visit.request.path });
  const text = textsIn(visit.frame.locale).problems[error.code as ProblemText];
  // What the act itself refuses is for operators: its own sentence, in English, with its parameter.
  const shown = text ? fill(text, { node: visit.frame.nodeName }) : error.message;
  return show(visit, act, [{ field: hasPasskey(visit) ? 'passkey' : 'totp', text: shown }]);
}

/** Nobody signs an id that they cannot read: whom a parameter names, as far as this node knows them. */
async function namedIn(
  ports: AdminApiPorts,
  parameters: ActFacts['parameters'],
): Promise<ReadonlyMap<string, Named>> {
  const named = new Map<string, Named>();
  for (const [name, value] of parameters) {
    if (/(^|\.)person_ids?(\[|$)/.test(name)) {
      const person = await ports.people.person(value);
      if (!person) continue;
      const party = person.participant ? await ports.parties.party(person.participant) : undefined;
      const participant = party?.name ?? person.participant;
      const about = { office: person.office, ...(participant && { participant }) };
      named.set(value, { name: await nameOf(ports, value), ...about });
    } else if (/(^|\.)(participant|fin_id|peer|payout_operators(\[.*)?)$/.test(name)) {
      const party = await ports.parties.party(value);
      if (party) named.set(value, { name: party.name });
    }
  }
  return named;
}

async function factsOf(ports: AdminApiPorts, act: Act): Promise<ActFacts> {
  const parameters = flattened(act.parameters);
  const signed = act.votes.filter(({ vote }) => vote === 'confirm');
  const expired = act.state === 'open' && ports.clock.now() >= act.expiresAt;
  return {
    actId: act.actId,
    kind: act.kind,
    reason: act.reason,
    proposedBy: await nameOf(ports, act.proposedBy),
    proposedAt: act.proposedAt,
    expiresAt: act.expiresAt,
    ...(act.closedAt && { closedAt: act.closedAt }),
    state: expired ? 'expired' : act.state,
    needed: operatorsNeeded[act.kind],
    signedBy: await Promise.all(
      signed.map(async ({ personId, at }) => ({ name: await nameOf(ports, personId), at })),
    ),
    parameters,
    named: await namedIn(ports, parameters),
    hash: actHash(act),
  };
}

/** A name where we still have it; the id once it was erased. */
async function nameOf(ports: AdminApiPorts, personId: string): Promise<string> {
  const person = await ports.people.person(personId);
  const contact = person && (await ports.people.contact(person));
  return contact?.name ?? personId;
}

export function deadEnd(frame: Frame, what: DeadEnd, status: number, code?: string): PageAnswer {
  const page = <DeadEndPage frame={frame} what={what} part="administration" code={code} retry="/acts" />;
  return { status, body: documentOf(page) };
}

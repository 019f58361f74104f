// The pages of one confirmation: the question, what was decided, and every dead end. GET, HEAD and OPTIONS change
// nothing, whoever opens them and however often; a decision is a POST from our own form with a second factor.

import {
  formToken,
  isOwnForm,
  type PageAnswer,
  type PageRequest,
  type PagesDoor,
} from '../../adapters/http/page-request.ts';
import { asksQuestion, assertionIn, question } from '../../adapters/http/passkey-form.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import { isWholeCode } from '../../core/message/code.ts';
import { type Decision, rejectionCauses } from '../../core/people/decision.ts';
import { passkeysAt } from '../../core/people/passkey.ts';
import type { Person } from '../../core/people/person.ts';
import type { Enrolments, Parties, People } from '../../core/people/ports.ts';
import { peoplePolicy } from '../../core/policy.ts';
import { type ConfirmationFacts, ConfirmationPage } from '../../pages/confirmation.tsx';
import { deadEnd, refusedEnd } from '../../pages/dead-end.tsx';
import { DecidedPage } from '../../pages/decided.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { companyTaxIdType } from '../../pages/tax-id.ts';
import { fill, localeFor, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import {
  askVote,
  type ConfirmTaskPorts,
  castVote,
  findTask,
  principalsIn,
  type Task,
} from './confirm-task.ts';

export interface ServeConfirmationPorts extends ConfirmTaskPorts {
  readonly door: PagesDoor;
  readonly nodeName: string;
  /** Where the participant's own is not known yet. */
  readonly timeZone: string;
  readonly people: Pick<People, 'person' | 'holders' | 'contact'>;
  readonly parties: Pick<Parties, 'party'>;
  readonly enrolments: Enrolments;
  /** End of the certificate that is replaced, where we know it. */
  readonly notAfterOf: (thumbprint: string) => Promise<Date | undefined>;
}

export async function serveConfirmation(
  ports: ServeConfirmationPorts,
  request: PageRequest,
): Promise<PageAnswer> {
  const strangerFrame = frameOf(ports, request, { locale: localeFor(request) });
  try {
    if (request.method === 'POST') return await post(ports, request);
    if (request.method === 'GET' || request.method === 'HEAD') return await show(ports, request, []);
    return { status: request.method === 'OPTIONS' ? 204 : 405 };
  } catch (error) {
    return refusedEnd(error, strangerFrame, {});
  }
}

const linkOf = (request: PageRequest) => request.pathParameters.proxy ?? '';

async function show(
  ports: ServeConfirmationPorts,
  request: PageRequest,
  problems: readonly Problem[],
): Promise<PageAnswer> {
  const task = await findTask(ports, linkOf(request));
  const party = await ports.parties.party(task.decision.subject.participant);
  const frame = frameOf(ports, request, {
    locale: localeFor(request, task.person),
    timeZone: party?.timeZone,
  });
  const participant = party?.name ?? task.decision.subject.participant;
  const { decision, person } = task;
  const open = decision.state === 'waiting' && ports.clock.now() < decision.expiresAt;
  const own = decision.votes.find((vote) => vote.personId === person.personId);
  if (!open || own) {
    const facts = await decidedFacts(ports, task, participant);
    return { status: 200, body: documentOf(<DecidedPage frame={frame} facts={facts} />) };
  }
  if (person.state !== 'active') throw new Refusal('DECISION_NOT_YOURS');
  const { token, cookies } = formToken(request, ports.door);
  const page = (
    <ConfirmationPage
      frame={frame}
      facts={await factsOf(ports, task, participant)}
      formToken={token}
      problems={problems}
      typedCode={request.form.get('code') ?? undefined}
      cause={request.form.get('cause') ?? undefined}
      onBehalfOf={await namesOf(ports, await principalsIn(ports, decision, person))}
      passkey={hasPasskey(ports, person)}
    />
  );
  const script = hasPasskey(ports, person);
  return { status: problems.length > 0 ? 422 : 200, body: documentOf(page), cookies, script };
}

async function post(ports: ServeConfirmationPorts, request: PageRequest): Promise<PageAnswer> {
  const { person, decision } = await findTask(ports, linkOf(request));
  const frame = frameOf(ports, request, { locale: localeFor(request, person) });
  if (!isOwnForm(request, ports.door)) return deadEnd(frame, 'formOld', 403, { retry: request.path });
  const { form } = request;
  const vote =
    form.get('vote') === 'confirm' ? 'confirm' : form.get('vote') === 'reject' ? 'reject' : undefined;
  if (!vote) return deadEnd(frame, 'formOld', 400, { retry: request.path });
  const cause = rejectionCauses.find((each) => each === form.get('cause'));
  const code = (form.get('code') ?? '').trim();
  const linkId = linkOf(request);
  try {
    const passkey = hasPasskey(ports, person);
    const missing = missingIn(request, person, vote, passkey);
    if (missing.length > 0 && decision.state === 'waiting') return await show(ports, request, missing);
    const assertion = assertionIn(request);
    if (passkey && !assertion && decision.state === 'waiting') {
      if (asksQuestion(request)) return question(await askVote(ports, { linkId, vote }));
      const text = textsIn(localeFor(request, person)).problems.PASSKEY_SCRIPT;
      return await show(ports, request, [{ field: 'passkey', text }]);
    }
    const attempt = assertion ? { method: 'passkey' as const, assertion } : passwordIn(request);
    const { source } = request;
    await castVote(ports, {
      linkId,
      vote,
      ...(vote === 'reject' && { cause: cause ?? 'other' }),
      code,
      attempt,
      source,
    });
    // Post, redirect, get: reloading the answer votes for nothing.
    return { status: 303, location: request.path };
  } catch (error) {
    return await afterRefusal(ports, request, person, error, frame);
  }
}

/** A name where we still have it; the id once it was erased. */
function namesOf({ people }: ServeConfirmationPorts, persons: readonly Person[]): Promise<string[]> {
  return Promise.all(persons.map(async (person) => (await people.contact(person))?.name ?? person.personId));
}

/** At this moment; whether a proof counts is asked again by whoever acts on it. */
function hasPasskey({ clock }: ServeConfirmationPorts, person: Person): boolean {
  return passkeysAt(person.passkeys, clock.now()).length > 0;
}

/** Spaces at either end of a password are its owner's; only the code is trimmed. */
function passwordIn({ form }: PageRequest) {
  const [password, totp] = [form.get('password') ?? '', (form.get('totp') ?? '').trim()];
  return { method: 'password+totp' as const, password, totp };
}

function missingIn(
  request: PageRequest,
  person: Person,
  vote: 'confirm' | 'reject',
  passkey: boolean,
): Problem[] {
  const texts = textsIn(localeFor(request, person)).problems;
  const has = (name: string) => (request.form.get(name) ?? '').trim() !== '';
  const code = has('code') ? texts.CODE_INCOMPLETE : texts.CODE_MISSING;
  return [
    // S18: before the factor is asked for, and before anything counts as a wrong code.
    ...(vote === 'confirm' && !isWholeCode(request.form.get('code') ?? '')
      ? [{ field: 'code', text: code }]
      : []),
    ...(!passkey && !request.form.get('password')
      ? [{ field: 'password', text: texts.PASSWORD_MISSING }]
      : []),
    ...(!passkey && !has('totp') ? [{ field: 'totp', text: texts.TOTP_MISSING }] : []),
  ];
}

/** Where a problem's text stands: at the passkey, the code, or the app's digits. */
function fieldOf(code: string): string {
  if (code.startsWith('PASSKEY_')) return 'passkey';
  return code === 'CODE_WRONG' ? 'code' : 'totp';
}
const shownAtTheForm = [
  ...['FACTOR_WRONG', 'FACTOR_STEP_USED', 'FACTOR_NOT_SET', 'FACTOR_FALLBACK_CLOSED'],
  ...['CODE_WRONG', 'PROOF_TOO_OLD'],
];
const shownAsState = [
  'DECISION_ALREADY_DECIDED',
  'DECISION_EXPIRED',
  'TASK_ALREADY_VOTED',
  'CODE_WRONG_TOO_OFTEN',
];

async function afterRefusal(
  ports: ServeConfirmationPorts,
  request: PageRequest,
  person: Person,
  error: unknown,
  frame: Frame,
): Promise<PageAnswer> {
  if (!(error instanceof Refusal)) return refusedEnd(error, frame, { retry: request.path });
  if (shownAsState.includes(error.code)) return { status: 303, location: request.path };
  if (!shownAtTheForm.includes(error.code) && !error.code.startsWith('PASSKEY_'))
    return refusedEnd(error, frame, { retry: request.path });
  const { decision } = await findTask(ports, linkOf(request));
  const party = await ports.parties.party(decision.subject.participant);
  const text = fill(textsIn(localeFor(request, person)).problems[error.code as ProblemText], {
    participant: party?.name ?? decision.subject.participant,
    node: ports.nodeName,
    left: peoplePolicy.wrongCodesUntilRejected - decision.wrongCodes,
  });
  return show(ports, request, [{ field: fieldOf(error.code), text }]);
}

function frameOf(
  ports: ServeConfirmationPorts,
  request: PageRequest,
  place: { locale: Frame['locale']; timeZone?: string },
): Frame {
  return {
    locale: place.locale,
    timeZone: place.timeZone ?? ports.timeZone,
    nodeName: ports.nodeName,
    reference: request.interactionId,
  };
}

async function factsOf(
  ports: ServeConfirmationPorts,
  { decision }: Task,
  participant: string,
): Promise<ConfirmationFacts> {
  const { subject } = decision;
  const enrolment = await ports.enrolments.find(decision.enrolmentId);
  if (!enrolment) throw new Refusal('LINK_UNKNOWN');
  const others = await ports.decisions.waitingBeside(decision);
  return {
    office: decision.office,
    participant,
    participantId: subject.participant,
    holder: await holderOf(ports, enrolment, participant),
    psc: subject.psc,
    notBefore: enrolment.notBefore,
    notAfter: enrolment.notAfter,
    use: subject.use,
    reason: subject.reason,
    replaces: subject.replaces
      ? { thumbprint: subject.replaces, notAfter: await ports.notAfterOf(subject.replaces) }
      : null,
    thumbprint: subject.thumbprint,
    serialNumber: enrolment.serialNumber,
    expiresAt: decision.expiresAt,
    others: others.map((other) => ({ thumbprint: other.subject.thumbprint, createdAt: other.createdAt })),
  };
}

/** From our own contact data, never from the message. */
async function holderOf(ports: ServeConfirmationPorts, enrolment: Enrolment, participant: string) {
  const person = enrolment.holder ? await ports.people.person(enrolment.holder) : undefined;
  const contact = person && (await ports.people.contact(person));
  if (person && contact) return { name: contact.name, taxIdType: person.taxIdType, taxId: contact.taxId };
  const party = await ports.parties.party(enrolment.participant);
  const taxIdType = party ? companyTaxIdType(party.country) : '';
  return { name: participant, taxIdType, taxId: party?.taxId ?? '' };
}

async function known({ people }: ServeConfirmationPorts, ids: readonly string[]): Promise<Person[]> {
  const found = await Promise.all(ids.map((id) => people.person(id)));
  return found.filter((person) => person !== undefined);
}

async function decidedFacts(ports: ServeConfirmationPorts, { decision, person }: Task, participant: string) {
  const own = decision.votes.find((vote) => vote.personId === person.personId);
  const last = decision.cause ? undefined : decision.votes.at(-1);
  const voter = last && last !== own ? await ports.people.person(last.personId) : undefined;
  const contact = voter && (await ports.people.contact(voter));
  const late: Decision['state'] =
    decision.state === 'waiting' && ports.clock.now() >= decision.expiresAt && !own
      ? 'expired'
      : decision.state;
  const { use, thumbprint } = decision.subject;
  return {
    participant,
    use,
    thumbprint,
    state: late,
    ...(decision.cause && { cause: decision.cause }),
    decidedAt: decision.decidedAt ?? decision.expiresAt,
    ...(contact && { decidedBy: contact.name }),
    ...(last?.onBehalfOf && { onBehalfOf: await namesOf(ports, await known(ports, last.onBehalfOf)) }),
    ...(own && { own: { vote: own.vote, at: own.at } }),
  };
}

// The administration as JSON, for `apodera admin`: reads, proposals, signatures. snake_case as on the other door;
// whoever is signed in reads, node operators propose and sign, an auditor changes nothing.

import { isOwnForm, type PageAnswer, type PageRequest } from '../../adapters/http/page-request.ts';
import { Refusal } from '../../core/errors.ts';
import { type OutboxEntry, outboxQueues } from '../../core/outbox.ts';
import type { PayoutSettings } from '../../core/payout/admission.ts';
import { type Currency, writeAmount } from '../../core/payout/amount.ts';
import type { CurrencyLimits } from '../../core/payout/limits.ts';
import { type Act, actHash, operatorsNeeded } from '../../core/people/act.ts';
import type { Party } from '../../core/people/party.ts';
import type { Person } from '../../core/people/person.ts';
import type { ApiKeyRings, DeadEntries, Parties, People } from '../../core/people/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import type { Suspension } from '../../core/suspension/suspension.ts';
import type {
  RequestCertificateInput,
  RequestedCertificate,
} from '../request-certificate/request-certificate.ts';
import { type ActPorts, propose, sign } from './acts.ts';
import { type NodeCertificatePorts, nodeCertificatesAnswer } from './node-certificates.ts';
import type { SessionPorts, SignedInSession } from './session.ts';

export interface AdminApiPorts extends ActPorts, SessionPorts, NodeCertificatePorts {
  requestCertificate(input: RequestCertificateInput): Promise<RequestedCertificate>;
  readonly people: People;
  readonly parties: Parties;
  readonly apiKeys: ApiKeyRings;
  readonly deadEntries: DeadEntries;
  readonly payoutSettings: (finId: string) => Promise<PayoutSettings & { readonly version: number }>;
  readonly suspensions: Pick<Suspensions, 'standing'>;
}

export async function adminApi(
  ports: AdminApiPorts,
  request: PageRequest,
  session: SignedInSession,
): Promise<PageAnswer> {
  const [noun = '', id = '', verb = ''] = request.path.replace(/^\/admin\/api\//, '').split('/');
  if (request.method === 'GET') return json(200, await read(ports, session, noun, decoded(id), request));
  if (request.method !== 'POST') return { status: 405 };
  // A browser's cookie goes along with any request; only our own form knows the token.
  if (session.by === 'cookie' && !isOwnForm(request, ports.door)) throw new Refusal('SESSION_MISSING');
  if (noun === 'session' && id === 'end') {
    await ports.sessions.end(session.secret);
    return json(200, { state: 'ended' });
  }
  const body = bodyOf(request);
  if (noun === 'acts' && !id) return json(201, actJson(await propose(ports, session.person, body as never)));
  if (noun === 'node-request') {
    const { personId } = session.person;
    const { request: made, publicKeyThumbprint } = await ports.requestCertificate({
      personId,
      subject: body.subject,
    });
    return json(201, { certificate_request: made, public_key_thumbprint: publicKeyThumbprint });
  }
  if (noun === 'acts' && verb === 'votes') {
    const attempt = {
      method: 'password+totp' as const,
      password: textOf(body.password),
      totp: textOf(body.totp),
    };
    const vote = body.vote === 'reject' ? ('reject' as const) : ('confirm' as const);
    const signature = { actId: id, vote, actHash: textOf(body.act_hash), attempt, source: request.source };
    const { state, votes, once } = await sign(ports, session.person, signature);
    return json(200, { act_id: id, state, votes, once });
  }
  throw new Refusal('ACT_KIND_UNKNOWN', { parameter: 'path' });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal('ACT_KIND_UNKNOWN', { parameter: 'path' });
  }
}

async function read(
  ports: AdminApiPorts,
  session: SignedInSession,
  noun: string,
  id: string,
  request: PageRequest,
): Promise<unknown> {
  switch (noun) {
    case 'session':
      return { person: await personJson(ports, session.person), expires_at: session.expiresAt };
    case 'acts':
      return id ? actJson(await known(ports.acts.act(id))) : { acts: (await ports.acts.open()).map(actJson) };
    case 'participants':
      if (!id) return { participants: (await ports.parties.parties()).map(partyJson) };
      return partyJson(await known(ports.parties.party(id)));
    case 'people': {
      const participant = request.query.get('participant') || null;
      const people = await ports.people.holders(participant);
      return { people: await Promise.all(people.map((person) => personJson(ports, person))) };
    }
    case 'suspensions':
      return { suspensions: (await ports.suspensions.standing()).map(suspensionJson) };
    case 'node-certificates':
      return nodeCertificatesAnswer(ports);
    case 'api-keys': {
      const { keys } = await ports.apiKeys.heldBy(id);
      return {
        api_keys: keys.map(({ keyId, createdAt, expiresAt, endedAt }) => ({
          key_id: keyId,
          created_at: createdAt,
          expires_at: expiresAt,
          ended_at: endedAt ?? null,
        })),
      };
    }
    case 'limits':
      return limitsJson(await ports.payoutSettings((await known(ports.parties.party(id))).finId));
    case 'outbox':
      return { entries: (await deadOf(ports.deadEntries)).map(entryJson) };
    default:
      throw new Refusal('ACT_UNKNOWN', { parameter: 'path' });
  }
}

function limitsJson({ limits, severalOperators, version }: PayoutSettings & { readonly version: number }) {
  const rows = Object.entries(limits) as [Currency, CurrencyLimits][];
  return {
    limits: rows.map(([currency, { day, creditor }]) => ({
      currency,
      day: writeAmount({ currency, amountMinor: day }),
      creditor: writeAmount({ currency, amountMinor: creditor }),
    })),
    several_operators: severalOperators,
    // Where nothing was set, policy's own are shown.
    own: version > 0,
  };
}

// After an outage of days there may be thousands; who has sent these again sees the next.
const mostShown = 200;

async function deadOf(entries: DeadEntries): Promise<OutboxEntry[]> {
  const found: OutboxEntry[] = [];
  for (const queue of outboxQueues) {
    for await (const entry of entries.list(queue)) {
      if (found.length === mostShown) return found;
      found.push(entry);
    }
  }
  return found;
}

function entryJson({ id, queue, kind, receiver, createdAt, attempts }: OutboxEntry) {
  return { entry_id: id, queue, kind, receiver: receiver ?? null, created_at: createdAt, attempts };
}

async function known<T>(found: Promise<T | undefined>): Promise<T> {
  const value = await found;
  if (value === undefined) throw new Refusal('ACT_UNKNOWN');
  return value;
}

function bodyOf(request: PageRequest): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(request.body);
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {}
  throw new Refusal('ACT_PARAMETERS_INVALID', { parameter: 'body', expected: 'a JSON object' });
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

function actJson(act: Act) {
  return {
    act_id: act.actId,
    kind: act.kind,
    parameters: act.parameters,
    reason: act.reason,
    hash: actHash(act),
    state: act.state,
    operators_needed: operatorsNeeded[act.kind],
    signed_by: act.votes.map(({ personId, vote, at }) => ({ person_id: personId, vote, at })),
    proposed_by: act.proposedBy,
    proposed_at: act.proposedAt,
    expires_at: act.expiresAt,
    closed_at: act.closedAt ?? null,
  };
}

function partyJson(party: Party) {
  return {
    fin_id: party.finId,
    fin_id_schema: party.finIdSchema,
    kind: party.kind,
    name: party.name,
    country: party.country,
    tax_id: party.taxId,
    time_zone: party.timeZone,
    locale: party.locale,
    mtls: party.mTLS,
    rule: party.rule,
    officer_confirmation: party.officerConfirmation,
    payout_operators: party.payoutOperators,
    api_url: party.apiUrl,
    certificate_thumbprint: party.pinnedCertificate,
    version: party.version,
  };
}

function suspensionJson(suspension: Suspension) {
  const { by } = suspension;
  return {
    participant: suspension.participant,
    suspension_id: suspension.id,
    state: suspension.state,
    since: suspension.since,
    by: by.kind,
    office: 'office' in by ? (by.office ?? null) : null,
    reason: suspension.reason,
    confirm_by: suspension.confirmBy,
    confirmed_at: suspension.confirmedAt ?? null,
    disputed_at: suspension.disputedAt ?? null,
    overdue_at: suspension.overdueAt ?? null,
    carried_out_at: suspension.carriedOutAt ?? null,
  };
}

async function personJson(ports: AdminApiPorts, person: Person) {
  const contact = await ports.people.contact(person);
  return {
    person_id: person.personId,
    office: person.office,
    participant: person.participant,
    name: contact?.name ?? null,
    state: person.state,
    locale: person.locale,
    power_from: person.power?.from ?? null,
    power_until: person.power?.until ?? null,
    invited_at: person.invitedAt,
    active_since: person.activeSince,
  };
}

export function json(status: number, body: unknown): PageAnswer {
  return { status, body: JSON.stringify(body), contentType: 'application/json; charset=utf-8' };
}

const statuses: Partial<Record<string, number>> = {
  SESSION_MISSING: 401,
  PERSON_WRONG_OFFICE: 403,
  PERSON_NOT_ACTIVE: 403,
  ACT_UNKNOWN: 404,
  ACT_CLOSED: 409,
  SUSPENSION_NONE: 404,
  SUSPENSION_CONFIRMED: 409,
  SUSPENSION_BEING_CARRIED_OUT: 409,
  ACT_ALREADY_SIGNED: 409,
  TRIES_EXHAUSTED: 429,
  FACTOR_WRONG: 403,
  FACTOR_STEP_USED: 403,
};

/** RFC 9457, as the api door has it. */
export function problem(error: Refusal, interactionId: string): PageAnswer {
  const status = statuses[error.code] ?? 400;
  const body = {
    type: 'about:blank',
    title: error.code,
    status,
    detail: error.message,
    code: error.code,
    interaction_id: interactionId,
  };
  return { ...json(status, body), contentType: 'application/problem+json' };
}

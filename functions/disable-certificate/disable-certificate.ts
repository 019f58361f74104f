// M4: a participant disables certificates, and from the answer on nothing signed with them is accepted. Signed by one
// of its active certificates, or with the API key alone as far as core/disable/plan.ts lets it; the same message again
// hears the same. Payout operators, people and systems are told through the outbox of the same transaction.

import { createHash } from 'node:crypto';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { UsableCertificate } from '../../core/certificate/usable.ts';
import { type DisablePlan, type Holding, planDisable } from '../../core/disable/plan.ts';
import type { DisableRecord, DisableStore } from '../../core/disable/ports.ts';
import { type Audience, disableChange, endedAtOnce, recordOf } from '../../core/disable/recording.ts';
import { type DisableRequest, readDisable } from '../../core/disable/request.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import { requireFullSay } from '../../core/enrolment/full-say.ts';
import type { EnrolmentStore, OriginalMessage } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import {
  type AddressedEnvelope,
  checkAge,
  type Institution,
  type JsonObject,
  parametersOf,
} from '../../core/message/envelope.ts';
import {
  addressedEnvelope,
  type CallerMessage,
  type SenderPorts,
  verifySender,
} from '../../core/message/sender.ts';
import type { Party } from '../../core/people/party.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import { peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import { firstWord } from '../../core/suspension/first-word.ts';

export interface DisableCertificatePorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly role: NodeRole;
  readonly parties: Parties;
  readonly people: Pick<People, 'holders'>;
  readonly enrolments: Pick<EnrolmentStore, 'knownMessage' | 'rows'>;
  readonly disables: DisableStore;
  /** @throws Refusal BODY_SCHEMA */
  checkShape(message: { readonly document: JsonObject }): unknown;
}

export interface ReceivedDisable extends CallerMessage {
  /** Of the path, where the route has one. */
  readonly thumbprint?: string;
}

export type Disabled = Pick<DisableRecord, 'disabled' | 'withdrawn' | 'suspended' | 'warnings'>;

/** @throws Refusal DISABLE_*, PATH_NOT_THE_MESSAGE, MESSAGE_ID_REUSED and those of a signed message */
export async function disableCertificate(
  ports: DisableCertificatePorts,
  received: ReceivedDisable,
): Promise<Disabled> {
  const now = ports.clock.now();
  const party = await ports.parties.party(received.caller.participant);
  if (!party) throw new Refusal('PARTICIPANT_UNKNOWN');
  const signer = await signerOf(ports, received, party, now);
  if (signer && 'before' in signer) return signer.before;
  const envelope = addressedEnvelope(received.body, party, ports.node);
  const before = await knownBefore(ports, received, envelope);
  if (before) return before;
  checkAge(envelope.header, now, party.kind === 'participant' ? 'participant' : 'node');
  const parameters = parametersOf(envelope, 'certificate.disable');
  ports.checkShape({ document: envelope.document });
  const request = readDisable(parameters);
  if (received.thumbprint !== undefined && parameters.thumbprint !== received.thumbprint)
    throw new Refusal('PATH_NOT_THE_MESSAGE', { parameter: 'thumbprint' });
  return carryOut(ports, { received, party, envelope, request, signer, now });
}

/** Undefined where only the API key vouches for it; a signature that is there must hold. */
async function signerOf(
  ports: DisableCertificatePorts,
  received: ReceivedDisable,
  party: Party,
  now: Date,
): Promise<UsableCertificate | undefined | { readonly before: Disabled }> {
  if (received.signature === undefined) return undefined;
  try {
    const { certificate } = await verifySender(ports, received, { participant: party.finId, now });
    return certificate;
  } catch (error) {
    // The first time it may have disabled the very certificate that signed it: the same bytes hear the same.
    if (!(error instanceof Refusal) || error.code !== 'CERTIFICATE_NOT_ACTIVE') throw error;
    const envelope = addressedEnvelope(received.body, party, ports.node);
    const before = await knownBefore(ports, received, envelope).catch((other) => {
      if (other instanceof Refusal) return undefined;
      throw other;
    });
    if (!before) throw error;
    return { before };
  }
}

async function knownBefore(
  ports: DisableCertificatePorts,
  received: ReceivedDisable,
  { header }: AddressedEnvelope,
): Promise<Disabled | undefined> {
  const known = await ports.enrolments.knownMessage(header.sender.finId, header.messageId);
  if (!known) return undefined;
  const same = known.digest === createHash('sha256').update(received.body).digest('hex');
  const record = same ? await ports.disables.find(known.subject) : undefined;
  if (!record) throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id', found: header.messageId });
  return { ...record, ...record.total };
}

interface Act {
  readonly received: ReceivedDisable;
  readonly party: Party;
  readonly envelope: AddressedEnvelope;
  readonly request: DisableRequest;
  readonly signer: UsableCertificate | undefined;
  readonly now: Date;
}

async function carryOut(ports: DisableCertificatePorts, act: Act): Promise<Disabled> {
  const sum = { disabled: [] as Thumbprint[], withdrawn: [] as string[] };
  for (let fruitless = 0; fruitless < 20; ) {
    const { request, now, party } = act;
    const holdings = await ports.disables.holdings(party.finId);
    const plan = planDisable(request, { now, signed: act.signer !== undefined, holdings });
    // A node has no people here who could say the second word: what its API key alone cannot end, it cannot freeze.
    if (plan.outcome === 'SUSPEND' && party.kind !== 'participant') throw new Refusal('SIGNATURE_MISSING');
    const targets = plan.outcome === 'END' ? lastTheSigner([...plan.disables, ...plan.withdraws], act) : [];
    if (act.signer && !targets.every((target) => isOwn(target, act.signer!)))
      await requireFullSay(ports.enrolments, act.signer, now);
    const batch = endedAtOnce(targets, ports.role, operatorsOf(ports, party, targets));
    const isLast = batch.length === targets.length;
    const record = await commit(ports, act, { plan, batch, isLast, sum });
    if (record === 'KNOWN') return (await knownBefore(ports, act.received, act.envelope))!;
    if (record === 'MOVED') {
      fruitless++;
      continue;
    }
    sum.disabled.push(...record.disabled);
    sum.withdrawn.push(...record.withdrawn);
    if (isLast) return { ...sum, suspended: record.suspended, warnings: record.warnings };
  }
  throw new Error(`certificates of ${act.party.finId} change faster than they can be disabled`);
}

/** A crash between two transactions: the same message, sent again, still has its signer. */
function lastTheSigner(targets: readonly Holding[], { signer }: Act): readonly Holding[] {
  const isSigner = ({ thumbprint }: Holding) => Number(thumbprint === signer?.thumbprint);
  return targets.toSorted((a, b) => isSigner(a) - isSigner(b));
}

/** An incident ends everything on the key. */
const isOwn = (target: Holding, { status }: UsableCertificate) =>
  target.keyThumbprint === status.keyThumbprint;

/** One transaction of those that carry out a plan. */
interface Step {
  readonly plan: DisablePlan;
  readonly batch: readonly Holding[];
  readonly isLast: boolean;
  /** What those before it ended. */
  readonly sum: Pick<Disabled, 'disabled' | 'withdrawn'>;
}

function recordOfStep(id: string, act: Act, { plan, batch, sum }: Step): DisableRecord {
  const ended = recordOf(
    {
      id,
      participant: act.party.finId,
      origin: act.signer ? 'signature' : 'apiKey',
      cause: act.request.cause,
      reason: act.request.reason,
      at: act.now,
      suspended: plan.outcome === 'SUSPEND',
      warnings: plan.warnings,
      messageId: act.envelope.header.messageId,
    },
    batch,
  );
  const total = {
    disabled: [...sum.disabled, ...ended.disabled],
    withdrawn: [...sum.withdrawn, ...ended.withdrawn],
  };
  return { ...ended, ...(total.disabled.length + total.withdrawn.length > batch.length && { total }) };
}

async function commit(
  ports: DisableCertificatePorts,
  act: Act,
  step: Step,
): Promise<DisableRecord | 'MOVED' | 'KNOWN'> {
  const { received, party, request, now } = act;
  const { plan, batch, isLast } = step;
  const signedBy = act.signer?.thumbprint;
  const { messageId } = act.envelope.header;
  const record = recordOfStep(ports.ids.next(), act, step);
  const isNew = record.suspended && !(await ports.disables.suspended(party.finId));
  const by = { kind: 'apiKey', keyId: received.caller.keyId } as const;
  const first = isNew ? await firstWord(ports, { party, by, reason: request.reason, now }) : undefined;
  const change = disableChange({
    record,
    role: ports.role,
    actor: {
      kind: party.kind,
      finId: party.finId,
      apiKeyId: received.caller.keyId,
      // Whose signature it was stands in the record beside the message itself; the others name its id.
      ...(signedBy && isLast && { thumbprint: signedBy }),
    },
    evidenceId: ports.ids.next(),
    codes: { active: 'DISABLED', pending: 'WITHDRAWN' },
    by: received.caller.keyId,
    holdings: batch,
    // It stands already, and everybody heard of it then.
    quiet: record.suspended && !isNew,
    audience: record.suspended ? (first?.audience ?? nobody) : await audienceOf(ports, party, batch),
    ...(first && { suspension: first.suspension }),
    ...(isLast && { sources: [messageSource(party.finId, messageId, received.body)] }),
  });
  const outcome = await ports.disables.commit({
    ...change,
    ...(isLast && { message: { sender: party.finId, messageId, ...original(received) } }),
    ...(plan.outcome === 'END' && plan.mustStayActive && { mustStayActive: plan.mustStayActive }),
  });
  return outcome === 'DONE' ? record : outcome;
}

const nobody: Audience = { people: [], operators: [] };

async function audienceOf(
  ports: DisableCertificatePorts,
  party: Party,
  ended: readonly Holding[],
): Promise<Audience> {
  const people = await peopleToTell(ports.people, party.finId);
  return { people, operators: operatorsOf(ports, party, ended) };
}

function operatorsOf(
  { role }: Pick<DisableCertificatePorts, 'role'>,
  party: Party,
  ended: readonly Holding[],
): readonly string[] {
  if (role === 'payoutOperator' || party.kind !== 'participant') return [];
  const accepting = ended.flatMap(({ status }) => status?.acceptingOperators ?? []);
  return [...new Set([...party.payoutOperators, ...accepting])];
}

function messageSource(sender: string, messageId: string, body: Uint8Array) {
  const sha256 = createHash('sha256').update(body).digest('base64url');
  return { kind: 'message', sha256, item: `MSG#${sender}#${messageId}|MESSAGE` };
}

function original({ body, signature }: ReceivedDisable): OriginalMessage {
  return signature === undefined ? { bytes: body } : { bytes: body, signature };
}

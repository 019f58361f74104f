// Has this payout operator answered what we say of a disable? One attempt: its answer ends the task, anything else is
// tried again by statemachines/disable.asl.json, with the same bytes and ids. Given up, that is written down and rings,
// and the daily pass starts the telling again; who has to be told was decided with the disable itself.

import { forwardEntryId } from '../../core/disable/forward.ts';
import type { DisableRecord, DisableStore, UndeliveredDisables } from '../../core/disable/ports.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import type { Ids } from '../../core/ports.ts';
import type { Delivered } from '../deliver-message/deliver-message.ts';
import { type ForwardPorts, forwardDisableTo } from '../deliver-message/disable-deliveries.ts';

export interface ForwardDisablePorts extends ForwardPorts {
  readonly ids: Ids;
  readonly disables: Pick<DisableStore, 'find'>;
  readonly undelivered: Pick<UndeliveredDisables, 'note' | 'end'>;
  readonly log: {
    say(
      code: 'DISABLE_POSTPONED' | 'DISABLE_NOT_DELIVERED',
      fields: { readonly disableId: string; readonly payoutOperator: string; readonly error: string },
    ): void;
  };
}

export interface ForwardDisableInput {
  readonly disableId: string;
  /** fin_id of the node to be told. */
  readonly operator: string;
  /** The error of the last attempt, where the workflow has given up. */
  readonly gaveUp?: string;
}

export type ForwardDisableOutcome = { readonly outcome: 'TOLD' | 'NOT_DELIVERED' };

/** A rule of theirs said no: what we say should never be refused, and saying it again changes nothing. */
class DisableRefused extends Error {
  constructor(code: string) {
    super(code);
    this.name = 'DisableRefused';
  }
}

/** @throws Transient TransientOperatorSilent, DisableRefused, Refusal DISABLE_UNKNOWN */
export async function forwardDisable(
  ports: ForwardDisablePorts,
  input: ForwardDisableInput,
): Promise<ForwardDisableOutcome> {
  const { disableId, operator, gaveUp } = input;
  const record = await ports.disables.find(disableId);
  if (!record) throw new Refusal('DISABLE_UNKNOWN');
  if (gaveUp !== undefined) return giveUp(ports, record, operator, gaveUp);
  const delivered = await attempt(ports, record, operator);
  if (delivered.outcome === 'REFUSED') throw new DisableRefused(delivered.code);
  if (delivered.outcome === 'NOT_NOW') throw postponed(ports, input, delivered.because);
  await ports.undelivered.end(disableId, operator, evidenceOf(ports, record, operator, 'disableDelivered'));
  return { outcome: 'TOLD' };
}

/** Whatever hinders an attempt, the operator has not answered: the next one may find it mended. */
async function attempt(
  ports: ForwardDisablePorts,
  record: DisableRecord,
  operator: string,
): Promise<Delivered> {
  try {
    const entry = { id: forwardEntryId(record.id, operator), createdAt: record.at };
    return await forwardDisableTo(ports, record, operator, entry);
  } catch (error) {
    const input = { disableId: record.id, operator };
    throw postponed(ports, input, (error as { code?: string }).code ?? (error as Error).name);
  }
}

function postponed(
  ports: ForwardDisablePorts,
  { disableId, operator }: ForwardDisableInput,
  because: string,
): Transient {
  ports.log.say('DISABLE_POSTPONED', { disableId, payoutOperator: operator, error: because });
  return new Transient('TransientOperatorSilent', because);
}

/** Rings at each attempt of it: the record may have been written before a crash, the alarm not. */
async function giveUp(
  ports: ForwardDisablePorts,
  record: DisableRecord,
  operator: string,
  error: string,
): Promise<ForwardDisableOutcome> {
  const { id } = record;
  const evidence = { ...evidenceOf(ports, record, operator, 'disableNotDelivered'), facts: { error } };
  await ports.undelivered.note(id, operator, evidence);
  ports.log.say('DISABLE_NOT_DELIVERED', { disableId: id, payoutOperator: operator, error });
  return { outcome: 'NOT_DELIVERED' };
}

function evidenceOf(
  { ids, clock }: Pick<ForwardDisablePorts, 'ids' | 'clock'>,
  { id, participant }: DisableRecord,
  operator: string,
  what: 'disableDelivered' | 'disableNotDelivered',
): EvidenceRecord {
  return {
    id: ids.next(),
    scope: participant,
    kind: `certificate.${what}`,
    at: clock.now(),
    actor: { kind: 'node', function: 'forward-disable' },
    subjects: { disableId: id, peer: operator },
  };
}

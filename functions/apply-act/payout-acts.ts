// What do the acts about payouts change? A participant's limits and payment rules, told to its people; and the outcome
// of a payout that nobody else can tell any more: its limit is released where no money moved.

import { Refusal } from '../../core/errors.ts';
import type { PayoutSettings } from '../../core/payout/admission.ts';
import { changedLimits } from '../../core/payout/limit-change.ts';
import { type Making, payoutEvidence, tell, toExecute } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { payoutPolicy } from '../../core/policy.ts';
import { type ActContext, type Applied, type ApplyActPorts, accessChanged, nothing } from './applying.ts';

export function raiseLimits(
  ports: ApplyActPorts,
  parameters: ActParameters['limits.raise'],
  context: ActContext,
) {
  return limits(ports, parameters, context, 'raise');
}

export function lowerLimits(
  ports: ApplyActPorts,
  parameters: ActParameters['limits.lower'],
  context: ActContext,
) {
  return limits(ports, parameters, context, 'lower');
}

async function limits(
  ports: ApplyActPorts,
  { participant, ...change }: ActParameters['limits.raise'],
  context: ActContext,
  direction: 'raise' | 'lower',
): Promise<Applied> {
  const { version, ...standing } = await settingsOf(ports, participant);
  const settings = changedLimits(standing, change, direction);
  return set(ports, { participant, settings, version }, context, `limits.${direction}`);
}

export async function changePolicy(
  ports: ApplyActPorts,
  { participant, several_operators: severalOperators }: ActParameters['policy.change'],
  context: ActContext,
): Promise<Applied> {
  const { version, ...standing } = await settingsOf(ports, participant);
  return set(ports, { participant, settings: { ...standing, severalOperators }, version }, context, 'policy');
}

async function settingsOf(ports: ApplyActPorts, participant: string) {
  if ((await ports.parties.party(participant))?.kind !== 'participant')
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'participant',
      expected: 'a known participant',
    });
  return ports.payoutSettings(participant);
}

async function set(
  ports: ApplyActPorts,
  { participant, settings, version }: { participant: string; settings: PayoutSettings; version: number },
  { actId, now }: ActContext,
  what: string,
): Promise<Applied> {
  return {
    ...nothing,
    grants: [{ noun: 'payoutSettings', participant, settings, version: version + 1 }],
    mails: await accessChanged(ports, participant, what, { actId, now }),
    subjects: { participant },
  };
}

/** Two people stand in for the word that does not come: they asked the bank's core, or the operator, by other means. */
export async function settlePayout(
  ports: ApplyActPorts,
  { participant, transaction_id, outcome }: ActParameters['payout.settle'],
  { actId, now }: ActContext,
): Promise<Applied> {
  const payout = await ports.payouts.find(participant, transaction_id);
  if (!payout || !isStuck(ports, payout, now))
    throw new Refusal('PAYOUT_NOT_STUCK', { found: payout?.state ?? 'nothing' });
  const making: Making = {
    evidenceId: ports.ids.next(),
    entryId: ports.ids.next(),
    responseId: ports.ids.next(),
    by: 'apply-act',
    now,
  };
  const response = {
    id: making.responseId,
    status: outcome === 'ok' ? 'ok' : 'error',
    message: outcome === 'ok' ? '' : `Decided by two node operators of ${ports.nodeFinId}.`,
    at: now,
  };
  const evidence = payoutEvidence(payout, 'payout.decided', making, { actId, status: outcome }, outcome);
  const receiver = ports.role === 'network' ? payout.participant : payout.network;
  const kind = ports.role === 'network' ? ('payout.respond' as const) : ('payout.answer' as const);
  const told = receiver === undefined ? [] : [tell(kind, payout, receiver, making)];
  // Whatever asked the core until now may have been given up: what moves after all must still be heard.
  const asksAt = new Date(now.getTime() + payoutPolicy.openTooLong);
  const asks = ports.role === 'network' ? [] : [toExecute(ports.ids.next(), payout, now, asksAt)];
  const move = {
    from: payout,
    to: outcome,
    response,
    release: outcome === 'error',
    evidence: [],
    outbox: [],
  };
  return {
    ...nothing,
    grants: [{ noun: 'payoutMove', move }],
    subjects: { participant, transactionId: payout.transactionId },
    effects: { evidence: [evidence], outbox: [...told, ...asks] },
  };
}

/**
 * At a payout operator: its core was called and does not say, for longer than any call takes; or it was not, and may not be
 * any more, and the core cannot be asked. At the network: nothing of it may be started any more, and the payout operator
 * was asked.
 */
function isStuck({ role }: ApplyActPorts, payout: Payout, now: Date): boolean {
  const age = now.getTime() - payout.createdAt.getTime();
  const overdue = age > payoutPolicy.openTooLong;
  if (role === 'payoutOperator' && payout.state === 'received')
    return overdue && payout.notAfter !== undefined && now > payout.notAfter;
  if (role === 'payoutOperator') return payout.state === 'executing' && overdue;
  return payout.state === 'pending' && age > payoutPolicy.forwardLife;
}

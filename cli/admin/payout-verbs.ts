// What a participant may pay, and what became of a payout, from the command line.

import { payoutPolicy } from '../../core/policy.ts';
import type { Call, Outcome, Verb } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { type ActJson, adminApi } from './admin-api.ts';
import { listed, participant, proposed, proposes, reason } from './propose.ts';

export const payoutVerbs: Readonly<Record<string, Verb>> = {
  limits: {
    summary: 'what a participant may pay a day and to one creditor: show, or propose to raise or lower it',
    positionals: [{ name: 'action', help: 'show, raise or lower' }],
    options: {
      participant,
      currency: {
        type: 'string',
        value: '<code>',
        help: `${Object.keys(payoutPolicy.currencies).join(', ')}; needed to raise and to lower`,
      },
      day: {
        type: 'string',
        value: '<amount>',
        help: 'of the participant and day; needed to raise and to lower',
      },
      creditor: {
        type: 'string',
        value: '<amount>',
        help: 'to one creditor and day; needed to raise and to lower',
      },
      reason: { ...reason, required: false, help: 'why; needed to raise and to lower' },
    },
    notes:
      'Raising and lowering propose an act: two node operators sign to raise, one to lower. Each node has its own limits: change them at both.',
    run: limits,
  },
  'change-policy': proposes(
    'let a participant’s messages name several payout operators, or not any longer',
    'policy.change',
    {
      participant,
      'several-operators': {
        type: 'string',
        value: 'yes|no',
        required: true,
        help: 'each sees the whole message',
      },
    },
    (call) => ({
      participant: call.required('participant'),
      several_operators: call.oneOf('several-operators', ['yes', 'no']) === 'yes',
    }),
  ),
  'settle-payout': proposes(
    'decide what became of a payout that nobody can tell any more',
    'payout.settle',
    {
      participant,
      transaction: {
        type: 'string',
        value: '<id>',
        required: true,
        help: 'the participant’s transaction_id',
      },
      outcome: { type: 'string', value: 'ok|error', required: true, help: 'whether the money moved' },
    },
    (call) => ({
      participant: call.required('participant'),
      transaction_id: call.required('transaction'),
      outcome: call.oneOf('outcome', ['ok', 'error']),
    }),
  ),
};

interface LimitsJson {
  readonly limits: readonly { readonly currency: string; readonly day: string; readonly creditor: string }[];
  readonly own: boolean;
}

async function limits(call: Call): Promise<Outcome> {
  const action = ['show', 'raise', 'lower'].find((one) => one === call.argument(0));
  if (!action) throw new UsageError(`expected show, raise or lower, found "${call.argument(0)}"`);
  const of = call.required('participant');
  const api = adminApi(call.terminal);
  if (action !== 'show') {
    const [currency, day, creditor] = ['currency', 'day', 'creditor'].map((name) => call.required(name));
    const parameters = { participant: of, currency, day, creditor };
    const body = { kind: `limits.${action}`, parameters, reason: call.required('reason') };
    return proposed(await api.post<ActJson>('acts', body));
  }
  const body = await api.get<LimitsJson>(`limits/${encodeURIComponent(of)}`);
  const rows = body.limits.map(
    ({ currency, day, creditor }) => [currency, `${day} a day, ${creditor} to one creditor`] as const,
  );
  return listed(body, [...rows, ['set', body.own ? 'for this participant' : 'by policy'] as const], '');
}

// Which writes change the state of an enrolment together with its status item? To active by a seal, to an end by taking
// the seal away; each under the condition that nobody wrote it meanwhile. Who commits them, and with what else, is in
// enrolment.ts, disables.ts and ledger.ts.

import { transitionFor } from '../../core/certificate/lifecycle.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { Activation, Move } from '../../core/enrolment/ports.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import { statusKey } from './certificate-items.ts';
import { enrolmentItem, openKey } from './enrolment-items.ts';
import { all, equals, keyName, type Write } from './table.ts';

export const unchanged = (from: Enrolment) => equals('version', from.version);

export function madeActive({ from, steps }: Pick<Activation, 'from' | 'steps'>): Enrolment {
  const state = { networkStatus: 'active', validity: 'valid' } as const;
  return { ...from, ...state, steps: [...from.steps, ...steps], version: from.version + 1 };
}

/** The enrolment's part of an activation by an act; its status item is sealed in the same transaction. */
export const activeWrite = (activation: Pick<Activation, 'from' | 'steps'>): Write => ({
  put: enrolmentItem(madeActive(activation)),
  when: all(equals('version', activation.from.version), equals('networkStatus', 'pending')),
});

interface EndOfEnrolment {
  readonly written: Enrolment;
  readonly writes: readonly Write[];
  /** What the evidence says of the status item that it takes away; undefined where there was none. */
  readonly mark: StateMark | undefined;
}

/** For a transaction that ends one or several enrolments; the condition says that nobody wrote them meanwhile. */
export function endingWrites(
  move: Pick<Move, 'from' | 'to' | 'code' | 'retryable' | 'steps'>,
  at: Date | undefined,
): EndOfEnrolment {
  const { from, to } = move;
  const event = eventFor(from, to);
  if (!transitionFor(event, from)) throw new TypeError(`no transition ${event} from ${from.networkStatus}`);
  const written: Enrolment = {
    ...from,
    ...to,
    ...(move.code === undefined ? {} : { code: move.code }),
    ...(move.retryable === undefined ? {} : { retryable: move.retryable }),
    steps: [...from.steps, ...move.steps],
    version: from.version + 1,
  };
  const writes: Write[] = [{ put: enrolmentItem(written), when: unchanged(from) }];
  // Pending or active, it kept others of the same certificate from starting; from now on one may.
  const wasOpen = from.networkStatus === 'pending' || from.networkStatus === 'active';
  if (wasOpen) writes.push({ delete: openKey(from.participant, from.thumbprint) });
  // Only what was active has a status item.
  if (from.networkStatus === 'pending' || from.networkStatus === 'rejected')
    return { written, writes, mark: undefined };
  return { written, writes: [...writes, takeAway(from, to, move.code, at)], mark: takenAway(from, to) };
}

/** For the evidence of {@link takeAway}: audit finds the item put back. */
export const takenAway = (
  from: Pick<Enrolment, 'thumbprint'>,
  { networkStatus, validity }: Move['to'],
): StateMark => ({
  item: keyName(statusKey(from.thumbprint)),
  holds: { networkStatus, validity },
});

/** Taking a right away is one write without a seal; removing the seal makes a raw edit back to `active` worthless. */
export function takeAway(
  from: Pick<Enrolment, 'thumbprint'> & { readonly id: string },
  to: Move['to'],
  code: string | undefined,
  at: Date | undefined,
): Write {
  return {
    update: statusKey(from.thumbprint),
    change: {
      set: { ...to, code, ...(at && { disabledAt: at.toISOString() }) },
      add: { version: 1 },
      remove: ['seal'],
    },
    when: equals('enrolmentId', from.id),
  };
}

function eventFor(from: Enrolment, to: Move['to']): 'REVOKED' | 'EXPIRED' | 'REJECTED' | 'DISABLED' {
  if (to.validity === 'revoked') return 'REVOKED';
  if (to.validity === 'expired') return 'EXPIRED';
  return from.networkStatus === 'pending' ? 'REJECTED' : 'DISABLED';
}

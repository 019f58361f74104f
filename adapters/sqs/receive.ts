// What does a function do with announcements of its queue? Take each entry, have its effect happen, then settle it
// with what came of it, postpone it or give it up. Entries run side by side, so that a slow receiver delays no other.
// What the effects are is the function's own: they must bear to happen twice under the same entry id.

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { Refusal, Transient } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { Clock } from '../../core/ports.ts';
import type { OutboxStore, Taken } from '../dynamodb/outbox.ts';
import type { Write } from '../dynamodb/table.ts';
import type { Log } from '../logger.ts';
import { type Announcer, announcedId } from './announce.ts';

/** The receiver did not take it: try again, not before the time it asked for. */
export class TryAgain extends Error {
  readonly retryAfter: Date | undefined;
  /** Its receiver is not to blame. */
  readonly alone: boolean;

  constructor(message: string, retryAfter?: Date, alone = false) {
    super(message);
    this.name = 'TryAgain';
    this.retryAfter = retryAfter;
    this.alone = alone;
  }
}

/** No attempt can succeed: the entry is given up now, with an alarm. */
export class GiveUp extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GiveUp';
  }
}

/** What a runbook can be looked up by; other words of an error may name people or addresses. */
function codeOf(error: Error): string {
  if (error instanceof Refusal) return error.code;
  return /^[A-Z][A-Z0-9_]{2,63}$/.test(error.message) ? error.message : error.name;
}

/**
 * The effect of one kind of entry. What it returns is written in the transaction that settles the entry.
 * @throws TryAgain, Transient: postponed. GiveUp, Refusal: dead. Anything else: postponed, with an alarm.
 */
export type Effect = (entry: OutboxEntry) => Promise<readonly Write[] | undefined>;

export interface ReceiveOptions {
  readonly store: OutboxStore;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly log: Log;
  readonly effects: { readonly [kind: string]: Effect };
}

/** Only what our own table could not say comes back as a failed message; everything else waits in its entry. */
export function outboxReceiver(options: ReceiveOptions): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { store, clock, log } = options;

  async function handle(id: string): Promise<void> {
    const taken = await store.take(id, clock.now());
    if (!taken) return;
    try {
      const effect = options.effects[taken.kind];
      if (!effect) throw new GiveUp(`no effect of kind "${taken.kind}"`);
      await store.settle(taken, await effect(taken));
    } catch (error) {
      await afterError(taken, error);
    }
  }

  async function afterError(taken: Taken, error: unknown): Promise<void> {
    const { id: entryId, kind, queue, attempts } = taken;
    const fields = { entryId, kind, queue, attempts, error: codeOf(error as Error) };
    const expected = error instanceof TryAgain || error instanceof Transient;
    if (error instanceof GiveUp || error instanceof Refusal) {
      await store.giveUp(taken, clock.now());
      log.say('OUTBOX_DEAD', fields);
      return;
    }
    if (!expected) log.say('FAULT', fields);
    // A fault is our own: whoever was to hear this one has not failed.
    const again = error instanceof TryAgain ? error : { retryAfter: undefined, alone: !expected };
    const next = await store.postpone(taken, clock.now(), again.retryAfter, again.alone);
    log.say(next ? 'OUTBOX_POSTPONED' : 'OUTBOX_DEAD', fields);
    if (next) await options.announcer.announce([next]);
  }

  return async ({ Records }) => {
    const failures = await Promise.all(
      Records.map(async ({ body, messageId }) => {
        const id = announcedId(body);
        try {
          if (id !== undefined) await handle(id);
          return [];
        } catch (error) {
          log.say('FAULT', { entryId: id, error: (error as Error).name });
          return [{ itemIdentifier: messageId }];
        }
      }),
    );
    return { batchItemFailures: failures.flat() };
  };
}

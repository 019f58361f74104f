// who records that a certificate has expired, when it is loaded before the daily pass came by? Whoever meets it
// asks for that pass over its participant at once, by one entry of the outbox for each certificate. The clock has refused
// it already.

import type { CertificateStatus } from '../core/enrolment/enrolment.ts';
import { newOutboxEntry, type OutboxEntry } from '../core/outbox.ts';
import type { Clock } from '../core/ports.ts';
import { ConditionFailed } from './dynamodb/table.ts';

export interface ExpiryOnLoadParts {
  readonly clock: Clock;
  readonly enqueue: (entry: OutboxEntry) => Promise<void>;
}

/** Gives the status back as it is: what counts is the clock, not what is recorded. */
export function expiryOnLoad({ clock, enqueue }: ExpiryOnLoadParts) {
  return async <T extends CertificateStatus | undefined>(status: T): Promise<T> => {
    const now = clock.now();
    if (status?.networkStatus !== 'active' || status.validity !== 'valid' || now <= status.notAfter)
      return status;
    const { thumbprint, participant } = status;
    const id = `certificate.expired.${thumbprint}`;
    const refs = { thumbprint, participant };
    try {
      await enqueue(newOutboxEntry({ id, queue: 'execution', kind: 'certificate.expired', refs, now }));
    } catch (error) {
      // Asked for before.
      if (!(error instanceof ConditionFailed)) throw error;
    }
    return status;
  };
}

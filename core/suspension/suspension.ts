// Is everything of a participant frozen, who said so, and whose word comes next (M8, S21)? A flag beside the
// certificates' states, not one of them. Who proves to be whom, and what a confirmation ends, is elsewhere.

import { suspensionPolicy } from '../policy.ts';

export type SuspendedBy =
  /** S table: a disable of the last or of all certificates with the API key alone. */
  | { readonly kind: 'apiKey'; readonly keyId: string }
  | { readonly kind: 'person'; readonly personId: string }
  /** Another node, which has suspended it itself. */
  | { readonly kind: 'node'; readonly finId: string };

export interface Suspension {
  readonly participant: string;
  readonly state: 'unconfirmed' | 'confirmed';
  readonly since: Date;
  readonly by: SuspendedBy;
  readonly reason: string;
  /** Until then a person of the participant confirms; afterwards it is the node operators' turn. It never lapses. */
  readonly confirmBy: Date;
  readonly version: number;
}

export function suspend(participant: string, by: SuspendedBy, reason: string, now: Date): Suspension {
  const confirmBy = new Date(now.getTime() + suspensionPolicy.confirmMs);
  return { participant, state: 'unconfirmed', since: now, by, reason, confirmBy, version: 1 };
}

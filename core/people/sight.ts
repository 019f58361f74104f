// What may this person look at? Everything of the node, or one participant; nobody looks at anything without an office
// in force. It grants no deed: whoever sees an act or a decision here has not been asked to sign it.

import type { ActivePerson, Office } from './person.ts';

const seeingAll: readonly Office[] = ['nodeOperator', 'auditor'];

declare const sighted: unique symbol;
/** Only `sightOf` makes it, from a person who is in office now. */
export type Sight = (
  | { readonly of: 'node' }
  /** fin_id of the one participant. */
  | { readonly of: 'participant'; readonly participant: string }
) & { readonly [sighted]: true };

/** Undefined for a record that names neither the node's own office nor a participant: it sees nothing. */
export function sightOf({ office, participant }: ActivePerson): Sight | undefined {
  if (seeingAll.includes(office)) return { of: 'node' } as Sight;
  if (participant === null) return undefined;
  return { of: 'participant', participant } as Sight;
}

/** The thing itself where it lies in sight; undefined as for what does not exist, so that nobody learns that it does. */
export function inSight<T extends { readonly participant: string | null }>(
  sight: Sight,
  thing: T | undefined,
): T | undefined {
  if (!thing || sight.of === 'node') return thing;
  return thing.participant === sight.participant ? thing : undefined;
}

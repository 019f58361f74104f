// What may apply-act be asked? Four questions, told apart by one member; anything else is a fault of the caller.

import type { AcceptInvitationInput } from './accept-invitation.ts';
import type { VoteOnActInput } from './apply-act.ts';
import type { ChangePasskeyInput } from './change-passkey.ts';
import type { DelegateInput } from './delegate.ts';

export type ApplyActInput =
  | { readonly ask: 'vote'; readonly input: VoteOnActInput }
  | { readonly ask: 'accept'; readonly input: AcceptInvitationInput }
  | { readonly ask: 'passkey'; readonly input: ChangePasskeyInput }
  | { readonly ask: 'delegation'; readonly input: DelegateInput };

export function within<A, B, C, D>(
  event: ApplyActInput,
  answers: {
    readonly vote: (input: VoteOnActInput) => Promise<A>;
    readonly accept: (input: AcceptInvitationInput) => Promise<B>;
    readonly passkey: (input: ChangePasskeyInput) => Promise<C>;
    readonly delegation: (input: DelegateInput) => Promise<D>;
  },
): Promise<A | B | C | D> {
  if (event.ask === 'vote') return answers.vote(event.input);
  if (event.ask === 'accept') return answers.accept(event.input);
  if (event.ask === 'passkey') return answers.passkey(event.input);
  if (event.ask === 'delegation') return answers.delegation(event.input);
  throw new TypeError('expected "vote", "accept", "passkey" or "delegation"');
}

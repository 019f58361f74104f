// What may apply-act be asked? Two questions, told apart by one member; anything else is a fault of the caller.

import type { AcceptInvitationInput } from './accept-invitation.ts';
import type { VoteOnActInput } from './apply-act.ts';

export type ApplyActInput =
  | { readonly ask: 'vote'; readonly input: VoteOnActInput }
  | { readonly ask: 'accept'; readonly input: AcceptInvitationInput };

export function within<A, B>(
  event: ApplyActInput,
  answers: {
    readonly vote: (input: VoteOnActInput) => Promise<A>;
    readonly accept: (input: AcceptInvitationInput) => Promise<B>;
  },
): Promise<A | B> {
  if (event.ask === 'vote') return answers.vote(event.input);
  if (event.ask === 'accept') return answers.accept(event.input);
  throw new TypeError('expected "vote" or "accept"');
}

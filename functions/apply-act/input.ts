// What may apply-act be asked? Three questions, told apart by one member; anything else is a fault of the caller.

import type { AcceptInvitationInput } from './accept-invitation.ts';
import type { VoteOnActInput } from './apply-act.ts';
import type { ChangePasskeyInput } from './change-passkey.ts';

export type ApplyActInput =
  | { readonly ask: 'vote'; readonly input: VoteOnActInput }
  | { readonly ask: 'accept'; readonly input: AcceptInvitationInput }
  | { readonly ask: 'passkey'; readonly input: ChangePasskeyInput };

export function within<A, B, C>(
  event: ApplyActInput,
  answers: {
    readonly vote: (input: VoteOnActInput) => Promise<A>;
    readonly accept: (input: AcceptInvitationInput) => Promise<B>;
    readonly passkey: (input: ChangePasskeyInput) => Promise<C>;
  },
): Promise<A | B | C> {
  if (event.ask === 'vote') return answers.vote(event.input);
  if (event.ask === 'accept') return answers.accept(event.input);
  if (event.ask === 'passkey') return answers.passkey(event.input);
  throw new TypeError('expected "vote", "accept" or "passkey"');
}

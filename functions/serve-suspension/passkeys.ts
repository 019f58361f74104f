// Suspending by passkey: it first says who is there, so that no address is typed and none can be tried, and then signs
// what is being stopped. The second word is behind a link: there one question is enough.

import type { PageAnswer, PageRequest, PagesDoor } from '../../adapters/http/page-request.ts';
import {
  asksQuestion,
  assertionIn,
  identityQuestion,
  question,
  userIn,
} from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import { passkeysAt } from '../../core/people/passkey.ts';
import type { Person } from '../../core/people/person.ts';
import type { PasskeyCeremonies } from '../../core/people/second-factor.ts';
import type { Clock } from '../../core/ports.ts';
import type { SuspensionCause } from '../../core/suspension/suspension.ts';
import type { Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { fill, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import { type SecondWordPorts, secondWordStatement, type WordInput } from './second-word.ts';
import { type SuspendPorts, suspensionStatement } from './suspend.ts';

export interface PasskeyParts {
  readonly clock: Clock;
  readonly door: PagesDoor;
  readonly passkeys: Pick<PasskeyCeremonies, 'ask'>;
}

export function hasPasskey({ clock }: PasskeyParts, { passkeys }: Person): boolean {
  return passkeysAt(passkeys, clock.now()).length > 0;
}

/**
 * @returns the next question, or, once both are answered, who is there
 * @throws Refusal PASSKEY_*
 */
export async function askedPasskey(
  ports: SuspendPorts & PasskeyParts,
  request: PageRequest,
  cause: SuspensionCause,
): Promise<PageAnswer | { readonly personId: string }> {
  const personId = userIn(request);
  if (assertionIn(request) && personId) return { personId };
  if (!asksQuestion(request)) throw new Refusal('PASSKEY_NEEDED');
  const node = ports.door.nodeFinId;
  const signIn = { type: 'apodera/passkey-sign-in/v1' as const, node, nonce: ports.nonce() };
  const assertion = assertionIn(request, 'identity');
  if (!assertion || !personId) return identityQuestion(await ports.passkeys.ask({ statement: signIn }));
  // Whose passkeys are named is told to their owner alone.
  const attempt = { method: 'passkey' as const, assertion };
  await ports.secondFactor.prove({ personId, statement: signIn, attempt, source: request.source });
  const statement = await suspensionStatement(ports, personId, cause);
  if (!statement) throw new Refusal('PASSKEY_UNKNOWN');
  return question(await ports.passkeys.ask({ personId, statement }));
}

/** @throws Refusal SUSPENSION_*, PASSKEY_* */
export async function askedWord(
  ports: SecondWordPorts & PasskeyParts,
  request: PageRequest,
  word: Pick<WordInput, 'linkId' | 'word'>,
  { personId }: Person,
): Promise<PageAnswer> {
  if (!asksQuestion(request)) throw new Refusal('PASSKEY_NEEDED');
  return question(await ports.passkeys.ask({ personId, statement: await secondWordStatement(ports, word) }));
}

export function passkeyProblem({ code }: Refusal, frame: Frame): Problem {
  const { problems } = textsIn(frame.locale);
  const text = code === 'PASSKEY_NEEDED' ? problems.PASSKEY_SCRIPT : problems[code as ProblemText];
  const shown = code.startsWith('PASSKEY_') && text ? text : problems.SIGN_IN_PASSKEY;
  return { field: 'passkey', text: fill(shown, { node: frame.nodeName }) };
}

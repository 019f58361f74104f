// How do page functions ask for a second factor? By invoking the one function that checks it: they hold no key and
// read no password hash.

import { Refusal, type RefusalCode, type RefusalDetail, Transient } from '../../core/errors.ts';
import type { Proof } from '../../core/people/proof.ts';
import type { PasskeyCeremonies, SecondFactor } from '../../core/people/second-factor.ts';
import type { Statement } from '../../core/people/statement.ts';
import { invoke, type Lambda } from './invoke.ts';

/** What an invoked function of ours answers: its outcome, or a refusal as data. */
export type Answer<T> =
  | { readonly outcome: 'DONE'; readonly result: T }
  | { readonly outcome: 'REFUSED'; readonly code: RefusalCode; readonly detail?: RefusalDetail };

/** @throws Refusal as the function gave it; Transient where it could not be reached or failed */
export async function invoked<T>(client: Lambda, functionName: string, input: object): Promise<T> {
  const Payload = Buffer.from(JSON.stringify(input));
  const reply = await invoke(client, { FunctionName: functionName, Payload });
  if (reply.FunctionError) throw new Transient('TransientFunctionFailed', 'an invoked function failed');
  const answer = JSON.parse(Buffer.from(reply.Payload ?? []).toString('utf8')) as Answer<T>;
  if (answer.outcome === 'REFUSED') throw new Refusal(answer.code, answer.detail ?? {});
  return answer.result;
}

/** The other end: turns a use case's refusal into data. */
export async function answered<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { outcome: 'DONE', result: await work() };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: 'REFUSED', code: error.code, detail: error.detail };
    throw error;
  }
}

export function lambdaSecondFactor(client: Lambda, functionName: string): SecondFactor {
  return {
    prove: <S extends Statement>(question: object) => invoked<Proof<S>>(client, functionName, question),
  };
}

export function lambdaPasskeys(client: Lambda, functionName: string): PasskeyCeremonies {
  return {
    ask: (question) => invoked(client, functionName, { ask: 'passkey', ...question }),
    askNew: (question) => invoked(client, functionName, { ask: 'newPasskey', ...question }),
    register: (answer) => invoked(client, functionName, { ask: 'register', ...answer }),
  };
}

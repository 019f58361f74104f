// How do a passkey's question and answer travel? The page's script sends the form once as JSON is wanted, gets the
// question, and sends the form again with the answer in a field. Read strictly; what it proves is the verifier's.

import { algorithms } from '../../core/people/authenticator-data.ts';
import { type Assertion, type Attestation, isAssertion, isAttestation } from '../../core/people/passkey.ts';
import type { NewPasskeyQuestion, PasskeyQuestion } from '../../core/people/second-factor.ts';
import type { PageAnswer, PageRequest } from './page-request.ts';

/** The script asks; a browser that sends a form wants a page. */
export function asksQuestion(request: PageRequest): boolean {
  return (request.header('accept') ?? '').startsWith('application/json');
}

export function assertionIn({ form }: PageRequest): Assertion | undefined {
  const value = jsonIn(form.get('passkey'));
  return isAssertion(value) ? value : undefined;
}

export function attestationIn({ form }: PageRequest): Attestation | undefined {
  const value = jsonIn(form.get('new_passkey'));
  return isAttestation(value) ? value : undefined;
}

export function jsonIn(text: string | null): unknown {
  if (!text || text.length > 65_536) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @param keeps fields that the form is to send along with the answer */
export function question(get: PasskeyQuestion, keeps: Readonly<Record<string, string>> = {}): PageAnswer {
  return json({ get, field: 'passkey', keeps, last: true });
}

/** @param last whether the form is sent when the passkey was made; otherwise it asks again */
export function newQuestion(asked: NewPasskeyQuestion, nodeName: string, last: boolean): PageAnswer {
  return json({ create: { ...asked, rpName: nodeName, algorithms }, field: 'new_passkey', last });
}

function json(body: object): PageAnswer {
  return { status: 200, body: JSON.stringify(body), contentType: 'application/json; charset=utf-8' };
}

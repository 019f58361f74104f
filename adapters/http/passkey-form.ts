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

/** @param field `identity` where a passkey first says who is there */
export function assertionIn(
  { form }: PageRequest,
  field: 'passkey' | 'identity' = 'passkey',
): Assertion | undefined {
  const value = jsonIn(form.get(field));
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

/** Who is there? Answered by whichever passkey the person picks; the form then asks for what it signs. */
export function identityQuestion(get: PasskeyQuestion): PageAnswer {
  return json({ get, field: 'identity', last: false });
}

/** The passkey's user handle is the person's id; which keys belong to it is the sealed record's word. */
export function userIn({ form }: PageRequest): string | undefined {
  const id = Buffer.from(form.get('passkey_user') ?? '', 'base64url').toString('utf8');
  return /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : undefined;
}

/** @param last whether the form is sent when the passkey was made; otherwise it asks again */
export function newQuestion(asked: NewPasskeyQuestion, nodeName: string, last: boolean): PageAnswer {
  return json({ create: { ...asked, rpName: nodeName, algorithms }, field: 'new_passkey', last });
}

function json(body: object): PageAnswer {
  return { status: 200, body: JSON.stringify(body), contentType: 'application/json; charset=utf-8' };
}

// What the pages' script does with a form, over the door in memory: asks, lets the authenticator answer, sends again.

import type { PageAnswer } from '../../adapters/http/page-request.ts';
import type { Assertion } from '../../core/people/passkey.ts';
import type { Authenticator } from './authenticator.ts';
import type { Visit } from './people-door.ts';

interface Door {
  readonly visit: (target: string, how?: Visit) => Promise<PageAnswer>;
}

interface Question {
  readonly get?: { readonly challenge: string; readonly credentialIds: readonly string[] };
  readonly create?: { readonly challenge: string; readonly user: { readonly id: string } };
  readonly field: string;
  readonly keeps?: Record<string, string>;
  readonly last: boolean;
}

export interface Pressed {
  readonly session?: string;
  /** Changes the answer on its way, or the fields that go along. */
  readonly change?: (fields: Record<string, string>) => Record<string, string>;
  /** The device that makes a new passkey; otherwise the one that answers. */
  readonly maker?: Authenticator;
  /** Who the device says its owner is, at a sign-in. */
  readonly user?: string;
}

export const json = { accept: 'application/json' };

/** Presses the button: every question answered by this device, then the form as a browser sends it. */
export async function press(
  door: Door,
  path: string,
  form: Record<string, string>,
  device: Authenticator,
  { session, change = (fields) => fields, maker = device, user }: Pressed = {},
): Promise<PageAnswer> {
  let fields = form;
  const about: Visit = session ? { session } : {};
  for (let questions = 0; questions < 3; questions++) {
    const asked = await door.visit(path, { ...about, form: fields, headers: json });
    if (!asked.contentType?.startsWith('application/json')) break;
    const question = JSON.parse(asked.body!) as Question;
    const answer: Assertion | object = question.get
      ? device.get(question.get.challenge)
      : maker.create(question.create!.challenge);
    fields = { ...fields, [question.field]: JSON.stringify(answer), ...question.keeps };
    if (user) fields = { ...fields, passkey_user: Buffer.from(user).toString('base64url') };
    if (question.last) break;
  }
  return door.visit(path, { ...about, form: change(fields) });
}

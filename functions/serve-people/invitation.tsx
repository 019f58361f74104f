// The pages of an invitation: the code from another way, then a passkey, or password and authenticator, set by the
// invited person alone. Looking changes nothing; what is set is set by the one function that seals people.

import { randomBytes } from 'node:crypto';
import {
  formToken,
  isOwnForm,
  type PageAnswer,
  type PageRequest,
  type PagesDoor,
} from '../../adapters/http/page-request.ts';
import { asksQuestion, attestationIn, newQuestion } from '../../adapters/http/passkey-form.ts';
import { Refusal } from '../../core/errors.ts';
import { admitInvitation, type Invitation } from '../../core/people/invitation.ts';
import type { Person } from '../../core/people/person.ts';
import type { Invitations, Links, Parties, People } from '../../core/people/ports.ts';
import type { PasskeyCeremonies } from '../../core/people/second-factor.ts';
import { newTotpSecret, otpauthUri } from '../../core/people/totp.ts';
import type { Clock } from '../../core/ports.ts';
import { deadEnd, refusedEnd } from '../../pages/dead-end.tsx';
import {
  AcceptedPage,
  type InvitationEnd,
  InvitationEndPage,
  InvitationPage,
  SetUpPage,
} from '../../pages/invitation.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import type { Problem } from '../../pages/parts.tsx';
import { fill, localeFor, type ProblemText, textsIn } from '../../pages/texts/texts.ts';
import {
  type AcceptInvitationInput,
  registrationFor,
  requireInvitation,
} from '../apply-act/accept-invitation.ts';

const part = 'access';

export interface InvitationPorts {
  readonly clock: Clock;
  readonly door: PagesDoor;
  readonly nodeName: string;
  readonly timeZone: string;
  readonly links: Pick<Links, 'find'>;
  readonly invitations: Invitations;
  readonly people: People;
  readonly parties: Pick<Parties, 'party'>;
  readonly passkeys: PasskeyCeremonies;
  readonly passwordFallback: 'allowed' | 'off';
  /** 160 random bits, base64url. */
  readonly nonce: () => string;
  readonly accept: (input: AcceptInvitationInput) => Promise<{ readonly state: Person['state'] }>;
}

interface Invited {
  readonly invitation: Invitation;
  readonly person: Person;
  readonly frame: Frame;
  readonly participant?: string;
}

export async function serveInvitation(
  ports: InvitationPorts,
  request: PageRequest,
  stranger: Frame,
): Promise<PageAnswer> {
  let frame = stranger;
  let invited: Invited | undefined;
  try {
    invited = await find(ports, request, stranger);
    frame = invited.frame;
    // Accepting moves it to `used`: who reloads after that reads what is true.
    if (invited.person.state !== 'invited' && invited.invitation.state === 'used') {
      const page = <AcceptedPage frame={frame} active={invited.person.state === 'active'} />;
      return { status: 200, body: documentOf(page) };
    }
    admitInvitation(invited.invitation, ports.clock.now());
    if (request.method !== 'POST') return askCode(ports, request, invited, []);
    if (!isOwnForm(request, ports.door)) return deadEnd(frame, 'formOld', 403, { part });
    return await post(ports, request, invited);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refused(error, frame, invited?.invitation);
  }
}

async function find(ports: InvitationPorts, request: PageRequest, stranger: Frame): Promise<Invited> {
  const link = await ports.links.find(request.pathParameters.proxy ?? '');
  if (link?.target.kind !== 'invitation') throw new Refusal('LINK_UNKNOWN');
  if (ports.clock.now() >= link.expiresAt) throw new Refusal('LINK_EXPIRED');
  const invitation = await ports.invitations.invitation(link.target.invitationId);
  const person = invitation && (await ports.people.person(invitation.personId));
  if (!invitation || !person || person.state === 'ended') throw new Refusal('LINK_UNKNOWN');
  const party = person.participant ? await ports.parties.party(person.participant) : undefined;
  const frame = {
    ...stranger,
    locale: localeFor(request, person),
    timeZone: party?.timeZone ?? ports.timeZone,
  };
  return { invitation, person, frame, ...(party && { participant: party.name }) };
}

const codeProblems = ['INVITATION_CODE_INCOMPLETE', 'INVITATION_CODE_WRONG'] as const;

async function post(ports: InvitationPorts, request: PageRequest, invited: Invited): Promise<PageAnswer> {
  const { form } = request;
  const { frame, invitation } = invited;
  const problems = textsIn(frame.locale).problems;
  const code = form.get('invitation_code') ?? '';
  try {
    await requireInvitation(ports, { invitationId: invitation.invitationId, code });
  } catch (error) {
    const text = error instanceof Refusal && codeProblems.find((each) => each === error.code);
    if (!text) throw error;
    return askCode(ports, request, invited, [{ field: 'invitation_code', text: problems[text] }]);
  }
  try {
    if (form.get('step') === 'passkey') return await setPasskey(ports, request, invited, code);
    if (form.get('step') === 'set') return await setPassword(ports, request, invited, code);
    return await askFactors(ports, request, invited, []);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = problems[error.code as ProblemText];
    if (!text) throw error;
    const shown = fill(text, { node: frame.nodeName });
    return askFactors(ports, request, invited, [{ field: fieldOf(error.code, form), text: shown }]);
  }
}

function fieldOf(code: string, form: URLSearchParams): string {
  if (form.get('step') === 'passkey') return 'passkey';
  return code.startsWith('PASSWORD') ? 'password' : 'totp';
}

async function setPassword(
  ports: InvitationPorts,
  request: PageRequest,
  invited: Invited,
  code: string,
): Promise<PageAnswer> {
  const { form } = request;
  const password = form.get('password') ?? '';
  if (password !== form.get('password_again')) {
    const text = textsIn(invited.frame.locale).problems.PASSWORD_DIFFERENT;
    return askFactors(ports, request, invited, [{ field: 'password_again', text }]);
  }
  const [totpSecret, totp] = [form.get('totp_secret') ?? '', form.get('totp') ?? ''];
  const { invitationId } = invited.invitation;
  await ports.accept({ invitationId, code, password, totpSecret, totp });
  return { status: 303, location: request.path };
}

/** First the question, as the page's script wants it; then the new passkey itself. */
async function setPasskey(
  ports: InvitationPorts,
  request: PageRequest,
  invited: Invited,
  code: string,
): Promise<PageAnswer> {
  const { invitationId } = invited.invitation;
  const { personId } = invited.person;
  const attestation = attestationIn(request);
  if (attestation) {
    const registration = await ports.passkeys.register({ personId, attestation });
    await ports.accept({ invitationId, code, registration });
    return { status: 303, location: request.path };
  }
  if (!asksQuestion(request)) {
    const text = textsIn(invited.frame.locale).problems.PASSKEY_SCRIPT;
    return askFactors(ports, request, invited, [{ field: 'passkey', text }]);
  }
  const about = registrationFor(ports.door.nodeFinId, personId, invitationId);
  const asked = await ports.passkeys.askNew({ personId, statement: { ...about, nonce: ports.nonce() } });
  return newQuestion(asked, ports.nodeName, true);
}

function askCode(
  ports: InvitationPorts,
  request: PageRequest,
  { frame, person, participant }: Invited,
  problems: readonly Problem[],
): PageAnswer {
  const { token, cookies } = formToken(request, ports.door);
  const props = {
    frame,
    office: person.office,
    formToken: token,
    problems,
    ...(participant && { participant }),
  };
  return {
    status: problems.length > 0 ? 422 : 200,
    body: documentOf(<InvitationPage {...props} />),
    cookies,
  };
}

async function askFactors(
  ports: InvitationPorts,
  request: PageRequest,
  { frame, person }: Invited,
  problems: readonly Problem[],
): Promise<PageAnswer> {
  const { token, cookies } = formToken(request, ports.door);
  const contact = await ports.people.contact(person);
  // A secret that the app has read already is kept while the form has problems.
  const known = request.form.get('totp_secret') ?? '';
  const totpSecret = /^[A-Z2-7]{32}$/.test(known) ? known : newTotpSecret(randomBytes(20));
  const page = (
    <SetUpPage
      frame={frame}
      formToken={token}
      problems={problems}
      invitationCode={request.form.get('invitation_code') ?? ''}
      totpSecret={totpSecret}
      otpauthUri={otpauthUri(totpSecret, ports.nodeName, contact?.email ?? person.personId)}
      fallback={ports.passwordFallback === 'allowed'}
    />
  );
  return { status: problems.length > 0 ? 422 : 200, body: documentOf(page), cookies, script: true };
}

const ends: Partial<Record<string, InvitationEnd>> = {
  INVITATION_USED: 'used',
  INVITATION_EXPIRED: 'expired',
  INVITATION_NOT_YET: 'notYet',
  TRIES_EXHAUSTED: 'locked',
};

function refused(error: Refusal, frame: Frame, invitation: Invitation | undefined): PageAnswer {
  const what = ends[error.code];
  if (what && invitation) {
    const page = (
      <InvitationEndPage frame={frame} what={what} opensAt={invitation.opensAt} code={error.code} />
    );
    return { status: what === 'notYet' ? 200 : 410, body: documentOf(page) };
  }
  if (error.code === 'INVITATION_UNKNOWN')
    return deadEnd(frame, 'linkUnknown', 404, { part, code: error.code });
  return refusedEnd(error, frame, { part });
}

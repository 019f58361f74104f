// What does each mail say? Nothing that a submitter wrote, no code, no secret but the link's id. Names come from our
// own sealed records; the PSC's from the profile or the issuer's own name in a validated chain.

import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { Decision } from '../../core/people/decision.ts';
import type { Office } from '../../core/people/person.ts';
import { type MailTexts, mailTextsIn } from '../texts/mails.ts';
import { fill, type SharedTexts, sharedTextsIn } from '../texts/shared.ts';
import { dateText, endingText, momentText, type Place, rotationCommand } from '../when.ts';
import type { Letter } from './mail.tsx';

export interface Envelope extends Place {
  readonly nodeName: string;
  /** `https://pages.example.com` */
  readonly origin: string;
  /** Name of the participant that it is about; absent where it is about the node. */
  readonly participant?: string;
}

export interface CertificateFacts {
  readonly holder?: string;
  readonly psc: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: 'signing' | 'transport';
}

export interface Question {
  readonly decision: Pick<Decision, 'office' | 'expiresAt'>;
  readonly certificate: CertificateFacts;
  readonly link: string;
  /** 0: the first mail. */
  readonly reminder: number;
}

type Texts = SharedTexts & { readonly mails: MailTexts };

/** Texts and the frame of every letter. */
export const base = (envelope: Envelope) => {
  const texts: Texts = { ...sharedTextsIn(envelope.locale), mails: mailTextsIn(envelope.locale) };
  const names = { participant: envelope.participant ?? '', node: envelope.nodeName };
  const said = (text: string, more: Record<string, string | number> = {}) =>
    fill(text, { ...names, ...more });
  const letter = (subject: string, first: string, more: Partial<Letter> = {}): Letter => ({
    locale: envelope.locale,
    nodeName: envelope.nodeName,
    subject,
    first,
    facts: [],
    paragraphs: [],
    help: `${said(texts.mails.help)} ${texts.mails.noReply}`,
    ...more,
  });
  const button = (text: string, href: string) => ({
    text,
    href,
    note: said(texts.mails.linkHost, { host: new URL(envelope.origin).host }),
  });
  return { texts, mails: texts.mails, said, letter, button };
};

export function questionLetter(envelope: Envelope, question: Question): Letter {
  const { texts, mails, said, letter, button } = base(envelope);
  const { decision, certificate, reminder } = question;
  const subject =
    reminder > 0 ? said(mails.reminderSubject, { number: reminder }) : said(mails.confirmationSubject);
  return letter(subject, said(questionOf(texts, decision.office, certificate.use)), {
    facts: factsOf(texts, certificate, envelope),
    paragraphs: [
      ...(reminder > 0 ? [said(mails.reminderLine, { number: reminder })] : []),
      said(mails.codeNote),
    ],
    button: button(mails.open, question.link),
    deadline: said(mails.deadline, { moment: momentText(decision.expiresAt, envelope) }),
    unexpected: said(mails.unexpectedApoderado),
  });
}

function questionOf({ confirm }: Texts, office: Decision['office'], use: CertificateFacts['use']): string {
  if (use === 'transport') return confirm.titleTransport;
  return office === 'apoderado' ? confirm.titleApoderado : confirm.titleOfficer;
}

function factsOf(texts: Texts, certificate: CertificateFacts, place: Place): Letter['facts'] {
  const dates = {
    from: dateText(certificate.notBefore, place),
    until: dateText(certificate.notAfter, place),
  };
  return [
    ...(certificate.holder ? [[texts.mails.holder, certificate.holder] as const] : []),
    [texts.mails.issuer, `${certificate.psc}, ${fill(texts.confirm.validity, dates)}`],
    [texts.mails.use, texts.uses[certificate.use]],
  ];
}

export function rejectedLetter(
  envelope: Envelope,
  certificate: CertificateFacts,
  wrongCode: boolean,
): Letter {
  const { texts, mails, said, letter } = base(envelope);
  return letter(said(mails.decidedRejectedSubject), said(mails.decidedRejected), {
    facts: factsOf(texts, certificate, envelope),
    ...(wrongCode && { unexpected: said(mails.decidedWrongCode) }),
  });
}

export function noticeLetter(envelope: Envelope, certificate: CertificateFacts): Letter {
  const { texts, mails, said, letter } = base(envelope);
  return letter(said(mails.noticeSubject), said(mails.notice), {
    facts: factsOf(texts, certificate, envelope),
    unexpected: said(mails.noticeUnexpected),
  });
}

export function outcomeLetter(
  envelope: Envelope,
  certificate: CertificateFacts,
  active: boolean,
  code?: string,
): Letter {
  const { texts, mails, said, letter } = base(envelope);
  const subject = active ? mails.outcomeActiveSubject : mails.outcomeRejectedSubject;
  return letter(said(subject), said(active ? mails.outcomeActive : mails.outcomeRejected), {
    facts: [
      ...factsOf(texts, certificate, envelope),
      ...(code ? [[mails.code, endingText(envelope, code)] as const] : []),
    ],
    unexpected: said(mails.noticeUnexpected),
  });
}

export interface InvitationFacts {
  readonly office: Office;
  readonly kind: 'first' | 'reset';
  readonly opensAt: Date;
  readonly expiresAt: Date;
  readonly link: string;
}

export function invitationLetter(envelope: Envelope, invitation: InvitationFacts): Letter {
  const { texts, mails, said, letter, button } = base(envelope);
  const office = texts.offices[invitation.office];
  const first = said(envelope.participant ? mails.invitationFor : mails.invitation, { office });
  const opens = said(mails.invitationReset, { moment: momentText(invitation.opensAt, envelope) });
  const until = said(mails.invitationUntil, { moment: momentText(invitation.expiresAt, envelope) });
  return letter(said(mails.invitationSubject), invitation.kind === 'reset' ? opens : first, {
    paragraphs: [mails.invitationCode],
    button: button(mails.invitationOpen, invitation.link),
    deadline: until,
    unexpected: said(mails.invitationUnexpected),
  });
}

export function releasedLetter(envelope: Envelope): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails.releasedSubject), said(mails.released));
}

/** The last mail that somebody gets here. */
export function endedLetter(envelope: Envelope): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails.endedSubject), said(mails.ended), { unexpected: said(mails.disabledUnexpected) });
}

export function factorsSetLetter(envelope: Envelope): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails.factorsSetSubject), said(mails.factorsSet), {
    unexpected: said(mails.factorsSetUnexpected),
  });
}

export function passkeyLetter(envelope: Envelope, what: 'Added' | 'Ended'): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails[`passkey${what}Subject`]), said(mails[`passkey${what}`]), {
    unexpected: said(mails.factorsSetUnexpected),
  });
}

/** @param names the principal's and the delegate's */
export function delegationLetter(
  envelope: Envelope,
  what: string,
  names: { readonly principal: string; readonly delegate: string },
  facts: { readonly from: Date; readonly until: Date },
): Letter {
  const { mails, said, letter } = base(envelope);
  const times = { from: momentText(facts.from, envelope), until: momentText(facts.until, envelope) };
  const text = what === 'make' ? mails.delegationMade : mails.delegationStopped;
  return letter(said(mails.delegationSubject, names), said(text, { ...names, ...times }), {
    unexpected: said(mails.delegationUnexpected, names),
  });
}

export function resetNoticeLetter(envelope: Envelope, name: string): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails.securitySubject), said(mails.resetNotice, { name }), {
    unexpected: said(mails.resetNoticeUnexpected, { name }),
  });
}

export function breakGlassLetter(envelope: Envelope): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails.securitySubject), said(mails.breakGlass), {
    unexpected: said(mails.breakGlassUnexpected),
  });
}

export function accessChangedLetter(envelope: Envelope, what: string): Letter {
  const { mails, said, letter } = base(envelope);
  const stories: Readonly<Record<string, string>> = {
    apiKey: mails.accessKey,
    apiKeyEnded: mails.accessKeyEnded,
    profile: mails.accessProfile,
    policy: mails.accessPayouts,
    'limits.raise': mails.accessPayouts,
    'limits.lower': mails.accessPayouts,
  };
  return letter(said(mails.accessSubject), said(stories[what] ?? mails.accessWebhook), {
    unexpected: said(mails.accessUnexpected),
  });
}

export function actLetter(
  envelope: Envelope,
  act: { name: string; kind: string; link: string; until: Date },
): Letter {
  const { texts, mails, said, letter, button } = base(envelope);
  const kind = (texts.acts.kinds as Record<string, string>)[act.kind] ?? act.kind;
  return letter(said(mails.actSubject), said(mails.act, { name: act.name }), {
    facts: [
      [texts.acts.act, kind],
      [mails.until, momentText(act.until, envelope)],
    ],
    button: button(mails.actOpen, act.link),
    unexpected: `${texts.acts.unexpected} ${texts.acts.unexpectedText}`,
  });
}

export function bouncedLetter(envelope: Envelope, name: string): Letter {
  const { mails, said, letter } = base(envelope);
  return letter(said(mails.securitySubject), said(mails.bounced, { name }), {
    paragraphs: [said(mails.bouncedWhat, { name })],
  });
}

export interface WaitingRequest {
  readonly participant: string;
  readonly certificate: CertificateFacts;
  readonly link: string;
}

/** S29: what would have been many mails; every request that still waits keeps its link. */
export function digestLetter(envelope: Envelope, count: number, waiting: readonly WaitingRequest[]): Letter {
  const { mails, said, letter } = base(envelope);
  const links = waiting.map(({ participant, certificate: { psc, notBefore }, link }) => ({
    text: fill(mails.digestLine, { participant, psc, from: dateText(notBefore, envelope) }),
    href: link,
  }));
  return letter(said(mails.digestSubject, { count }), said(mails.digest, { count }), {
    paragraphs: links.length > 0 ? [mails.digestOpen] : [],
    links,
    unexpected: said(mails.digestUnexpected),
  });
}

export type DisableStory =
  | 'signed'
  | 'keyAlone'
  | 'elsewhere'
  | 'revoked'
  | 'rotated'
  | 'expired'
  | 'withdrawn'
  | 'holderEnded'
  | 'endedHere'
  | 'suspended';

/** One mail per disable, however many certificates it ended; the first stands for all. */
export function disabledLetter(
  envelope: Envelope,
  story: DisableStory,
  certificates: { readonly first?: CertificateFacts; readonly count: number },
): Letter {
  const { texts, mails, said, letter } = base(envelope);
  const { first, count } = certificates;
  const subject = story === 'withdrawn' ? mails.withdrawnSubject : mails.disabledSubject;
  return letter(said(subject), said(mails.disabledStories[story]), {
    facts: first ? factsOf(texts, first, envelope) : [],
    paragraphs: count > 1 ? [said(mails.disabledCount, { count })] : [],
    unexpected: said(mails.disabledUnexpected),
  });
}

/**
 * The rotation starts where the participant's system is, with the line that stands here and on the page that the button
 * opens: the new key is made there.
 */
export function expiringLetter(
  envelope: Envelope,
  certificate: CertificateFacts,
  { id, thumbprint }: Pick<Enrolment, 'id' | 'thumbprint'>,
): Letter {
  const { texts, mails, said, letter, button } = base(envelope);
  const date = dateText(certificate.notAfter, envelope);
  const command = rotationCommand(thumbprint);
  return letter(said(mails.expiringSubject, { date }), said(mails.expiring, { date }), {
    facts: factsOf(texts, certificate, envelope),
    paragraphs: [said(mails.expiringWhat), said(mails.expiringCommand, { command })],
    button: button(mails.expiringOpen, `${envelope.origin}/console/enrolments/${id}`),
  });
}

/** To node operators, of a certificate of this node or of another, which announces its next one itself. */
export function nodeExpiringLetter(envelope: Envelope, notAfter: Date, thumbprint: string): Letter {
  const { texts, mails, said, letter } = base(envelope);
  const date = dateText(notAfter, envelope);
  const command = 'apodera admin announce-certificate';
  return letter(said(mails.expiringSubject, { date }), said(mails.expiring, { date }), {
    facts: [[texts.confirm.thumbprint, thumbprint]],
    paragraphs: [said(mails.nodeExpiring, { command })],
  });
}

/** @param node its fin_id, where the key is not a participant's: to the node operators who issue the next one */
export function keyExpiringLetter(envelope: Envelope, expiresAt: Date, node?: string): Letter {
  const { mails, said, letter } = base(envelope);
  const date = dateText(expiresAt, envelope);
  const what = node === undefined ? mails.keyExpiringWhat : mails.nodeKeyExpiring;
  const command =
    node === undefined ? 'apodera api-key renew' : `apodera admin issue-key --participant ${node}`;
  return letter(said(mails.keyExpiringSubject, { date }), said(mails.keyExpiring, { date }), {
    paragraphs: [said(what, { command })],
  });
}

/** The new certificate is active, and something still signs with the old one. */
export function usedLateLetter(envelope: Envelope, certificate: CertificateFacts, endsAt: Date): Letter {
  const { texts, mails, said, letter } = base(envelope);
  const date = dateText(endsAt, envelope);
  return letter(said(mails.usedLateSubject), said(mails.usedLate, { date }), {
    facts: factsOf(texts, certificate, envelope),
    paragraphs: [said(mails.usedLateWhat)],
  });
}

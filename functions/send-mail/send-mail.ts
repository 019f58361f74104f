// Which mail does an entry of the outbox ask for, and is it still worth sending? Everything is read again at each
// attempt; the link is made here, at the last moment, so that no queue, entry or log ever holds one.

import type { DisableRecord, DisableStore } from '../../core/disable/ports.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { type LinkId, type LinkTarget, newLinkId } from '../../core/people/link.ts';
import type { Contact, Person } from '../../core/people/person.ts';
import type {
  Acts,
  Decisions,
  Enrolments,
  Invitations,
  Links,
  Parties,
  People,
} from '../../core/people/ports.ts';
import { peoplePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import * as letters from '../../pages/mails/letters.ts';
import { type Letter, type Mail, mailOf } from '../../pages/mails/mail.tsx';
import {
  type LaterWord,
  type SuspensionStory,
  suspendedLetter,
  suspensionLetter,
} from '../../pages/mails/suspension.ts';
import { type CountedMail, countedMail, digestEntry, type Mailbox } from './mailbox.ts';

export interface SendMailPorts {
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly people: Pick<People, 'person' | 'contact'>;
  readonly parties: Pick<Parties, 'party'>;
  readonly decisions: Pick<Decisions, 'find' | 'waitingFor'>;
  readonly enrolments: Enrolments;
  readonly invitations: Pick<Invitations, 'invitation'>;
  readonly acts: Pick<Acts, 'act'>;
  readonly disables: Pick<DisableStore, 'find'>;
  readonly suspensions: Pick<Suspensions, 'find'>;
  readonly links: Pick<Links, 'put'>;
  readonly mailbox: Mailbox;
  readonly send: (to: string, mail: Mail) => Promise<void>;
  readonly nodeName: string;
  readonly timeZone: string;
  readonly origin: string;
}

interface Addressee {
  readonly person: Person;
  readonly contact: Contact;
  readonly envelope: letters.Envelope;
}

type Write = (ports: SendMailPorts, to: Addressee, refs: OutboxEntry['refs']) => Promise<Letter | undefined>;

/** What each kind of entry says; undefined: it is no longer true, nothing is sent. */
export const letterOf: Readonly<Record<string, Write>> = {
  'mail.confirmation': question,
  'mail.reminder': question,
  'mail.decided': decided,
  'mail.enrolment-notice': async (ports, { envelope }, refs) =>
    letters.noticeLetter(envelope, await certificateOf(ports, await enrolmentOf(ports, refs))),
  'mail.enrolment-outcome': settled,
  'mail.invitation': invitation,
  'mail.released': async (_, { envelope }) => letters.releasedLetter(envelope),
  'mail.ended': async (_, { envelope }) => letters.endedLetter(envelope),
  'mail.factors-set': async (_, { envelope }) => letters.factorsSetLetter(envelope),
  'mail.passkey-added': async (_, { envelope }) => letters.passkeyLetter(envelope, 'Added'),
  'mail.passkey-ended': async (_, { envelope }) => letters.passkeyLetter(envelope, 'Ended'),
  'mail.delegation': delegation,
  'mail.reset-notice': resetNotice,
  'mail.break-glass': async (_, { envelope }) => letters.breakGlassLetter(envelope),
  'mail.access-changed': async (_, { envelope }, refs) =>
    letters.accessChangedLetter(envelope, refs.what ?? ''),
  'mail.act': act,
  'mail.bounced': bounced,
  'mail.digest': digest,
  'mail.disabled': disabled,
  'mail.suspended': suspended,
  'mail.suspension': async (_, { envelope }, refs) => suspensionLetter(envelope, refs.word as LaterWord),
  'mail.expiring': expiring,
  'mail.rotation-late': usedLate,
  'mail.key-expiring': async (ports, { envelope }, { expiresAt = '', node }) =>
    ports.clock.now() < new Date(expiresAt)
      ? letters.keyExpiringLetter(envelope, new Date(expiresAt), node)
      : undefined,
};

/** `HELD`: one of too many in a day; the hour's digest says what still matters of it. */
export type SendMailOutcome = 'SENT' | 'NOT_NEEDED' | 'HELD';

/** @throws Refusal SEAL_BROKEN; whatever `send` throws: the outbox tries again */
export async function sendMail(ports: SendMailPorts, entry: OutboxEntry): Promise<SendMailOutcome> {
  const person = await ports.people.person(entry.refs.personId ?? '');
  // Who has ended hears that, and nothing more.
  const hears = person && (person.state !== 'ended' || entry.kind === 'mail.ended');
  const contact = hears ? await ports.people.contact(person) : undefined;
  if (!person || !contact) return 'NOT_NEEDED';
  const about = entry.refs.participant ?? person.participant;
  const party = about ? await ports.parties.party(about) : undefined;
  const envelope = {
    locale: person.locale,
    timeZone: party?.timeZone ?? ports.timeZone,
    nodeName: ports.nodeName,
    origin: ports.origin,
    ...(party && { participant: party.name }),
  };
  const counted = countedMail(entry);
  if (counted && (await held(ports, counted, person.personId))) return 'HELD';
  const letter = await letterOf[entry.kind]!(ports, { person, contact, envelope }, entry.refs);
  if (!letter) return 'NOT_NEEDED';
  await ports.send(contact.email, mailOf(letter));
  return 'SENT';
}

async function linkTo(
  ports: SendMailPorts,
  path: string,
  target: LinkTarget,
  expiresAt: Date,
): Promise<string> {
  const linkId: LinkId = newLinkId(ports.random(20));
  await ports.links.put(linkId, { target, createdAt: ports.clock.now(), expiresAt });
  return `${ports.origin}${path}${linkId}`;
}

async function question(ports: SendMailPorts, { person, envelope }: Addressee, refs: OutboxEntry['refs']) {
  const decision = await ports.decisions.find(refs.decisionId ?? '');
  const answered = decision?.votes.some(({ personId }) => personId === person.personId);
  if (decision?.state !== 'waiting' || answered || ports.clock.now() >= decision.expiresAt) return undefined;
  const { decisionId, enrolmentId } = decision;
  // It outlives the decision, so that an old mail says who decided instead of nothing.
  const expiresAt = new Date(decision.expiresAt.getTime() + peoplePolicy.linkAfterlifeMs);
  const target = { kind: 'task' as const, decisionId, personId: person.personId };
  return letters.questionLetter(envelope, {
    decision,
    certificate: await certificateOf(ports, await enrolmentOf(ports, { enrolmentId })),
    link: await linkTo(ports, '/tasks/', target, expiresAt),
    reminder: Number(refs.reminder ?? 0),
  });
}

async function decided(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  const decision = await ports.decisions.find(refs.decisionId ?? '');
  if (decision?.state !== 'rejected') return undefined;
  const certificate = await certificateOf(
    ports,
    await enrolmentOf(ports, { enrolmentId: decision.enrolmentId }),
  );
  return letters.rejectedLetter(envelope, certificate, decision.cause === 'WRONG_CODE');
}

async function settled(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  const enrolment = await enrolmentOf(ports, refs);
  if (enrolment.networkStatus === 'pending') return undefined;
  const active = enrolment.networkStatus === 'active';
  return letters.outcomeLetter(
    envelope,
    await certificateOf(ports, enrolment),
    active,
    active ? undefined : enrolment.code,
  );
}

async function invitation(ports: SendMailPorts, { person, envelope }: Addressee, refs: OutboxEntry['refs']) {
  const found = await ports.invitations.invitation(refs.invitationId ?? '');
  if (found?.state !== 'open' || ports.clock.now() >= found.expiresAt) return undefined;
  const { invitationId, kind, opensAt, expiresAt } = found;
  const afterlife = new Date(expiresAt.getTime() + peoplePolicy.linkAfterlifeMs);
  const link = await linkTo(ports, '/invitations/', { kind: 'invitation', invitationId }, afterlife);
  return letters.invitationLetter(envelope, { office: person.office, kind, opensAt, expiresAt, link });
}

async function resetNotice(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  const about = await ports.people.person(refs.aboutPersonId ?? '');
  const contact = about && (await ports.people.contact(about));
  return contact && letters.resetNoticeLetter(envelope, contact.name);
}

async function delegation(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  const principal = await ports.people.person(refs.aboutPersonId ?? '');
  const made = principal?.delegation;
  if (!made) return undefined;
  const delegate = await ports.people.person(made.delegate);
  const [from, to] = [
    await ports.people.contact(principal),
    delegate && (await ports.people.contact(delegate)),
  ];
  const names = { principal: from?.name ?? principal.personId, delegate: to?.name ?? made.delegate };
  const times = { from: made.countsFrom, until: made.countsUntil };
  return letters.delegationLetter(envelope, refs.what ?? '', names, times);
}

async function bounced(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  const about = await ports.people.person(refs.aboutPersonId ?? '');
  const contact = about && (await ports.people.contact(about));
  return contact && letters.bouncedLetter(envelope, contact.name);
}

/** @returns true where this mail is one too many today: it is counted for the digest instead */
async function held(ports: SendMailPorts, counted: CountedMail, personId: string): Promise<boolean> {
  const now = ports.clock.now();
  const sent = await ports.mailbox.count(personId, counted, now);
  if (sent <= peoplePolicy.mailsPerPersonPerDay) return false;
  const digest = digestEntry(personId, now);
  await ports.mailbox.hold(digest);
  return true;
}

async function digest(ports: SendMailPorts, { person, envelope }: Addressee, refs: OutboxEntry['refs']) {
  const count = await ports.mailbox.held(refs.digestId ?? '');
  const waiting: letters.WaitingRequest[] = [];
  for (const decision of await ports.decisions.waitingFor(person)) {
    const { decisionId, enrolmentId } = decision;
    const expiresAt = new Date(decision.expiresAt.getTime() + peoplePolicy.linkAfterlifeMs);
    const link = await linkTo(
      ports,
      '/tasks/',
      { kind: 'task', decisionId, personId: person.personId },
      expiresAt,
    );
    const certificate = await certificateOf(ports, await enrolmentOf(ports, { enrolmentId }));
    waiting.push({ participant: envelope.participant ?? '', certificate, link });
  }
  return count > 0 ? letters.digestLetter(envelope, count, waiting) : undefined;
}

async function act(ports: SendMailPorts, { person, envelope }: Addressee, refs: OutboxEntry['refs']) {
  const found = await ports.acts.act(refs.actId ?? '');
  const signed = found?.votes.some(({ personId }) => personId === person.personId);
  if (found?.state !== 'open' || signed) return undefined;
  const proposer = await ports.people.person(found.proposedBy);
  const contact = proposer && (await ports.people.contact(proposer));
  const link = `${ports.origin}/acts/${found.actId}`;
  return letters.actLetter(envelope, {
    // An act that another node's message asked for is proposed in that node's name.
    name: contact?.name ?? (proposer ? '' : found.proposedBy),
    kind: found.kind,
    link,
    until: found.expiresAt,
  });
}

async function disabled(ports: SendMailPorts, { person, envelope }: Addressee, refs: OutboxEntry['refs']) {
  const record = await ports.disables.find(refs.disableId ?? '');
  if (!record) return undefined;
  const [enrolmentId] = record.enrolmentIds;
  const enrolment = enrolmentId === undefined ? undefined : await ports.enrolments.find(enrolmentId);
  const first = enrolment && (await certificateOf(ports, enrolment));
  const count = record.disabled.length + record.withdrawn.length;
  // A node's certificate is no holder's: two people pinned it here, and one may end it.
  const own = person.participant === null && record.origin === 'nodeOperators' ? 'endedHere' : undefined;
  return letters.disabledLetter(envelope, own ?? storyOf(record), { count, ...(first && { first }) });
}

/** Who has the second word finds it behind the link, while it waits; everybody else is told. */
async function suspended(ports: SendMailPorts, { person, envelope }: Addressee, refs: OutboxEntry['refs']) {
  const record = await ports.disables.find(refs.disableId ?? '');
  const standing = record && (await ports.suspensions.find(record.participant));
  if (!record || !standing) return undefined;
  const { id, participant, asked, confirmBy } = standing;
  const { personId } = person;
  const isAsked = standing.state === 'unconfirmed' && asked.includes(personId);
  const target = { kind: 'suspension', participant, suspensionId: id, personId } as const;
  const afterlife = new Date(standing.since.getTime() + peoplePolicy.linkAfterlifeMs);
  return suspendedLetter(envelope, {
    story: suspensionStoryOf(record),
    reader: isAsked ? 'asked' : person.office === 'nodeOperator' ? 'nodeOperator' : 'told',
    ...(standing.state === 'unconfirmed' && { confirmBy }),
    ...(isAsked && { link: await linkTo(ports, '/suspension/', target, afterlife) }),
  });
}

function suspensionStoryOf({ origin, suspendedBy }: DisableRecord): SuspensionStory {
  if (origin === 'person') return { kind: 'person', office: suspendedBy! };
  if (origin === 'nodeOperators') return { kind: 'nodeOperator' };
  return { kind: origin === 'network' ? 'elsewhere' : 'keyAlone' };
}

async function expiring(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  if (refs.notAfter !== undefined)
    return letters.nodeExpiringLetter(envelope, new Date(refs.notAfter), refs.thumbprint!);
  const enrolment = await enrolmentOf(ports, refs);
  if (enrolment.networkStatus !== 'active' || ports.clock.now() > enrolment.notAfter) return undefined;
  return letters.expiringLetter(envelope, await certificateOf(ports, enrolment), enrolment);
}

async function usedLate(ports: SendMailPorts, { envelope }: Addressee, refs: OutboxEntry['refs']) {
  const enrolment = await enrolmentOf(ports, refs);
  if (enrolment.networkStatus !== 'active') return undefined;
  return letters.usedLateLetter(
    envelope,
    await certificateOf(ports, enrolment),
    new Date(refs.overlapEndsAt!),
  );
}

function storyOf({ origin, disabled: active }: DisableRecord): letters.DisableStory {
  if (active.length === 0) return origin === 'psc' ? 'revoked' : origin === 'clock' ? 'expired' : 'withdrawn';
  const stories = {
    signature: 'signed',
    apiKey: 'keyAlone',
    network: 'elsewhere',
    psc: 'revoked',
    rotation: 'rotated',
    clock: 'expired',
    power: 'holderEnded',
    nodeOperators: 'holderEnded',
    person: 'suspended',
    suspension: 'suspended',
  } as const;
  return stories[origin];
}

async function enrolmentOf(ports: SendMailPorts, refs: OutboxEntry['refs']): Promise<Enrolment> {
  const enrolment = await ports.enrolments.find(refs.enrolmentId ?? '');
  if (!enrolment) throw new Refusal('DECISION_UNKNOWN', { parameter: 'enrolmentId' });
  return enrolment;
}

async function certificateOf(ports: SendMailPorts, enrolment: Enrolment): Promise<letters.CertificateFacts> {
  const holder = enrolment.holder ? await ports.people.person(enrolment.holder) : undefined;
  const contact = holder && (await ports.people.contact(holder));
  const { pscName: psc, notBefore, notAfter, use } = enrolment;
  return { psc, notBefore, notAfter, use, ...(contact && { holder: contact.name }) };
}

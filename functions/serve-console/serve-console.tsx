// The console: what is going on at this node, for whoever is signed in and as far as their office lets them see. GET
// and HEAD only; there is nothing here that could be changed. Signing acts and confirming have doors of their own.

import { formToken, type PageAnswer, type PageRequest } from '../../adapters/http/page-request.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { operatorsNeeded } from '../../core/people/act.ts';
import type { ReadingSession } from '../../core/people/session.ts';
import { EvidencePage } from '../../pages/console/evidence.tsx';
import type { ConsoleFrame } from '../../pages/console/frame.tsx';
import {
  ActsPage,
  ConfirmationsPage,
  KeysPage,
  NodePeoplePage,
  ParticipantPage,
  ParticipantsPage,
} from '../../pages/console/lists.tsx';
import { SuspensionsPage } from '../../pages/console/suspensions.tsx';
import { AnchorsPage, SourcesPage } from '../../pages/console/trust.tsx';
import { type DeadEnd, DeadEndPage } from '../../pages/dead-end.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import { localeFor } from '../../pages/texts/texts.ts';
import { readerOf } from '../serve-admin/session.ts';
import { certificatesPage, enrolmentPage } from './certificate-pages.tsx';
import type { ConsolePorts } from './console-ports.ts';
import { evidenceInSight } from './evidence.ts';
import type { Look } from './look.ts';
import {
  keysInSight,
  namesOf,
  nodePeople,
  partiesInSight,
  partyInSight,
  waitingInSight,
} from './participants.ts';
import { payoutPage, payoutsPage } from './payout-pages.tsx';
import { suspensionsInSight } from './suspensions.ts';
import { anchorsInForce, sourcesInSight } from './trust.ts';

export async function serveConsole(ports: ConsolePorts, request: PageRequest): Promise<PageAnswer> {
  if (!['GET', 'HEAD'].includes(request.method)) return { status: request.method === 'OPTIONS' ? 204 : 405 };
  const plain: Frame = {
    locale: localeFor(request),
    timeZone: ports.timeZone,
    nodeName: ports.nodeName,
    reference: request.interactionId,
  };
  try {
    const session = await readerOf(ports, request);
    return await look(ports, request, session, { ...plain, locale: localeFor(request, session.person) });
  } catch (error) {
    if (error instanceof Refusal) return withoutSight(error, request, plain);
    if (error instanceof Transient) return deadEnd(plain, 'busy', 503);
    throw error;
  }
}

/** First parts of the paths whose pages change often: certificates and one enrolment, what waits, what is paid. */
const changing = ['', 'enrolments', 'confirmations', 'payouts', 'sources', 'acts', 'suspensions'];

const partsOf = (path: string) => path.replace(/^\/console\/?/, '').split('/');

async function look(
  ports: ConsolePorts,
  request: PageRequest,
  session: ReadingSession,
  plain: Frame,
): Promise<PageAnswer> {
  const { sight, person } = session;
  const { token, cookies } = formToken(request, ports.door);
  const [waiting, contact, acts, suspended, own] = await Promise.all([
    waitingInSight(ports, sight),
    ports.people.contact(person),
    sight.of === 'node' ? openActs(ports) : undefined,
    suspensionsInSight(ports, sight, person),
    sight.of === 'participant' ? ports.parties.party(sight.participant) : undefined,
  ]);
  const refreshes = changing.includes(partsOf(request.path)[0]!);
  const frame: ConsoleFrame = {
    ...plain,
    refreshes,
    timeZone: own?.timeZone ?? plain.timeZone,
    now: ports.clock.now(),
    who: { name: contact?.name ?? person.personId, office: person.office, formToken: token },
    ...(sight.of === 'participant' && { participant: sight.participant }),
    suspended,
    waiting: { confirmations: waiting.length, acts: acts?.length },
  };
  const page = await pageFor({ ports, request, session, frame, waiting });
  if (!page) return deadEnd(plain, 'notFound', 404);
  return { status: 200, body: documentOf(page), cookies, script: refreshes };
}

async function openActs(ports: ConsolePorts) {
  const now = ports.clock.now();
  return (await ports.acts.open()).filter(({ expiresAt }) => now < expiresAt);
}

type Element = NonNullable<Parameters<typeof documentOf>[0]>;

/** Undefined: no such page in this person's sight. */
async function pageFor(visit: Look): Promise<Element | undefined> {
  const { ports, request, session, frame } = visit;
  const { sight } = session;
  const [section = '', id, ...rest] = partsOf(request.path);
  if (rest.length > 0) return undefined;
  if (id !== undefined) {
    if (section === 'enrolments') return enrolmentPage(visit, id);
    if (section === 'payouts') return payoutPage(visit, id);
    if (section === 'participants') {
      const found = await partyInSight(ports, sight, id);
      return found && <ParticipantPage frame={frame} {...found} />;
    }
    return undefined;
  }
  switch (section) {
    case '':
      return certificatesPage(visit);
    case 'confirmations':
      return confirmations(visit);
    case 'payouts':
      return payoutsPage(visit);
    case 'participants': {
      const parties = await partiesInSight(ports, sight);
      if (sight.of === 'node') return <ParticipantsPage frame={frame} parties={parties} />;
      const found = await partyInSight(ports, sight, sight.participant);
      return found && <ParticipantPage frame={frame} {...found} />;
    }
    case 'keys': {
      const held = await keysInSight(ports, sight);
      const keys = held.map(({ party, key }) => ({
        ...key,
        finId: party.finId,
        participantName: party.name,
      }));
      return <KeysPage frame={frame} keys={keys} />;
    }
    default:
      return trustAndControl(visit, section);
  }
}

async function trustAndControl(
  { ports, session, frame }: Look,
  section: string,
): Promise<Element | undefined> {
  const { sight } = session;
  switch (section) {
    case 'sources': {
      const sources = (await sourcesInSight(ports, sight)).map(({ times, ...row }) => ({
        ...row,
        ...(times?.lastGoodFetch && { fetchedAt: times.lastGoodFetch }),
        ...(times?.nextUpdate && { nextUpdate: times.nextUpdate }),
        ...(times?.urls?.[0] && { url: times.urls[0] }),
        ...(times?.trouble && { trouble: times.trouble }),
      }));
      return <SourcesPage frame={frame} sources={sources} />;
    }
    case 'anchors': {
      const shown = await anchorsInForce(ports, sight);
      return shown && <AnchorsPage frame={frame} {...shown} />;
    }
    case 'evidence': {
      const shown = await evidenceInSight(ports, sight);
      return shown && <EvidencePage frame={frame} {...shown} />;
    }
    case 'people': {
      const people = await nodePeople(ports, sight);
      return people && <NodePeoplePage frame={frame} people={people} />;
    }
    case 'suspensions':
      return sight.of === 'node' ? (
        <SuspensionsPage frame={frame} suspensions={frame.suspended} />
      ) : undefined;
    case 'acts':
      return sight.of === 'node' ? acts(ports, frame) : undefined;
    default:
      return undefined;
  }
}

async function confirmations({ ports, frame, waiting }: Look): Promise<Element> {
  const names = await namesOf(
    ports,
    waiting.flatMap(({ decision }) => decision.asked),
  );
  const lines = waiting.map(({ party, decision }) => ({
    participantName: party.name,
    decision,
    asked: decision.asked.map((personId) => names.get(personId) ?? personId),
  }));
  return <ConfirmationsPage frame={frame} waiting={lines} />;
}

async function acts(ports: ConsolePorts, frame: ConsoleFrame): Promise<Element> {
  const open = await openActs(ports);
  const names = await namesOf(
    ports,
    open.map(({ proposedBy }) => proposedBy),
  );
  const lines = open.map(({ actId, kind, reason, proposedBy, expiresAt, votes }) => ({
    actId,
    kind,
    reason,
    expiresAt,
    proposedBy: names.get(proposedBy) ?? proposedBy,
    signed: votes.filter(({ vote }) => vote === 'confirm').length,
    needed: operatorsNeeded[kind],
  }));
  return <ActsPage frame={frame} acts={lines} />;
}

function withoutSight(error: Refusal, request: PageRequest, frame: Frame): PageAnswer {
  if (error.code === 'SESSION_MISSING')
    return { status: 303, location: `/sign-in?next=${encodeURIComponent(request.path)}` };
  return deadEnd(frame, 'notYours', 403, error.code);
}

function deadEnd(frame: Frame, what: DeadEnd, status: number, code?: string): PageAnswer {
  const page = <DeadEndPage frame={frame} what={what} part="console" code={code} retry="/console" />;
  return { status, body: documentOf(page) };
}

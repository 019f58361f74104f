// The list of certificates as it was asked for, and one enrolment, as pages: filters, counts, pages of fifty, names.

import { type CertificateLine, CertificatesPage, type Filters } from '../../pages/console/certificates.tsx';
import { EnrolmentPage } from '../../pages/console/enrolment.tsx';
import { consoleTextsIn } from '../../pages/texts/console.ts';
import { type CertificateRow, certificatesInSight, enrolmentInSight } from './certificates.ts';
import type { ConsolePorts } from './console-ports.ts';
import type { Look } from './look.ts';
import { namesOf, partiesInSight } from './participants.ts';

/** Keeps the page below 100 KB. */
const linesOfPage = 50;
const dayMs = 24 * 3_600_000;
const expiringDays = 30;

/** Whole days that are left; negative once it is over. */
const daysLeft = (notAfter: Date, now: Date) => Math.floor((notAfter.getTime() - now.getTime()) / dayMs);

export async function certificatesPage({ ports, request, session, frame }: Look) {
  const { sight } = session;
  const [{ rows, sealBroken }, parties] = await Promise.all([
    certificatesInSight(ports, sight),
    partiesInSight(ports, sight),
  ]);
  const names = await namesOf(
    ports,
    rows.flatMap(({ holder }) => holder ?? []),
  );
  const lines = rows.map((row) => ({ ...lineOf(row, names, frame.now), serialNumber: row.serialNumber }));
  const filters = filtersOf(request.query);
  const found = lines.filter((line) => fits(line, filters));
  const pages = Math.max(1, Math.ceil(found.length / linesOfPage));
  const page = Math.min(filters.page, pages);
  const pending = lines.filter(({ networkStatus }) => networkStatus === 'pending');
  const counted = (state: string) => lines.filter((line) => inState(line, state)).length;
  const oldestPending = pending.at(-1)?.since;
  return (
    <CertificatesPage
      frame={frame}
      lines={found.slice((page - 1) * linesOfPage, page * linesOfPage)}
      counts={{
        all: lines.length,
        found: found.length,
        active: counted('active'),
        pending: pending.length,
        ...(oldestPending && { oldestPending }),
        expiring: counted('expiring'),
        revoked: counted('revoked'),
      }}
      pages={pages}
      filters={{ ...filters, page }}
      participants={parties}
      sealBroken={sealBroken.map(({ name }) => name)}
    />
  );
}

function filtersOf(query: URLSearchParams): Filters {
  const text = (name: string) => (query.get(name) ?? '').trim().slice(0, 100);
  const page = Number(text('page'));
  return {
    q: text('q'),
    participant: text('participant'),
    state: text('state'),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

function lineOf(row: CertificateRow, names: ReadonlyMap<string, string>, now: Date): CertificateLine {
  const { participant, holder, psc, use, validity, networkStatus, since, thumbprint, enrolmentId } = row;
  return {
    participant: participant.finId,
    participantName: participant.name,
    ...(enrolmentId && { enrolmentId }),
    // Without a known apoderado (transport, a refused one, a node's own) it is the participant's.
    holder: (holder && names.get(holder)) ?? participant.name,
    psc,
    use,
    validity,
    networkStatus,
    daysLeft: daysLeft(row.notAfter, now),
    since,
    thumbprint,
  };
}

function fits(line: CertificateLine & { serialNumber: string }, filters: Filters): boolean {
  if (filters.participant && line.participant !== filters.participant) return false;
  if (filters.state && !inState(line, filters.state)) return false;
  const hex = Buffer.from(line.thumbprint, 'base64url').toString('hex');
  const said = [line.holder, line.participantName, line.psc, line.thumbprint].map(plain).join('\n');
  const numbers = `${hex}\n${line.serialNumber.toLowerCase()}`;
  return filters.q
    .split(/\s+/)
    .map(plain)
    .every((word) => said.includes(word) || numbers.includes(word.replaceAll(':', '')));
}

function inState({ networkStatus, validity, daysLeft }: CertificateLine, state: string): boolean {
  if (state === 'expiring') return networkStatus === 'active' && daysLeft >= 0 && daysLeft < expiringDays;
  return networkStatus === state || validity === state;
}

/** `Núñez` is found by `nunez`. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export async function enrolmentPage({ ports, session, frame }: Look, id: string) {
  const found = await enrolmentInSight(ports, session.sight, id);
  if (!found) return undefined;
  const { enrolment, party, rows, steps, later } = found;
  const ids = [...steps.flatMap(({ by }) => by ?? []), ...later.flatMap(({ by }) => by ?? [])];
  const names = await nodeAndPersonNames(ports, [...ids, ...rows.map(({ operator }) => operator)]);
  const holder = enrolment.holder && (await namesOf(ports, [enrolment.holder])).get(enrolment.holder);
  const { enrolment: texts } = consoleTextsIn(frame.locale);
  const nameOf = (who: string) => {
    if (who === ports.nodeFinId || functions.has(who)) return texts.node;
    if (who === enrolment.apiKeyId) return texts.apiKey.replace('{id}', who);
    return names.get(who) ?? who;
  };
  const participantName = party?.name ?? enrolment.participant;
  return (
    <EnrolmentPage
      frame={frame}
      enrolment={enrolment}
      participantName={participantName}
      holder={holder || participantName}
      daysLeft={daysLeft(enrolment.notAfter, frame.now)}
      steps={steps}
      later={later}
      operators={rows.map((row) => ({ ...row, name: nameOf(row.operator) }))}
      nameOf={nameOf}
    />
  );
}

/** What this node's functions write into the steps that they did. */
const functions = new Set(['check-revocation', 'notify-enrolment', 'settle-enrolment']);

/** A node's where there is one of that fin_id, else a person's. */
async function nodeAndPersonNames(ports: ConsolePorts, ids: readonly string[]) {
  const wanted = [...new Set(ids)].filter((id) => !functions.has(id));
  const named = await Promise.all(
    wanted.map(async (id) => {
      const party = await ports.parties.party(id);
      return [id, party?.name ?? (await namesOf(ports, [id])).get(id) ?? id] as const;
    }),
  );
  return new Map(named);
}

// Which certificates lie in this person's sight, what does the list show of them, and what is there of one? Reads only.
// The list is of enrolments, for each certificate its newest; a node's own pinned ones have none and stand by status.

import type { NetworkStatus, Validity } from '../../core/certificate/lifecycle.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus, CertificateUse, Enrolment } from '../../core/enrolment/enrolment.ts';
import { laterOn, timelineOf } from '../../core/enrolment/timeline.ts';
import { Refusal } from '../../core/errors.ts';
import { decisionIdOf } from '../../core/people/decision.ts';
import type { Party } from '../../core/people/party.ts';
import { inSight, type Sight } from '../../core/people/sight.ts';
import type { ConsolePorts } from './console-ports.ts';
import { partiesInSight } from './participants.ts';

export interface CertificateRow {
  readonly participant: Party;
  readonly thumbprint: Thumbprint;
  /** Undefined for a pinned certificate of a node, which nobody enrolled. */
  readonly enrolmentId?: string;
  /** personId. */
  readonly holder?: string;
  readonly psc: string;
  readonly serialNumber: string;
  readonly use: CertificateUse;
  readonly validity: Validity;
  readonly networkStatus: NetworkStatus;
  readonly notAfter: Date;
  readonly since: Date;
  readonly sources: readonly string[];
}

export interface Certificates {
  readonly rows: readonly CertificateRow[];
  /** Participants one of whose status items has a seal that does not hold (S22). */
  readonly sealBroken: readonly Party[];
}

/** Per participant; a participant has a handful. */
const mostOfOne = 200;

export async function certificatesInSight(ports: ConsolePorts, sight: Sight): Promise<Certificates> {
  const parties = await partiesInSight(ports, sight);
  const found = await Promise.all(parties.map((party) => certificatesOf(ports, party)));
  return {
    rows: found.flatMap(({ rows }) => rows).sort((a, b) => b.since.getTime() - a.since.getTime()),
    sealBroken: found.flatMap(({ sealBroken }) => sealBroken),
  };
}

async function certificatesOf(ports: ConsolePorts, party: Party): Promise<Certificates> {
  const [{ items }, statuses] = await Promise.all([
    ports.enrolments.list(party.finId, { limit: mostOfOne }),
    statusesOf(ports, party),
  ]);
  const newest = new Map<string, CertificateRow>();
  for (const enrolment of items)
    if (!newest.has(enrolment.thumbprint)) newest.set(enrolment.thumbprint, enrolled(party, enrolment));
  for (const status of statuses ?? [])
    if (!newest.has(status.thumbprint)) newest.set(status.thumbprint, pinned(party, status));
  return { rows: [...newest.values()], sealBroken: statuses ? [] : [party] };
}

async function statusesOf(
  ports: ConsolePorts,
  { finId }: Party,
): Promise<readonly CertificateStatus[] | undefined> {
  try {
    return await ports.statuses.listOf(finId);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'SEAL_BROKEN') return undefined;
    throw error;
  }
}

function enrolled(participant: Party, enrolment: Enrolment): CertificateRow {
  const { id, thumbprint, holder, pscName, serialNumber, use, validity, networkStatus } = enrolment;
  return {
    participant,
    thumbprint,
    enrolmentId: id,
    ...(holder && { holder }),
    psc: pscName,
    serialNumber,
    use,
    validity,
    networkStatus,
    notAfter: enrolment.notAfter,
    since: enrolment.createdAt,
    sources: enrolment.sources,
  };
}

function pinned(participant: Party, status: CertificateStatus): CertificateRow {
  const { thumbprint, use, validity, networkStatus, notAfter, activatedAt, sources } = status;
  return {
    participant,
    thumbprint,
    psc: status.pscProfile ?? '',
    serialNumber: '',
    use,
    validity,
    networkStatus,
    notAfter,
    since: activatedAt,
    sources,
  };
}

/** Everything that the page of one enrolment shows; undefined where there is none in sight. */
export async function enrolmentInSight(ports: ConsolePorts, sight: Sight, id: string) {
  const enrolment = inSight(sight, await ports.enrolments.find(id));
  if (!enrolment) return undefined;
  const office = enrolment.role === 'network' ? 'securityOfficer' : 'apoderado';
  const [rows, decision, party] = await Promise.all([
    ports.enrolments.rows(id),
    ports.decisions.find(decisionIdOf(id, office)),
    ports.parties.party(enrolment.participant),
  ]);
  const steps = timelineOf({ enrolment, rows, decision });
  return { enrolment, party, rows, steps, later: laterOn(enrolment) };
}

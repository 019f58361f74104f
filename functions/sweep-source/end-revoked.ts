// A PSC has revoked a certificate, or one of its issuers: whatever the network called it, from now on it is `revoked`
// and not active. People, systems and payout operators are told; what was said on the same key
// ends with it, unless the reason says that the key itself is good (S11).

import { transitionFor } from '../../core/certificate/lifecycle.ts';
import { pathSources } from '../../core/certificate/revocation/path-sources.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { type Holding, isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, endedAtOnce, recordOf } from '../../core/disable/recording.ts';
import type { Enrolment, NodeRole } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore } from '../../core/enrolment/ports.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import { keepersToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { Revoked } from '../../core/sweep/judge.ts';
import type { SweptSources } from '../../core/sweep/ports.ts';
import { issuersOf } from '../../core/sweep/watch.ts';

export interface EndRevokedPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'holders'>;
  readonly disables: DisableStore;
  readonly enrolments: Pick<EnrolmentStore, 'ofCertificate' | 'move'>;
  readonly sources: Pick<SweptSources, 'forget'>;
}

/** The certificate went out of use; its key is not said to be in other hands. */
const keyIsGood: ReadonlySet<string> = new Set(['superseded', 'cessationOfOperation', 'affiliationChanged']);

export async function endRevoked(ports: EndRevokedPorts, revoked: Revoked, body: SourceBytes): Promise<void> {
  const { thumbprint, participant } = revoked.dependant;
  for (let fruitless = 0; fruitless < 5; ) {
    const all = await ports.disables.holdings(participant);
    const own = all.filter((holding) => holding.thumbprint === thumbprint && mayBeRevoked(holding));
    const onKey = own.length > 0 && endsItsKey(revoked) ? onSameKey(all, thumbprint) : [];
    // What was revoked ends last: a crash in between is met by the same list, read again.
    const open = [...onKey, ...own];
    if (open.length > 0) {
      const { outcome, ended } = await commit(ports, revoked, open, body);
      if (outcome !== 'DONE') fruitless++;
      if (outcome !== 'DONE' || ended < open.length) continue;
    }
    const others = await ports.enrolments.ofCertificate(participant, thumbprint);
    for (const enrolment of others) await markRejected(ports, revoked, enrolment, body);
    if (own.length === 0 && others.some(({ validity }) => validity === 'expired'))
      await commit(ports, revoked, [], body);
    // Recorded while this ran: it goes on being asked about.
    if (!all.some((one) => one.thumbprint === thumbprint && !own.includes(one) && isPending(one)))
      await ports.sources.forget(ownSources(revoked, others), {
        ...revoked.dependant,
        issuers: issuersOf(revoked.path.path),
      });
    return;
  }
  throw new Error(`certificates of ${participant} change faster than they can be ended`);
}

/** Those under which the leaf itself stands: by its own pointers, and by what its profile named when it enrolled. */
function ownSources(revoked: Revoked, enrolments: readonly Enrolment[]): readonly string[] {
  const named = pathSources(revoked.path);
  const above = named.filter(({ depths }) => !depths.includes(0)).map(({ id }) => id);
  const all = [...named.map(({ id }) => id), ...enrolments.flatMap(({ sources }) => sources)];
  return [...new Set(all)].filter((id) => !above.includes(id));
}

function mayBeRevoked({ enrolment, status }: Holding): boolean {
  const state = status ?? enrolment!;
  return (
    transitionFor('REVOKED', state) !== undefined &&
    (enrolment !== undefined || state.networkStatus === 'active')
  );
}

const endsItsKey = ({ code, answer }: Pick<Revoked, 'code' | 'answer'>) =>
  code === 'CERTIFICATE_REVOKED' && !keyIsGood.has(answer.revocationReason);

function onSameKey(all: readonly Holding[], thumbprint: Thumbprint): readonly Holding[] {
  const key = all.find((holding) => holding.thumbprint === thumbprint)?.keyThumbprint;
  return all.filter(
    (holding) =>
      holding.keyThumbprint === key &&
      holding.thumbprint !== thumbprint &&
      (isActive(holding) || isPending(holding)),
  );
}

/** it grants nothing and never will; that its PSC revoked it is written down, and nobody is woken for it. */
async function markRejected(
  ports: EndRevokedPorts,
  { code, answer }: Revoked,
  from: Enrolment,
  body: SourceBytes,
): Promise<void> {
  const row = from.networkStatus === 'rejected' ? transitionFor('REVOKED', from) : undefined;
  if (!row) return;
  const at = ports.clock.now();
  const evidence = {
    id: ports.ids.next(),
    scope: from.participant,
    kind: 'certificate.revoked',
    at,
    actor: { kind: 'node', function: 'sweep-source' } as const,
    subjects: { enrolmentId: from.id, thumbprint: from.thumbprint },
    facts: { code, networkStatus: 'rejected', reason: reasonOf(answer) },
    sources: [body],
  };
  const number = from.role === 'network' ? 16 : 14;
  const steps = [{ number, outcome: code, at, by: 'sweep-source' }] as const;
  // Nobody else writes a rejected one; who did so meanwhile is this sweep's twin.
  await ports.enrolments.move({ from, to: row.to, steps, evidence: [evidence], outbox: [] });
}

const reasonOf = (answer: Revoked['answer']) =>
  `${answer.revocationReason}, ${answer.revocationDate.toISOString()}`;

async function commit(
  ports: EndRevokedPorts,
  { dependant, code, answer }: Revoked,
  open: readonly Holding[],
  body: SourceBytes,
): Promise<{ readonly outcome: 'DONE' | 'MOVED' | 'KNOWN'; readonly ended: number }> {
  const party = await ports.parties.party(dependant.participant);
  const accepting = open.flatMap(({ status }) => status?.acceptingOperators ?? []);
  const all = ports.role === 'network' ? [...(party?.payoutOperators ?? []), ...accepting] : [];
  const operators = [...new Set(all)];
  const holdings = endedAtOnce(open, ports.role, operators);
  const record = recordOf(
    {
      id: ports.ids.next(),
      participant: dependant.participant,
      origin: 'psc',
      cause: endsItsKey({ code, answer }) ? 'incident' : 'other',
      reason: reasonOf(answer),
      at: ports.clock.now(),
      suspended: false,
      warnings: [],
    },
    holdings,
  );
  const outcome = await ports.disables.commit(
    disableChange({
      record,
      role: ports.role,
      actor: { kind: 'node', function: 'sweep-source' },
      evidenceId: ports.ids.next(),
      codes: { active: code, pending: 'REVOKED_WHILE_PENDING' },
      by: 'sweep-source',
      holdings,
      revoked: new Set([dependant.thumbprint]),
      audience: {
        people: await keepersToTell(ports.people, dependant.participant, party),
        operators,
      },
      sources: [body],
    }),
  );
  return { outcome, ended: holdings.length };
}

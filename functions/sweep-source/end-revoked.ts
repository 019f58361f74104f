// A PSC has revoked a certificate, or one of its issuers: whatever the network called it, from now on it is `revoked`
// and not active. People, systems and payout operators are told; what was said on the same key
// ends with it, unless the reason says that the key itself is good (S11).

import { transitionFor } from '../../core/certificate/lifecycle.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { type Holding, isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, recordOf } from '../../core/disable/recording.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import { peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { Revoked } from '../../core/sweep/judge.ts';
import type { SweptSources } from '../../core/sweep/ports.ts';

export interface EndRevokedPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly parties: Pick<Parties, 'party'>;
  readonly people: Pick<People, 'holders'>;
  readonly disables: DisableStore;
  readonly sources: Pick<SweptSources, 'forget'>;
}

/** The certificate went out of use; its key is not said to be in other hands. */
const keyIsGood: ReadonlySet<string> = new Set(['superseded', 'cessationOfOperation', 'affiliationChanged']);

export async function endRevoked(ports: EndRevokedPorts, revoked: Revoked, body: SourceBytes): Promise<void> {
  const { thumbprint, participant } = revoked.dependant;
  for (let attempt = 0; attempt < 5; attempt++) {
    const all = await ports.disables.holdings(participant);
    const own = all.filter((holding) => holding.thumbprint === thumbprint && mayBeRevoked(holding));
    const onKey = own.length > 0 && endsItsKey(revoked) ? onSameKey(all, thumbprint) : [];
    const holdings = [...own, ...onKey];
    if (holdings.length > 0 && (await commit(ports, revoked, holdings, body)) !== 'DONE') continue;
    const sources = own.flatMap(({ enrolment, status }) => enrolment?.sources ?? status?.sources ?? []);
    if (
      !all.some(
        (holding) => holding.thumbprint === thumbprint && !own.includes(holding) && isPending(holding),
      )
    )
      await ports.sources.forget([...new Set(sources)], thumbprint);
    return;
  }
  throw new Error(`certificates of ${participant} change faster than they can be ended`);
}

function mayBeRevoked({ enrolment, status }: Holding): boolean {
  const state = status ?? enrolment!;
  return (
    transitionFor('REVOKED', state) !== undefined &&
    (enrolment !== undefined || state.networkStatus === 'active')
  );
}

const endsItsKey = ({ code, answer }: Revoked) =>
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

async function commit(
  ports: EndRevokedPorts,
  { dependant, code, answer }: Revoked,
  holdings: readonly Holding[],
  body: SourceBytes,
) {
  const party = await ports.parties.party(dependant.participant);
  const accepting = holdings.flatMap(({ status }) => status?.acceptingOperators ?? []);
  const operators = ports.role === 'network' ? [...(party?.payoutOperators ?? []), ...accepting] : [];
  const record = recordOf(
    {
      id: ports.ids.next(),
      participant: dependant.participant,
      origin: 'psc',
      cause: endsItsKey({ dependant, code, answer }) ? 'incident' : 'other',
      reason: `${answer.revocationReason}, ${answer.revocationDate.toISOString()}`,
      at: ports.clock.now(),
      suspended: false,
      warnings: [],
    },
    holdings,
  );
  return ports.disables.commit(
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
        people: await peopleToTell(ports.people, dependant.participant),
        operators: [...new Set(operators)],
      },
      sources: [body],
    }),
  );
}

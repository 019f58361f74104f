// How does an act change what people may do? All of its grants, their seals, the evidence that names those seals and
// the mails that tell of them: one transaction.

import { chainSources } from '../../core/enrolment/recording.ts';
import type { EvidenceRecord, StateMark } from '../../core/evidence/record.ts';
import type { Grant, Ledger } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { actWrite } from './acts.ts';
import { apiKeys } from './api-keys.ts';
import { bootstrapWrite } from './bootstraps.ts';
import { certificateItem } from './certificate-items.ts';
import { type Announce, commit } from './effects.ts';
import { chainItem } from './enrolment-items.ts';
import { activeWrite } from './enrolment-states.ts';
import { factorDelete, factorWrite } from './factors.ts';
import { invitationWrite } from './invitations.ts';
import { leastAnchorsWrite } from './least-anchors.ts';
import { revivalWrites } from './outbox.ts';
import { partyWrite } from './parties.ts';
import { moveWrites } from './payout-moves.ts';
import { payoutSettingsWrite } from './payout-settings.ts';
import { contactWrites, personWrite, rollWrite, samePersonCheck } from './people.ts';
import { sensitiveChangeWrite } from './sensitive-changes.ts';
import { clearedWrite, suspensionWrite } from './suspensions.ts';
import { watchWrites } from './swept-sources.ts';
import { absent, all, any, equals, keyName, keyOf, type Table, type Write } from './table.ts';

interface Written {
  readonly writes: readonly Write[];
  readonly marks: readonly StateMark[];
}

export function ledger(table: Table, sealer: Sealer, announce: Announce): Ledger {
  return {
    async commit(grants, proofs, effects) {
      const at = effects.evidence[0]?.at ?? new Date(0);
      const written = await Promise.all(
        grants.map((grant) => writesOf(table, sealer, grant, { proofs, at })),
      );
      const marks = written.flatMap((each) => each.marks);
      const [first, ...others] = effects.evidence;
      const evidence: EvidenceRecord[] = first
        ? [
            { ...first, states: [...(first.states ?? []), ...marks], ...withSources(first, grants) },
            ...others,
          ]
        : [];
      const writes = written.flatMap((each) => each.writes);
      return commit(table, writes, { evidence, outbox: effects.outbox }, announce);
    },
  };
}

/** The chain of a certificate that people pinned; one that was enrolled stands in the record of its arrival. */
function withSources({ sources = [] }: EvidenceRecord, grants: readonly Grant[]) {
  const pinned = grants.flatMap((grant) =>
    grant.noun === 'certificate' && !grant.enrolment
      ? chainSources(
          grant.status.thumbprint,
          grant.path.map((der) => ({ der })),
        )
      : [],
  );
  return pinned.length > 0 ? { sources: [...sources, ...pinned] } : {};
}

async function writesOf(
  table: Table,
  sealer: Sealer,
  grant: Grant,
  { proofs, at }: { readonly proofs: readonly string[]; readonly at: Date },
): Promise<Written> {
  if (grant.noun === 'samePerson') return { writes: [samePersonCheck(grant.person)], marks: [] };
  if (grant.noun === 'roll') return { writes: [rollWrite(grant.roll, grant.joined)], marks: [] };
  if (grant.noun === 'contact') return { writes: contactWrites(grant.contact), marks: [] };
  if (grant.noun === 'act') return { writes: [actWrite(grant.act)], marks: [] };
  if (grant.noun === 'apiKey') {
    const { writes, mark } = await apiKeys(table, sealer).issue(grant.grant, grant.ring, proofs);
    const { participant, createdAt } = grant.grant;
    return { writes: [...writes, sensitiveChangeWrite(participant, createdAt)], marks: [mark] };
  }
  if (grant.noun === 'apiKeyEnd') {
    const ended = apiKeys(table, sealer).end(grant.keyId, grant.ring, grant.at);
    return ended ? { writes: ended.writes, marks: [ended.mark] } : { writes: [], marks: [] };
  }
  if (grant.noun === 'payoutMove') return { writes: moveWrites(grant.move), marks: [] };
  if (grant.noun === 'revival') return { writes: revivalWrites(grant.entry, grant.at), marks: [] };
  if (grant.noun === 'leastAnchors') {
    const { write, mark } = await leastAnchorsWrite(sealer, grant.version, proofs);
    return { writes: [write], marks: [mark] };
  }
  if (grant.noun === 'certificate') {
    const { item, mark } = await certificateItem(grant.status, sealer, grant.version, proofs);
    const own = any(
      absent(),
      // Revoked meanwhile, it stays so.
      all(equals('participant', grant.status.participant), equals('validity', 'valid')),
    );
    const writes: Write[] = [
      { put: item, when: own },
      { put: chainItem(grant.status.thumbprint, grant.path) },
    ];
    const { status, watch, enrolment } = grant;
    if (enrolment) writes.push(activeWrite(enrolment));
    // The sweep asks about nodes' certificates as about everybody's; nobody else has asked about this one.
    if (watch) writes.push(...watchWrites(watch, status, status.activatedAt, 'unread'));
    return { writes, marks: [mark] };
  }
  if (grant.noun === 'suspension') return one(suspensionWrite(grant.suspension));
  if (grant.noun === 'noSuspension') {
    const { suspension: lifts, at } = grant;
    return one(await clearedWrite(sealer, { participant: lifts.participant, at, lifts }, proofs));
  }
  if (grant.noun === 'party' && grant.party.kind === 'participant' && grant.party.version === 1) {
    // Who is new is not suspended: said under a seal from the first moment on.
    const cleared = { participant: grant.party.finId, at };
    const both = [await partyWrite(sealer, grant.party, proofs), await clearedWrite(sealer, cleared, proofs)];
    return { writes: both.map(({ write }) => write), marks: both.map(({ mark }) => mark) };
  }
  if (grant.noun === 'noFactor') {
    const write = factorDelete(grant.personId);
    return { writes: [write], marks: [{ item: keyName(keyOf(write)), gone: true }] };
  }
  return one(await sealed(sealer, grant, proofs));
}

const one = ({ write, mark }: { readonly write: Write; readonly mark: StateMark }): Written => ({
  writes: [write],
  marks: [mark],
});

type SealedGrant = Exclude<
  Grant,
  {
    noun:
      | 'samePerson'
      | 'roll'
      | 'contact'
      | 'act'
      | 'noFactor'
      | 'apiKey'
      | 'apiKeyEnd'
      | 'leastAnchors'
      | 'certificate'
      | 'suspension'
      | 'noSuspension'
      | 'revival'
      | 'payoutMove';
  }
>;

function sealed(sealer: Sealer, grant: SealedGrant, proofs: readonly string[]) {
  switch (grant.noun) {
    case 'person':
      return personWrite(sealer, grant.person, proofs);
    case 'party':
      return partyWrite(sealer, grant.party, proofs);
    case 'invitation':
      return invitationWrite(sealer, grant.invitation, proofs);
    case 'factor':
      return factorWrite(sealer, grant.factor, proofs, grant.lastStep);
    case 'payoutSettings':
      return payoutSettingsWrite(sealer, grant.participant, grant.settings, grant.version, proofs);
    case 'bootstrap':
      return bootstrapWrite(sealer, grant.bootstrap, proofs);
  }
}

// What does an export of a dossier read of a node? Table, archive and large messages, nothing else and never to write.

import type { KeyObject } from 'node:crypto';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { DossierPorts } from '../../core/evidence/dossier-export.ts';
import type { EvidenceArchive } from '../../core/evidence/ports.ts';
import { askedOffices, decisionIdOf } from '../../core/people/decision.ts';
import { statusAsStored, statusKey } from './certificate-items.ts';
import { decisions } from './decisions.ts';
import { enrolmentStore } from './enrolment.ts';
import { dynamoDbEvidenceChains } from './evidence-chain.ts';
import { payoutMoves } from './payout-moves.ts';
import { payoutReader } from './payout-reader.ts';
import { people } from './people.ts';
import type { LargeBytes } from './sent-messages.ts';
import type { Table } from './table.ts';

export interface DossierParts {
  /** fin_id of the node. */
  readonly node: string;
  readonly table: Table;
  readonly archive: Pick<EvidenceArchive, 'head' | 'listing' | 'bytes'>;
  readonly large: LargeBytes;
  factorKey(): Promise<KeyObject>;
}

/** Reading only: nothing is announced and nothing sealed. */
const unheard = async () => {};

export function dossierPorts({ node, table, archive, large, factorKey }: DossierParts): DossierPorts {
  const payouts = payoutReader(table);
  const moves = payoutMoves({ table, large, announce: unheard });
  const asked = decisions(table, unheard);
  // Exporting judges nothing: a dossier carries no seal, and is worth what its verifier finds signed.
  const noSeal = { check: async () => {} } as never;
  const known = people(table, noSeal);
  return {
    node,
    archive,
    factorKey,
    chains: dynamoDbEvidenceChains(table),
    bytes: archive.bytes,
    payout: payouts.find,
    original: moves.original,
    answerOf: payouts.answerOf,
    forwardOf: moves.forwardOf,
    enrolments: enrolmentStore({ table, announcer: { announce: async () => [] }, sealer: noSeal }),
    async proofsOf(enrolmentId) {
      const found = await Promise.all(
        askedOffices.map((office) => asked.find(decisionIdOf(enrolmentId, office))),
      );
      return found.flatMap((decision) => decision?.votes.map(({ proof }) => proof) ?? []);
    },
    async passkeysOf(personId) {
      return (await known.person(personId))?.passkeys ?? [];
    },
    async statusOf(thumbprint: Thumbprint) {
      const item = await table.get(statusKey(thumbprint));
      return item && statusAsStored(item);
    },
  };
}

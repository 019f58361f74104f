// Which certificates of nodes, this one's and its peers', does the table hold? They were pinned or confirmed by acts, and
// stand beside those of participants: whoever lists, watches or ends them asks here.

import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import type { StatusStore } from '../../core/enrolment/ports.ts';
import { isNode, type PartyKind } from '../../core/people/party.ts';
import type { Parties } from '../../core/people/ports.ts';

export interface CertificatesOfNode {
  readonly finId: string;
  readonly kind: PartyKind;
  /** Newest first, whatever their state; seals checked. */
  readonly statuses: readonly CertificateStatus[];
}

export type NodeCertificates = () => Promise<readonly CertificatesOfNode[]>;

/** @throws Refusal SEAL_BROKEN */
export function nodeCertificates(
  parties: Pick<Parties, 'parties'>,
  statuses: Pick<StatusStore, 'listOf'>,
): NodeCertificates {
  return async () => {
    const nodes = (await parties.parties()).filter(isNode);
    return Promise.all(
      nodes.map(async ({ finId, kind }) => ({ finId, kind, statuses: await statuses.listOf(finId) })),
    );
  };
}

// Which certificates do nodes sign with, as this node knows it? Ours with each peer's word on the next one, and the
// peers'. For `apodera admin node-certificates`; it changes nothing.

import type { NodeCertificates } from '../../adapters/dynamodb/node-certificates.ts';
import type { EnrolmentStore } from '../../core/enrolment/ports.ts';
import { signingNow } from '../../core/message/own-certificate.ts';
import type { Parties } from '../../core/people/ports.ts';
import type { Clock } from '../../core/ports.ts';

export interface NodeCertificatePorts {
  readonly clock: Clock;
  readonly parties: Pick<Parties, 'party'>;
  readonly nodeCertificates: NodeCertificates;
  readonly enrolments: Pick<EnrolmentStore, 'rows'>;
}

export async function nodeCertificatesAnswer(ports: NodeCertificatePorts): Promise<object> {
  const now = ports.clock.now();
  const certificates = await Promise.all(
    (await ports.nodeCertificates()).map(async ({ finId, kind, statuses }) => {
      const pinned = (await ports.parties.party(finId))?.pinnedCertificate ?? null;
      const usable = statuses.filter(
        ({ networkStatus, notAfter }) => networkStatus === 'active' && now <= notAfter,
      );
      const signing = signingNow(usable, { now, pinned });
      return Promise.all(
        statuses.map(async (status) => ({
          fin_id: finId,
          kind,
          thumbprint: status.thumbprint,
          network_status: status.networkStatus,
          validity: status.validity,
          signs: status === signing,
          signs_from: status.signsFrom ?? status.activatedAt,
          not_after: status.notAfter,
          // What each peer has said of a certificate of ours.
          peers: (await ports.enrolments.rows(status.enrolmentId)).map(
            ({ operator, status: said, code, at }) => ({
              fin_id: operator,
              status: said,
              code: code ?? null,
              at,
            }),
          ),
        })),
      );
    }),
  );
  return { node_certificates: certificates.flat() };
}

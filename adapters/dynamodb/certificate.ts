// Where do verifiers read a certificate's status? One item, strongly consistent, its seal checked on the way out.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import type { StatusStore } from '../../core/enrolment/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { statusKey, statusOf } from './certificate-items.ts';
import { requireOwnCursor } from './own-cursor.ts';
import { equals, queryAll, type Table } from './table.ts';

export function statusStore(table: Table, sealer: Pick<Sealer, 'check'>): StatusStore {
  async function status(thumbprint: Thumbprint): Promise<CertificateStatus | undefined> {
    const item = await table.get(statusKey(thumbprint));
    return item && statusOf(item, sealer);
  }

  async function listOf(participant: string): Promise<CertificateStatus[]> {
    const found: CertificateStatus[] = [];
    const query = { hash: `CERTIFICATES#${participant}`, index: 'GSI1', backward: true } as const;
    for await (const item of queryAll(table, query)) found.push(await statusOf(item, sealer));
    return found;
  }

  return {
    status,
    listOf,
    async page(participant, { limit, cursor, networkStatus }) {
      const hash = `CERTIFICATES#${participant}`;
      if (cursor !== undefined) requireOwnCursor(cursor, hash);
      const filter = networkStatus === undefined ? {} : { filter: equals('networkStatus', networkStatus) };
      const at = cursor === undefined ? {} : { cursor };
      const page = await table.query({ hash, index: 'GSI1', backward: true, limit, ...at, ...filter });
      const items = await Promise.all(page.items.map((item) => statusOf(item, sealer)));
      return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
    },
    async activeOf(participant) {
      return (await listOf(participant)).filter((one) => one.networkStatus === 'active');
    },
  };
}

import { beforeEach, expect, it } from 'vitest';
import { certificateItem, statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { partyWrite } from '../../adapters/dynamodb/parties.ts';
import { clearedWrite, suspensionKey } from '../../adapters/dynamodb/suspensions.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { nodeRefused } from '../../proxy/refused.ts';
import { aParty } from '../support/people-world.ts';

const sealer = memorySealer(memoryLog());
const client = 'A'.repeat(43) as Thumbprint;
const now = new Date('2026-07-01T12:00:00Z');
const status: CertificateStatus = {
  thumbprint: client,
  keyThumbprint: 'k',
  participant: 'AURORA',
  enrolmentId: 'E1',
  use: 'transport',
  networkStatus: 'active',
  validity: 'valid',
  notAfter: new Date('2027-07-01T12:00:00Z'),
  acceptingOperators: [],
  sources: [],
  anchor: client,
  activatedAt: now,
};
const aurora = { ...aParty, finId: 'AURORA', kind: 'participant' as const, version: 1 };
let table: Table;
beforeEach(() => {
  table = memoryTable();
});

async function refused(more: Partial<CertificateStatus> = {}): Promise<boolean> {
  await table.write({ put: (await certificateItem({ ...status, ...more }, sealer, 1, [])).item });
  return (await nodeRefused(table, sealer).refusedAmong([client], now)).has(client);
}

it('lets an active certificate and one that the node has never heard of through', async () => {
  expect(await refused()).toBe(false);
  const unknown = 'Z'.repeat(43) as Thumbprint;
  expect(await nodeRefused(table, sealer).refusedAmong([unknown], now)).toEqual(new Set());
});

it.each<[string, Partial<CertificateStatus>]>([
  ['disabled', { networkStatus: 'disabled' }],
  ['revoked', { validity: 'revoked' }],
  ['marked as expired', { validity: 'expired' }],
  ['past its end', { notAfter: new Date('2026-07-01T11:59:59Z') }],
  ["past the end of its holder's power", { powerUntil: new Date('2026-07-01T11:59:59Z') }],
])('refuses a certificate that is %s', async (_, more) => {
  expect(await refused(more)).toBe(true);
});

it('refuses every certificate of a suspended participant, until the suspension is lifted', async () => {
  await table.transact([(await partyWrite(sealer, aurora, [])).write]);
  const cleared = async () => (await clearedWrite(sealer, { participant: 'AURORA', at: now }, [])).write;
  await table.transact([await cleared()]);
  expect(await refused()).toBe(false);
  await table.write({ put: { ...suspensionKey('AURORA'), since: now.toISOString(), state: 'unconfirmed' } });
  expect(await refused()).toBe(true);
  // Not by taking it out of the table.
  await table.write({ delete: suspensionKey('AURORA') });
  expect(await refused()).toBe(true);
  await table.transact([await cleared()]);
  expect(await refused()).toBe(false);
});

it('refuses a certificate whose seal does not hold', async () => {
  await refused();
  await table.write({ update: statusKey(client), change: { set: { participant: 'OTHER' } } });
  expect(await nodeRefused(table, sealer).refusedAmong([client], now)).toEqual(new Set([client]));
});

it('says that the node cannot be asked, and not that nobody is refused', async () => {
  const away: Table = {
    ...table,
    get: async () => {
      throw new Error('the table is away');
    },
  };
  await expect(nodeRefused(away, sealer).refusedAmong([client], now)).rejects.toThrow('away');
  // Nor where nobody was seen yet: a new task must not be ready before the node has answered.
  await expect(nodeRefused(away, sealer).refusedAmong([], now)).rejects.toThrow('away');
});

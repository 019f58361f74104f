import { expect, test } from 'vitest';
import { outboxPut } from '../../adapters/dynamodb/outbox.ts';
import { expiryOnLoad } from '../../adapters/expiry-on-load.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { driveExecution } from '../../functions/drive-execution/drive-execution.ts';

const clock = memoryClock('2026-06-01T12:00:00Z');
const status = {
  thumbprint: 'T'.repeat(43),
  participant: 'FINTECH_CL',
  networkStatus: 'active',
  validity: 'valid',
  notAfter: new Date('2026-06-01T11:59:59Z'),
} as CertificateStatus;

function loading() {
  const table = memoryTable();
  const asked: OutboxEntry[] = [];
  const onLoad = expiryOnLoad({
    clock,
    async enqueue(entry) {
      await table.transact([outboxPut(entry)]);
      asked.push(entry);
    },
  });
  return { onLoad, asked };
}

test('A-144 a certificate that is loaded after its end has its expiry recorded now, asked for once', async () => {
  const { onLoad, asked } = loading();
  expect(await onLoad(status)).toBe(status);
  await onLoad(status);
  expect(asked).toMatchObject([{ kind: 'certificate.expired', queue: 'execution' }]);
  const invoked: unknown[] = [];
  const executions = { invoke: async (...asked: unknown[]) => void invoked.push(asked) };
  expect(await driveExecution({ executions } as never, asked[0]!)).toBe('INVOKED');
  expect(invoked).toEqual([['expire', { participant: 'FINTECH_CL' }]]);
});

test.each([
  ['one that is good until its last second', { notAfter: clock.now() }],
  ['one that is recorded as expired', { networkStatus: 'disabled', validity: 'expired' }],
  ['one that was disabled before', { networkStatus: 'disabled' }],
] as const)('%s asks for nothing', async (_, change) => {
  const { onLoad, asked } = loading();
  await onLoad({ ...status, ...change });
  await onLoad(undefined);
  expect(asked).toEqual([]);
});

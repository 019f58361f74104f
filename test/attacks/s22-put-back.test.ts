import { beforeEach, describe, expect, test } from 'vitest';
import { apiKeyKey, apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { certificateItem, statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { takeAway } from '../../adapters/dynamodb/enrolment-states.ts';
import { leastAnchorsWrite } from '../../adapters/dynamodb/least-anchors.ts';
import { neverBack } from '../../adapters/dynamodb/never-back.ts';
import { people, personKey, personWrite } from '../../adapters/dynamodb/people.ts';
import type { StoredItem, Table } from '../../adapters/dynamodb/table.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { grantApiKey, makeApiKey } from '../../core/api-key.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { aPerson, noon } from '../support/people.ts';

// Who can write the table puts back an older item, its good seal included, or takes one out that must be there. A
// process that saw the newer one does not follow; one that starts afterwards is the evidence audit's matter (S23).

const sealer = memorySealer(memoryLog());
const thumbprint = 'A'.repeat(43) as Thumbprint;
let stored: Table;
let table: Table;
let log: ReturnType<typeof memoryLog>;
beforeEach(() => {
  stored = memoryTable();
  log = memoryLog();
  table = neverBack(stored, log);
});

const alarms = () => log.lines.filter(({ code }) => code === 'SEAL_BROKEN').length;
const put = (item: StoredItem) => stored.write({ put: item });

async function activeStatus(over: { enrolmentId?: string; activatedAt?: Date; version?: number } = {}) {
  const { enrolmentId = 'E1', activatedAt = noon, version = 5 } = over;
  const status = {
    thumbprint,
    keyThumbprint: 'k',
    participant: 'AURORA',
    enrolmentId,
    use: 'signing' as const,
    networkStatus: 'active' as const,
    validity: 'valid' as const,
    notAfter: noon,
    acceptingOperators: ['BANCO_CL'],
    sources: [],
    anchor: thumbprint,
    activatedAt,
  };
  const { item } = await certificateItem(status, sealer, version, []);
  await put(item);
  return item;
}

function disable(id = 'E1') {
  const to = { validity: 'valid', networkStatus: 'disabled' } as const;
  return stored.transact([takeAway({ thumbprint, id }, to, 'DISABLED', noon)]);
}

describe('a certificate', () => {
  test('S22 D: disabled, with its earlier status put back, seal and all, does not count again', async () => {
    const statuses = statusStore(table, sealer);
    const before = await activeStatus();
    await statuses.status(thumbprint);
    await disable();
    expect((await statuses.status(thumbprint))?.networkStatus).toBe('disabled');
    await put(before);
    await expect(statuses.status(thumbprint)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    await expect(table.getMany([statusKey(thumbprint)])).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    expect(alarms()).toBe(2);
  });

  test('S22 that was disabled may be enrolled anew, whatever number its record counts from', async () => {
    const statuses = statusStore(table, sealer);
    await activeStatus();
    await disable();
    await statuses.status(thumbprint);
    await activeStatus({ enrolmentId: 'E2', activatedAt: new Date(noon.getTime() + 1), version: 2 });
    expect((await statuses.status(thumbprint))?.networkStatus).toBe('active');
    expect(alarms()).toBe(0);
  });
});

test('S22 D: a person whose record is put back to before their end, or taken out, is not found', async () => {
  const known = people(table, sealer);
  const write = async (over: Parameters<typeof aPerson>[0]) => {
    const { write: one } = await personWrite(sealer, aPerson(over), []);
    await put((one as { put: StoredItem }).put);
    return (one as { put: StoredItem }).put;
  };
  const before = await write({ personId: 'p1', version: 2 });
  await write({ personId: 'p1', version: 3, state: 'ended' });
  expect((await known.person('p1'))?.state).toBe('ended');
  await put(before);
  await expect(known.person('p1')).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  await stored.write({ delete: personKey('p1') });
  await expect(known.person('p1')).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

test('S22 D: an ended API key whose grant is put back is not accepted', async () => {
  const keys = apiKeys(table, sealer);
  const key = makeApiKey('local', new Uint8Array(32).fill(7));
  const grant = grantApiKey({ key, keyId: 'K1', participant: 'AURORA' }, noon);
  await stored.transact((await keys.issue(grant, await keys.heldBy('AURORA'), [])).writes);
  const before = (await stored.get(apiKeyKey(grant.digest)))!;
  await stored.transact(keys.end('K1', await keys.heldBy('AURORA'), noon)!.writes);
  expect((await keys.find(grant.digest))?.endedAt).toEqual(noon);
  await put(before);
  await expect(keys.find(grant.digest)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

test('S24 D: the mark of the oldest anchors that count does not go back and is not taken away', async () => {
  const mark = { pk: 'NODE', sk: 'ANCHORS' };
  const write = async (version: number) =>
    put(((await leastAnchorsWrite(sealer, version, [])).write as { put: StoredItem }).put);
  await write(2);
  await table.get(mark);
  await write(1);
  await expect(table.get(mark)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  await stored.write({ delete: mark });
  await expect(table.get(mark)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

test('S22 two reads under way that answer in the other order alarm nobody', async () => {
  const slow: ((item: StoredItem) => void)[] = [];
  const answered = neverBack(
    { ...stored, get: () => new Promise((resolve) => slow.push(resolve)) } as Table,
    log,
  );
  const older = await activeStatus({ version: 5 });
  const newer = await activeStatus({ version: 6 });
  const reads = [answered.get(statusKey(thumbprint)), answered.get(statusKey(thumbprint))];
  slow[1]!(newer);
  await reads[1];
  slow[0]!(older);
  expect(await reads[0]).toBe(older);
  const afterwards = answered.get(statusKey(thumbprint));
  slow[2]!(older);
  await expect(afterwards).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

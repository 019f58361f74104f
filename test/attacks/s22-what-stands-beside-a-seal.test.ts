import { beforeEach, expect, test } from 'vitest';
import { apiKeyKey, apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { certificateItem, statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { factors, factorWrite } from '../../adapters/dynamodb/factors.ts';
import { people, personKey, personWrite } from '../../adapters/dynamodb/people.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { checkApiKey, grantApiKey, makeApiKey } from '../../core/api-key.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { disableStand } from '../support/disable.ts';
import { fintech } from '../support/enrolment.ts';
import { aPerson, noon } from '../support/people.ts';

// Who can write the table leaves every seal as it is, and edits what stands beside it.

const sealer = memorySealer(memoryLog());
let table: Table;
beforeEach(() => {
  table = memoryTable();
});

async function endedKey() {
  const keys = apiKeys(table, sealer);
  const key = makeApiKey('local', new Uint8Array(32).fill(7));
  const grant = grantApiKey({ key, keyId: 'K1', participant: 'AURORA' }, noon);
  await table.transact((await keys.issue(grant, await keys.heldBy('AURORA'), [])).writes);
  await table.transact(keys.end('K1', await keys.heldBy('AURORA'), noon)!.writes);
  return { keys, digest: grant.digest };
}

test('S22 D: an ended API key whose end is removed does not come back', async () => {
  const { keys, digest } = await endedKey();
  await table.write({ update: apiKeyKey(digest), change: { remove: ['endedAt'] } });
  await expect(keys.find(digest)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

test('S22 D: an ended API key whose end is moved into the future does not come back', async () => {
  const { keys, digest } = await endedKey();
  const set = { endedAt: '2099-01-01T00:00:00.000Z' };
  await table.write({ update: apiKeyKey(digest), change: { set } });
  const found = await keys.find(digest);
  expect(() => checkApiKey(found, noon)).toThrow(expect.objectContaining({ code: 'API_KEY_NOT_VALID' }));
});

test('S22 D: a certificate taken out of the list by which a disable finds it is not used either', async () => {
  const stand = disableStand();
  const leaf = await stand.active(stand.leaf('hidden'));
  await stand.active(stand.leaf('other'));
  await stand.table.write({ delete: { pk: `OPEN#${fintech.finId}`, sk: `CERT#${leaf.thumbprint}` } });
  for (const change of [{ set: { gsi1pk: 'CERTIFICATES#OTHER' } }, { remove: ['gsi1pk'] }]) {
    await stand.table.write({ update: statusKey(leaf.thumbprint), change });
    await expect(stand.disable({ thumbprint: leaf.thumbprint })).rejects.toMatchObject({
      code: 'DISABLE_TARGET_UNKNOWN',
    });
    await expect(stand.ports.statuses.status(leaf.thumbprint)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  }
});

test('S22 D: the status of one certificate, copied to the key of another, does not open', async () => {
  const own = 'A'.repeat(43) as Thumbprint;
  const thief = 'B'.repeat(43) as Thumbprint;
  const status = {
    thumbprint: own,
    keyThumbprint: 'k',
    participant: 'AURORA',
    enrolmentId: 'E1',
    use: 'transport' as const,
    networkStatus: 'active' as const,
    validity: 'valid' as const,
    notAfter: noon,
    acceptingOperators: [],
    sources: [],
    anchor: own,
    activatedAt: noon,
  };
  const { item } = await certificateItem(status, sealer, 1, []);
  await table.write({ put: item });
  await table.write({ put: { ...item, ...statusKey(thief) } });
  const statuses = statusStore(table, sealer);
  expect(await statuses.status(own)).toMatchObject({ participant: 'AURORA' });
  await expect(statuses.status(thief)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

test('S22 D: a person listed under another participant holds no office there', async () => {
  const stranger = aPerson({ personId: 'stranger', participant: 'BOREAL' });
  await table.transact([(await personWrite(sealer, stranger, [])).write]);
  await table.write({ update: personKey('stranger'), change: { set: { gsi1pk: 'PEOPLE#AURORA' } } });
  expect(await people(table, sealer).holders('AURORA')).toEqual([]);
});

test('S22 D: the last counted step of an authenticator, taken away or lowered, lets no code count again', async () => {
  const factor = { personId: 'p1', passwordHash: 'h', totpSecretEncrypted: 'e', setAt: noon, version: 1 };
  await table.transact([(await factorWrite(sealer, factor, ['proof'])).write]);
  const known = factors(table, sealer);
  await known.useStep('p1', 1000);
  const key = { pk: 'PERSON#p1', sk: 'FACTOR#password' };
  await table.write({ update: key, change: { set: { lastStep: 0 } } });
  expect(await known.factor('p1')).toMatchObject({ lastStep: 1000 });
  await table.write({ update: key, change: { remove: ['lastStep'] } });
  await expect(known.factor('p1')).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  await expect(known.useStep('p1', 1001)).rejects.toMatchObject({ code: 'FACTOR_STEP_USED' });
});

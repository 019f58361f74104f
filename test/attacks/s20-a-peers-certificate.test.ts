import { beforeEach, expect, test } from 'vitest';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { anAdministration, psc } from '../support/administration.ts';
import { type Issued, someHolder } from '../support/certificates.ts';

// N wants this node to believe a certificate of its own choice. Only two node operators here can.

let stand: ReturnType<typeof anAdministration>;
let one: string;
let two: string;
beforeEach(async () => {
  stand = anAdministration();
  [one, two] = (await stand.operators()) as [string, string];
});

const leafs = new Map<string, Issued>();
function leafOf(keyLabel: string): Issued {
  const notAfter = new Date('2028-01-01T00:00:00Z');
  const leaf = leafs.get(keyLabel) ?? psc.issue({ holder: someHolder, keyLabel, notAfter });
  leafs.set(keyLabel, leaf);
  return leaf;
}

function pinOf(keyLabel: string, over: object = {}) {
  const leaf = leafOf(keyLabel);
  return {
    fin_id: 'SHINKANSEN',
    fin_id_schema: 'SHINKANSEN',
    kind: 'network' as const,
    name: 'Red de Prueba',
    country: 'CL',
    tax_id: '76.000.000-1',
    time_zone: 'America/Santiago',
    locale: 'es' as const,
    api_url: 'https://api.network.test',
    certificate_thumbprint: leaf.thumbprint,
    certificate_chain: leaf.chain.map((der) => Buffer.from(der).toString('base64')),
    ...over,
  };
}
const networkStatusOf = async (keyLabel: string) => {
  const { table, sealer } = stand.world;
  return (await statusStore(table, sealer).status(leafOf(keyLabel).thumbprint))?.networkStatus;
};
const refusal = (code: string) => expect.objectContaining({ code });

test('S20 a certificate that two operators signed counts, so that what follows shows something', async () => {
  await stand.perform('peer.pin', pinOf('first'), [one, two]);
  expect(await networkStatusOf('first')).toBe('active');
});

test('S20 N: one operator, or one twice, puts no successor in force', async () => {
  await stand.perform('peer.pin', pinOf('first'), [one, two]);
  const actId = await stand.propose('peer.pin', pinOf('successor'));
  await stand.sign(actId, one);
  expect(await networkStatusOf('successor')).toBeUndefined();
  await expect(stand.sign(actId, one)).rejects.toThrow(refusal('ACT_ALREADY_SIGNED'));
  expect(await networkStatusOf('successor')).toBeUndefined();
  expect(await networkStatusOf('first')).toBe('active');
});

test('S20 N: a chain that is not the thumbprint which they compared puts nothing in force', async () => {
  const { certificate_chain } = pinOf('swapped');
  const act = pinOf('compared', { certificate_chain });
  await expect(stand.perform('peer.pin', act, [one, two])).rejects.toThrow(refusal('ACT_PARAMETERS_INVALID'));
  expect(await networkStatusOf('swapped')).toBeUndefined();
  expect(await networkStatusOf('compared')).toBeUndefined();
});

import { expect, test } from 'vitest';
import { statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { anAdministration, psc } from '../support/administration.ts';
import { type Issued, someHolder } from '../support/certificates.ts';

const notAfter = new Date('2028-01-01T00:00:00Z');

function pin(leaf: Issued): ActParameters['peer.pin'] {
  return {
    fin_id: 'SHINKANSEN',
    fin_id_schema: 'SHINKANSEN',
    kind: 'network',
    name: 'Red de Prueba',
    country: 'CL',
    tax_id: '76.000.000-1',
    time_zone: 'America/Santiago',
    locale: 'es',
    api_url: 'https://api.network.test',
    certificate_thumbprint: leaf.thumbprint,
    certificate_chain: leaf.chain.map((der) => Buffer.from(der).toString('base64')),
  };
}

test('S20 N: the next certificate of a network counts only once two of our node operators pinned its thumbprint', async () => {
  const { operators, perform, world } = anAdministration();
  const [one, two] = await operators();
  const current = psc.issue({ holder: someHolder, notAfter, keyLabel: 'network-1' });
  const next = psc.issue({ holder: someHolder, notAfter, keyLabel: 'network-2' });
  const counts = async (leaf: Issued) =>
    (await world.table.get(statusKey(leaf.thumbprint)))?.networkStatus ?? 'unknown';
  await perform('peer.pin', pin(current), [one!, two!]);
  expect([await counts(current), await counts(next)]).toEqual(['active', 'unknown']);
  expect(await perform('peer.pin', pin(next), [one!])).toMatchObject({ state: 'open' });
  expect(await counts(next)).toBe('unknown');
  await perform('peer.pin', pin(next), [one!, two!]);
  expect([await counts(current), await counts(next)]).toEqual(['active', 'active']);
});

test('S20 N: a thumbprint that operators compared is never pinned for another certificate in the same chain', async () => {
  const { operators, perform } = anAdministration();
  const [one, two] = await operators();
  const compared = psc.issue({ holder: someHolder, notAfter, keyLabel: 'network-1' });
  const other = psc.issue({ holder: someHolder, notAfter, keyLabel: 'network-2' });
  const swapped = { ...pin(other), certificate_thumbprint: compared.thumbprint };
  await expect(perform('peer.pin', swapped, [one!, two!])).rejects.toThrow(
    expect.objectContaining({ code: 'ACT_PARAMETERS_INVALID' }),
  );
});

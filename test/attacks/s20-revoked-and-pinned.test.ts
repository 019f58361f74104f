import { expect, test } from 'vitest';
import { statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { base64, certificateOf, type Node, network, twoNodes } from '../support/node-certificates.ts';
import { sweepStand } from '../support/sweep.ts';

const revoked = expect.objectContaining({ code: 'CERTIFICATE_REVOKED' });

/** As the sweep writes it. */
async function isRevoked({ world }: Node, thumbprint: Thumbprint): Promise<void> {
  await world.table.write({
    update: statusKey(thumbprint),
    change: { set: { networkStatus: 'disabled', validity: 'revoked' }, remove: ['seal'] },
  });
  world.clock.advance(60);
}

test('S20 N: what the PSC revoked is not pinned again, whoever signs for it', async () => {
  const { op, first } = await twoNodes();
  const leaf = first[network]!;
  await isRevoked(op, leaf.thumbprint);
  const pin = {
    fin_id: network,
    fin_id_schema: 'SHINKANSEN',
    kind: 'network' as const,
    name: network,
    country: 'CL',
    tax_id: '76543210-3',
    time_zone: 'America/Santiago',
    locale: 'es' as const,
    api_url: 'https://shinkansen.test',
    certificate_thumbprint: leaf.thumbprint,
    certificate_chain: base64(leaf),
  };
  await expect(op.admin.perform('peer.pin', pin, op.operators.slice(0, 2))).rejects.toThrow(revoked);
  expect(await op.state(leaf.thumbprint)).toBe('disabled');
});

test('S20 I: nor announced again as this node’s own', async () => {
  const { net, announce } = await twoNodes();
  const next = certificateOf(network);
  await announce(net, next);
  await isRevoked(net, next.thumbprint);
  await expect(announce(net, next)).rejects.toThrow(revoked);
  expect(await net.state(next.thumbprint)).toBe('disabled');
});

test('S25 N: a certificate pinned below a list that was read before is looked for in that very list', async () => {
  const stand = sweepStand();
  const leaf = stand.listed('node');
  await stand.active(stand.listed('one'));
  const list = stand.list({ revoked: [{ leaf, reason: 1 }], hours: 24 * 7 });
  stand.says({ outcome: 'FETCHED', bytes: list, etag: '"1"' });
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  await stand.pinned(leaf, 'BANCO_CL', [(await stand.source()).id]);
  stand.clock.advance(3600);
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  expect((await stand.ports.statuses.status(leaf.thumbprint))?.validity).toBe('revoked');
});

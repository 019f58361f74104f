import { expect, test } from 'vitest';
import { statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { keyThumbprintOf, type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { watchOf } from '../../core/sweep/watch.ts';
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
  const own = parseCertificate(leaf.der);
  const at = stand.clock.now();
  const status = {
    thumbprint: leaf.thumbprint,
    keyThumbprint: keyThumbprintOf(own.spki),
    participant: 'BANCO_CL',
    enrolmentId: 'pin.1',
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: own.notAfter,
    acceptingOperators: [],
    sources: [(await stand.source()).id],
    anchor: thumbprintOf(stand.root.der),
    activatedAt: at,
  } as const;
  const actor = { kind: 'node', function: 'apply-act' } as const;
  const evidence = { id: 'E-pin', scope: 'BANCO_CL', kind: 'peer.pinned', at, actor, subjects: {} };
  await ledger(stand.table, stand.sealer, async () => undefined).commit(
    [
      {
        noun: 'certificate',
        status,
        path: [leaf.der],
        watch: watchOf({ path: [own], anchor: { certificate: parseCertificate(stand.root.der) } }),
        version: 1,
      },
    ],
    ['p'],
    { evidence: [evidence], outbox: [] },
  );
  stand.clock.advance(3600);
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  expect((await stand.ports.statuses.status(leaf.thumbprint))?.validity).toBe('revoked');
});

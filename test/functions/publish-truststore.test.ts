import { beforeEach, describe, expect, test } from 'vitest';
import { leastTruststore, truststoreRecords } from '../../adapters/dynamodb/truststore.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import type { TruststoreShelf } from '../../adapters/s3/truststore.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { listName, openTruststore, requireList } from '../../core/truststore/manifest.ts';
import {
  type PublishTruststorePorts,
  publishTruststore,
} from '../../functions/publish-truststore/publish-truststore.ts';
import { sweepStand } from '../support/sweep.ts';

let stand: ReturnType<typeof sweepStand>;
let ports: PublishTruststorePorts;
let objects: Map<string, Uint8Array>;
let leftOut: string[];
const signer = memoryP256Signer('truststore-key');
beforeEach(() => {
  stand = sweepStand();
  objects = new Map();
  leftOut = [];
  const shelf: TruststoreShelf = {
    manifest: async () => undefined,
    publish: async (file) => void objects.set('manifest', file),
    list: async (sha256) => requireList(sha256, objects.get(sha256)!),
    keep: async (sha256, der) => void objects.set(sha256, der),
  };
  ports = {
    clock: stand.clock,
    stage: 'dev',
    trust: stand.sweepPorts.trust,
    sources: stand.sources,
    wire: stand.sweepPorts.wire,
    shelf,
    records: truststoreRecords(stand.table),
    signer,
    leftOut: (authorities) => void leftOut.push(...authorities),
  };
});

const published = () =>
  openTruststore(objects.get('manifest')!, {
    stage: 'dev',
    keys: new Map([['truststore-key', signer.publicKey]]),
    leastVersion: 1,
  });
const minutes = (count: number) => stand.clock.advance(count * 60);

describe('the truststore of the edge', () => {
  test('holds the CAs of enrolled certificates with the lists that they signed', async () => {
    await stand.active(stand.listed('one'));
    const list = stand.list();
    stand.says(list);
    await stand.sweep();
    expect(await publishTruststore(ports)).toEqual({ outcome: 'PUBLISHED', version: 1 });
    const { authorities, lists, version } = published();
    expect(authorities.map(thumbprintOf)).toEqual([thumbprintOf(stand.root.der)]);
    expect([lists, version]).toEqual([[listName(list)], 1]);
    expect(objects.get(lists[0]!)).toEqual(list);
  });

  test('is not written again while nothing has changed, and its lists are not fetched again', async () => {
    await stand.active(stand.listed('one'));
    stand.says(stand.list());
    await stand.sweep();
    await publishTruststore(ports);
    const asked = stand.asked.length;
    expect(await publishTruststore(ports)).toEqual({ outcome: 'UNCHANGED', version: 1 });
    expect(stand.asked).toHaveLength(asked);
  });

  test('follows the sweep: a list that revokes is there with the next publication', async () => {
    const leaf = await stand.active(stand.listed('one'));
    await stand.active(stand.listed('two'));
    stand.says(stand.list());
    await stand.sweep();
    await publishTruststore(ports);
    minutes(60);
    const next = stand.list({ revoked: [{ leaf }] });
    stand.says(next);
    await stand.sweep();
    expect(await publishTruststore(ports)).toEqual({ outcome: 'PUBLISHED', version: 2 });
    expect(published().lists).toEqual([listName(next)]);
    expect(await leastTruststore(stand.table)).toBe(2);
  });

  test('keeps the last good list while its PSC does not answer, and takes no older one', async () => {
    await stand.active(stand.listed('one'));
    const old = stand.list({ number: 1 });
    minutes(61);
    const good = stand.list({ number: 2 });
    stand.says(good);
    await stand.sweep();
    await publishTruststore(ports);
    minutes(60);
    stand.says(stand.list({ number: 3 }));
    await stand.sweep();
    stand.says(old);
    expect((await publishTruststore(ports)).outcome).toBe('UNCHANGED');
    stand.down();
    expect((await publishTruststore(ports)).outcome).toBe('UNCHANGED');
    expect(published().lists).toEqual([listName(good)]);
  });

  test('leaves out, and says so, the CAs of a path in which one has no list', async () => {
    const intermediate = stand.root.issueCa({ name: 'Intermedia', crlUrls: ['http://psc.example/raiz.crl'] });
    await stand.active(
      intermediate.issue({
        holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' },
        crlUrls: ['http://psc.example/intermedia.crl'],
        keyLabel: 'under',
      }),
    );
    stand.says(stand.list());
    await publishTruststore(ports);
    // Both places gave the root's list: the intermediate has none of its own.
    expect(published().authorities).toEqual([]);
    expect(leftOut).toContain(thumbprintOf(intermediate.der));
  });

  test('is empty where nobody is enrolled, so that an edge knows nobody', async () => {
    expect(await publishTruststore(ports)).toEqual({ outcome: 'PUBLISHED', version: 1 });
    expect(published()).toMatchObject({ authorities: [], lists: [] });
  });

  test('two publishers at once give two files no common number', async () => {
    await stand.active(stand.listed('one'));
    stand.says(stand.list());
    await stand.sweep();
    const outcomes = await Promise.all([publishTruststore(ports), publishTruststore(ports)]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['OVERTAKEN', 'PUBLISHED']);
  });
});

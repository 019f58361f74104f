// The edge's lists are fetched over plain HTTP as the sweep's are: a list that nobody signed must not take the place of a
// good one, or a whole PSC's clients stay outside, and the next good list would count as an older one.

import { beforeEach, expect, test } from 'vitest';
import { truststoreRecords } from '../../adapters/dynamodb/truststore.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { truststoreShelf } from '../../adapters/s3/truststore.ts';
import { listName, openTruststore, requireList } from '../../core/truststore/manifest.ts';
import { publishTruststore } from '../../functions/publish-truststore/publish-truststore.ts';
import { deltaIndicator } from '../support/revocation-lists.ts';
import { sweepStand } from '../support/sweep.ts';

let stand: ReturnType<typeof sweepStand>;
let objects: Map<string, Uint8Array>;
const signer = memoryP256Signer('truststore-key');
beforeEach(() => {
  stand = sweepStand();
  objects = new Map();
});

function publish() {
  return publishTruststore({
    clock: stand.clock,
    stage: 'dev',
    trust: stand.sweepPorts.trust,
    sources: stand.sources,
    wire: stand.sweepPorts.wire,
    shelf: {
      manifest: async () => undefined,
      publish: async (file) => void objects.set('manifest', file),
      list: async (sha256) => requireList(sha256, objects.get(sha256)!),
      keep: async (sha256, der) => void objects.set(sha256, der),
    },
    records: truststoreRecords(stand.table),
    signer,
    leftOut: () => {},
  });
}

const published = () => {
  const keys = new Map([['truststore-key', signer.publicKey]]);
  return openTruststore(objects.get('manifest')!, { stage: 'dev', keys, leastVersion: 1 });
};

/** The sweep hears a good list; then somebody on the way answers the publisher. */
async function answered(inItsPlace: () => Uint8Array): Promise<void> {
  await stand.active(stand.listed('one'));
  stand.says(stand.list());
  await stand.sweep();
  await publish();
  stand.clock.advance(3600);
  stand.says(stand.list());
  await stand.sweep();
  stand.says(inItsPlace());
  await publish();
}

const far = 4_000_000_000;

test.each([
  ['that nobody signed', () => stand.list({ forged: true, number: far })],
  ['of another kind', () => stand.list({ number: far, extensions: [deltaIndicator(far - 1)] })],
])('S25 Q: a list %s locks nobody out at the edge, and stands in no later one’s way', async (_, other) => {
  await answered(other);
  expect(published().authorities).toHaveLength(1);
  stand.clock.advance(3600);
  const good = stand.list();
  stand.says(good);
  await stand.sweep();
  await publish();
  expect(published()).toMatchObject({ lists: [listName(good)] });
  expect(published().authorities).toHaveLength(1);
});

test('S25 Q: nor does the first list, where nobody signed it', async () => {
  await stand.active(stand.listed('one'));
  const good = stand.list();
  stand.says(good);
  await stand.sweep();
  stand.says(stand.list({ forged: true, number: far }));
  await publish();
  stand.says(good);
  await publish();
  expect(published()).toMatchObject({ lists: [listName(good)] });
});

test('S25 D: whoever writes to the bucket cannot fill the memory of an edge: what is too large is not read', async () => {
  let read = 0;
  const transformToByteArray = async () => new Uint8Array(++read);
  const shelf = (ContentLength: number | undefined) =>
    truststoreShelf(
      { send: async () => ({ ContentLength, Body: { transformToByteArray } }) } as never,
      'trust',
    );
  for (const length of [5_000_000_000, undefined]) {
    await expect(shelf(length).manifest()).rejects.toThrow('too large');
    await expect(shelf(length).list('x')).rejects.toThrow('too large');
  }
  expect(read).toBe(0);
  expect(await shelf(1).manifest()).toMatchObject({ file: new Uint8Array(1) });
});

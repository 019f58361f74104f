// Lists travel over plain HTTP: who stands on the way can put another list of the same PSC, well signed and fresh, in the
// place of the one that was asked for.

import { beforeEach, expect, test } from 'vitest';
import { context, contextPrimitive, sequence } from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { requireThawed } from '../../core/certificate/revocation/freshness.ts';
import type { Issued } from '../support/certificates.ts';
import {
  crlNumber,
  deltaIndicator,
  issuingDistributionPoint,
  revocationList,
  uri,
} from '../support/revocation-lists.ts';
import { listUrl, sweepStand } from '../support/sweep.ts';

const rootUrl = 'http://psc.example/raiz.crl';
let stand: ReturnType<typeof sweepStand>;
beforeEach(() => {
  stand = sweepStand();
});

const hour = () => stand.clock.advance(3600);
const validity = async (leaf: Issued) => (await stand.ports.statuses.status(leaf.thumbprint))?.validity;

test('S25 P: a delta in the place of the complete list is no word of it, and hides no revocation', async () => {
  const leaf = await stand.active(stand.listed('one'));
  stand.says(stand.list({ number: 1 }));
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  const { nextUpdate } = await stand.source();
  hour();
  // The complete list number 2 names the certificate; a delta on top of it need not any more.
  stand.says(stand.list({ number: 3, hours: 24 * 30, extensions: [deltaIndicator(2)] }));
  expect(await stand.sweep()).toEqual(['FAILED']);
  expect(await stand.source()).toMatchObject({ nextUpdate, trouble: 'CRL_SCOPE_WRONG' });
  hour();
  stand.says(stand.list({ number: 4, revoked: [{ leaf, reason: 1 }] }));
  await stand.sweep();
  expect(await validity(leaf)).toBe('revoked');
});

test('S25 P: the list of the issuer’s issuer in the place of the issuer’s own says nothing of the certificate', async () => {
  const intermediate = stand.root.issueCa({ name: 'Intermedia', crlUrls: [rootUrl] });
  const holder = { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' } as const;
  const leaf = await stand.active(intermediate.issue({ holder, crlUrls: [listUrl], keyLabel: 'under' }));
  const own = (revoked: boolean) =>
    revocationList({
      issuer: parseCertificate(intermediate.der).subject.der,
      thisUpdate: stand.clock.now(),
      nextUpdate: new Date(stand.clock.now().getTime() + 86_400_000),
      entries: revoked
        ? [{ serial: parseCertificate(leaf.der).serialNumber, revoked: stand.clock.now(), reason: 1 }]
        : [],
      extensions: [crlNumber(Math.floor(stand.clock.now().getTime() / 1000))],
      key: intermediate.key,
    });
  stand.serves(rootUrl, stand.list({ hours: 24 * 365 }));
  stand.serves(listUrl, own(false));
  expect(await stand.sweep()).toEqual(['PROCESSED', 'PROCESSED']);
  const { nextUpdate } = await stand.source(listUrl);
  hour();
  // Good for a year, by the root.
  stand.serves(listUrl, stand.list({ hours: 24 * 365 }));
  stand.serves(rootUrl, stand.list({ hours: 24 * 365 }));
  expect((await stand.sweep()).sort()).toEqual(['FAILED', 'PROCESSED']);
  expect((await stand.source(listUrl)).nextUpdate).toEqual(nextUpdate);
  hour();
  stand.serves(listUrl, own(true));
  await stand.sweep();
  expect(await validity(leaf)).toBe('revoked');
});

test('S25 P: an old list of another scope, still in force, does not follow the one that was read', async () => {
  const leaf = await stand.active(stand.listed('one'));
  const thisUpdate = new Date(stand.clock.now().getTime() - 5 * 86_400_000);
  const onlyUserCerts = issuingDistributionPoint(contextPrimitive(1, Uint8Array.of(0xff)));
  const old = stand.list({ thisUpdate, hours: 24 * 90, extensions: [onlyUserCerts] });
  stand.says(stand.list());
  expect(await stand.sweep()).toEqual(['PROCESSED']);
  hour();
  stand.says(old);
  expect(await stand.sweep()).toEqual(['FAILED']);
  expect((await stand.source()).trouble).toBe('CRL_NUMBER_REGRESSED');
  hour();
  stand.says(stand.list({ revoked: [{ leaf, reason: 1 }] }));
  await stand.sweep();
  expect(await validity(leaf)).toBe('revoked');
});

/** A CA of its own under the same anchor, its leafs and its lists. */
function another(name: string) {
  const ca = stand.root.issueCa({ name, crlUrls: [rootUrl] });
  const holder = { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' } as const;
  return {
    leaf: (more: object) => ca.issue({ holder, keyLabel: name, ...more }),
    list: (hours = 24) =>
      revocationList({
        issuer: parseCertificate(ca.der).subject.der,
        thisUpdate: stand.clock.now(),
        nextUpdate: new Date(stand.clock.now().getTime() + hours * 3_600_000),
        entries: [],
        extensions: [crlNumber(Math.floor(stand.clock.now().getTime() / 1000))],
        key: ca.key,
      }),
  };
}
const freshestAt = (url: string) => ({
  extensions: [
    {
      oid: '2.5.29.46',
      critical: false,
      value: sequence(sequence(context(0, context(0, uri(url))))),
    },
  ],
});
const sourcesOf = async (leaf: Issued) => {
  const { sources } = (await stand.ports.statuses.status(leaf.thumbprint))!;
  return Promise.all(sources.map(async (id) => (await stand.sources.find(id))!));
};

test('S25 P: the list of another CA at the same URL makes fresh what that CA issued, and nothing else', async () => {
  const [one, two] = [another('Una'), another('Otra')];
  const mine = await stand.active(one.leaf({ crlUrls: [listUrl] }));
  const theirs = await stand.active(two.leaf({ crlUrls: [listUrl] }));
  stand.serves(rootUrl, stand.list());
  stand.serves(listUrl, two.list());
  expect((await stand.sweep()).sort()).toEqual(['FAILED', 'PROCESSED', 'PROCESSED']);
  const fresh = async (leaf: Issued) =>
    (await sourcesOf(leaf)).map((source) => source.lastGoodFetch !== undefined);
  expect(await fresh(theirs)).toEqual([true, true]);
  expect(await fresh(mine)).toEqual([false, true]);
  stand.clock.advance(25 * 3600);
  const times = await sourcesOf(mine);
  expect(() => requireThawed(times, stand.clock.now())).toThrow(
    expect.objectContaining({ code: 'REVOCATION_SOURCE_FROZEN' }),
  );
});

test('S25 P: a PSC that calls another’s complete list a delta of its own hides nothing that stands in it', async () => {
  const thief = another('Otra');
  // First come: its word about the place would have stood.
  await stand.active(thief.leaf({ crlUrls: ['http://otra.example/lista.crl'], ...freshestAt(listUrl) }));
  const leaf = await stand.active(stand.listed('victim'));
  stand.serves(rootUrl, stand.list());
  stand.serves('http://otra.example/lista.crl', thief.list());
  stand.serves(listUrl, stand.list({ revoked: [{ leaf, reason: 1 }] }));
  await stand.sweep();
  expect(await validity(leaf)).toBe('revoked');
});

test('S25 P: nor does a certificate that calls its issuer’s own list a delta', async () => {
  await stand.active(stand.leaf('first', { crlUrls: ['http://psc.example/2.crl'], ...freshestAt(listUrl) }));
  const leaf = await stand.active(stand.listed('victim', { keyLabel: 'victim' }));
  stand.serves('http://psc.example/2.crl', stand.list());
  stand.serves(listUrl, stand.list({ revoked: [{ leaf, reason: 1 }] }));
  await stand.sweep();
  expect(await validity(leaf)).toBe('revoked');
});

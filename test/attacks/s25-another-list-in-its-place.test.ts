// Lists travel over plain HTTP: who stands on the way can put another list of the same PSC, well signed and fresh, in the
// place of the one that was asked for.

import { beforeEach, expect, test } from 'vitest';
import { contextPrimitive } from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { Issued } from '../support/certificates.ts';
import {
  crlNumber,
  deltaIndicator,
  issuingDistributionPoint,
  revocationList,
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

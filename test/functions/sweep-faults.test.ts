// The test PSC as it is run on a laptop, over its own sockets and through the egress guard, with each of its faults: what
// the sweep, a payout and an enrolment make of it, hour by hour of virtual time.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { thawedSources } from '../../adapters/dynamodb/revocation-sources.ts';
import { createEgress, type Egress } from '../../adapters/http/egress.ts';
import { pathRevocation } from '../../adapters/http/path-revocation.ts';
import { revocationWire } from '../../adapters/http/revocation-wire.ts';
import type { TrustAnchor } from '../../core/certificate/anchor.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { validatePath } from '../../core/certificate/path.ts';
import { listRead } from '../../core/sweep/ports.ts';
import { sweepSource } from '../../functions/sweep-source/sweep-source.ts';
import { type FaultName, faultNames, type PscService } from '../../local/psc/faults.ts';
import { startPsc } from '../../local/psc/psc.ts';
import type { TestPsc } from '../../local/psc/test-psc.ts';
import { type Issued, someHolder, spkiOf, testKey } from '../support/certificates.ts';
import { sweepStand } from '../support/sweep.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-faults-'));
let stand: ReturnType<typeof sweepStand>;
let psc: TestPsc;

// Milliseconds of real time: the guard's own limits are 5 s and 60 s. Only who keeps us waiting on purpose is left soon:
// the others have all the time that a busy machine needs.
let slow: PscService | undefined;
const impatient: Egress = (request) => {
  const service: PscService = request.url.includes('/ocsp') ? 'ocsp' : 'crl';
  const limits =
    service === slow
      ? { firstByteTimeout: 250, totalTimeout: 500 }
      : { firstByteTimeout: 60_000, totalTimeout: 60_000 };
  return createEgress({ allowPrivate: true })({ ...request, ...limits });
};

beforeAll(async () => {
  psc = await startPsc({ dataFolder: folder, clock: () => stand.clock.now(), countries: ['CL'] });
});
afterAll(async () => {
  await psc.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  psc.faults.clear();
  slow = undefined;
  stand = sweepStand();
  const [own] = stand.trust.anchors as [TrustAnchor];
  const certificate = parseCertificate(psc.authority('CL').root.der);
  (stand.trust.anchors as TrustAnchor[]).push({ ...own, certificate });
});

async function enrolled(pointers: PscService): Promise<Issued> {
  const key = testKey();
  const issued = await psc.issue({ holder: someHolder, publicKey: spkiOf(key), pointers });
  return stand.active({ ...issued, key });
}

async function sweep(): Promise<string[]> {
  const ports = { ...stand.sweepPorts, wire: revocationWire(impatient) };
  const outcomes: string[] = [];
  for (const source of await stand.sources.due(stand.clock.now(), 100))
    outcomes.push((await sweepSource(ports, { source })).outcome);
  return outcomes;
}

/** What a payout signed with it would hear. */
async function payout(leaf: Issued): Promise<string> {
  const status = (await stand.ports.statuses.status(leaf.thumbprint))!;
  if (status.networkStatus !== 'active') return status.networkStatus;
  return thawedSources(stand.table)(status, stand.clock.now()).then(
    () => 'taken',
    (error) => error.code as string,
  );
}

/** What the check of another enrolment of the same PSC would find now. */
async function check(leaf: Issued): Promise<string> {
  const { anchors } = stand.trust;
  const path = validatePath({ chain: leaf.chain, anchors, now: stand.clock.now(), policy: {} });
  const known = async (id: string) => listRead(await stand.sources.find(id));
  const parts = { egress: impatient, known, keep: async () => undefined };
  return pathRevocation(parts, path, undefined, stand.clock.now()).then(
    () => 'GOOD',
    (error) => error.code ?? error.name,
  );
}

type Meeting = 'fails' | 'is heard';
const met: Record<FaultName, { readonly [service in PscService]?: Meeting }> = {
  slow: { crl: 'fails', ocsp: 'fails' },
  stalled: { crl: 'fails', ocsp: 'fails' },
  down: { crl: 'fails', ocsp: 'fails' },
  status500: { crl: 'fails', ocsp: 'fails' },
  tryLater: { crl: 'fails', ocsp: 'fails' },
  html: { crl: 'fails', ocsp: 'fails' },
  stale: { crl: 'fails', ocsp: 'fails' },
  future: { crl: 'fails', ocsp: 'fails' },
  wrongSigner: { crl: 'fails', ocsp: 'fails' },
  wrongScope: { crl: 'fails', ocsp: 'fails' },
  // POST is asked first, GET where it brings nothing (RFC 6960 A.1).
  getUnsupported: { ocsp: 'is heard' },
  postUnsupported: { ocsp: 'is heard' },
  revokedResponder: { ocsp: 'fails' },
  // No nonce is sent: responders that answer ahead could not repeat it.
  wrongNonce: { ocsp: 'is heard' },
};
const cases = faultNames.flatMap((fault) =>
  (Object.entries(met[fault]) as [PscService, Meeting][]).map(
    ([service, meeting]) => [fault, service, meeting] as const,
  ),
);
const failing = cases.filter(([, , meeting]) => meeting === 'fails');

const hour = 3600;
/** The test PSC's lists and answers live six hours: stale then, frozen a day later. */
const hours = {
  crl: { quiet: 2, alarmed: 4, thawed: 29, frozen: 31, end: 72 },
  // Nobody is asked before nextUpdate.
  ocsp: { quiet: 7, alarmed: 9, thawed: 29, frozen: 31, end: 72 },
};

describe('A-164 three days of it freeze new payouts, ring after two hours and disable nothing', () => {
  test.each(failing)('%s of the %s service', async (fault, service) => {
    const leaf = await enrolled(service);
    expect(await sweep()).toEqual(['PROCESSED', 'PROCESSED']);
    psc.faults.add({ fault, service, delayMs: 2_000 });
    if (fault === 'slow' || fault === 'stalled') slow = service;
    // There is news that does not come through: nobody answers 304.
    psc.revoke((await psc.issue({ holder: someHolder, publicKey: spkiOf(leaf.key) })).serialNumber);
    const begun = stand.clock.now().getTime();
    const at = async (after: number) => {
      stand.clock.set(new Date(begun + after * hour * 1000));
      expect(await sweep()).toContain('FAILED');
      expect(await stand.statusOf(leaf)).toBe('active');
      return [stand.alarms.length > 0, await payout(leaf)];
    };
    const { quiet, alarmed, thawed, frozen, end } = hours[service];
    expect(await at(quiet)).toEqual([false, 'taken']);
    expect(await check(leaf)).toBe('TransientRevocationUnavailable');
    expect(await at(alarmed)).toEqual([true, 'taken']);
    expect(await at(thawed)).toEqual([true, 'taken']);
    expect(await at(frozen)).toEqual([true, 'REVOCATION_SOURCE_FROZEN']);
    expect(await at(end)).toEqual([true, 'REVOCATION_SOURCE_FROZEN']);
    psc.faults.clear();
    slow = undefined;
    stand.clock.advance(hour);
    expect(await sweep()).not.toContain('FAILED');
    expect([await payout(leaf), await check(leaf)]).toEqual(['taken', 'GOOD']);
  });

  test('though nobody sweeps at all: a dead sweep freezes too', async () => {
    const leaf = await enrolled('crl');
    await sweep();
    stand.clock.advance(29 * hour);
    expect(await payout(leaf)).toBe('taken');
    stand.clock.advance(2 * hour);
    expect(await payout(leaf)).toBe('REVOCATION_SOURCE_FROZEN');
  });
});

test.each(cases.filter(([, , meeting]) => meeting === 'is heard'))(
  '%s of the %s service keeps no revocation from being heard',
  async (fault, service) => {
    const leaf = await enrolled(service);
    psc.faults.add({ fault, service });
    expect(await sweep()).toEqual(['PROCESSED', 'PROCESSED']);
    expect(await check(leaf)).toBe('GOOD');
    psc.revoke(Buffer.from(parseCertificate(leaf.der).serialNumber).toString('hex'), 'keyCompromise');
    expect(await check(leaf)).toBe('CERTIFICATE_REVOKED');
    stand.clock.advance(7 * hour);
    await sweep();
    expect(await payout(leaf)).toBe('disabled');
  },
);

test('S25 an enrolment is not checked by a list older than the one that the sweep has read', async () => {
  const leaf = await enrolled('crl');
  expect(await check(leaf)).toBe('GOOD');
  await sweep();
  const { thisUpdate } = await stand.source(`${psc.url}/cl/intermediate.crl`);
  const source = await stand.source(`${psc.url}/cl/intermediate.crl`);
  // As if another server of the PSC had given the sweep a newer one.
  await stand.sources.save({ ...source, thisUpdate: new Date(thisUpdate!.getTime() + 60_000) });
  expect(await check(leaf)).toBe('TransientRevocationUnavailable');
});

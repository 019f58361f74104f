import { expect, test } from 'vitest';
import { certificateItem, statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { enrolmentItem, openKey } from '../../adapters/dynamodb/enrolment-items.ts';
import { manifestHash, writeManifest } from '../../core/certificate/anchors.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { anAdministration, onboarding, psc } from '../support/administration.ts';
import { hours } from '../support/people.ts';
import { anEnrolment } from '../support/people-world.ts';

async function active(
  { world }: ReturnType<typeof anAdministration>,
  id: string,
  anchor: Thumbprint,
): Promise<() => Promise<unknown>> {
  const thumbprint = id.padEnd(43, 'x') as Thumbprint;
  const enrolment = anEnrolment({
    id,
    thumbprint,
    anchor,
    networkStatus: 'active',
    role: 'network',
    sources: [],
  } as Partial<Enrolment>);
  const { keyThumbprint, participant, use, validity, notAfter } = enrolment;
  const status = {
    ...{ thumbprint, keyThumbprint, participant, enrolmentId: id, use, validity, notAfter, anchor },
    networkStatus: 'active' as const,
    acceptingOperators: ['PUERTO'],
    sources: [],
    activatedAt: hours(-1),
  };
  await world.table.transact([
    { put: enrolmentItem(enrolment) },
    { put: { ...openKey('AURORA', thumbprint), enrolmentId: id } },
    { put: (await certificateItem(status, world.sealer, 1, [])).item },
  ]);
  return async () => {
    const item = await world.table.get(statusKey(thumbprint));
    return [item?.networkStatus, item?.code, item?.seal === undefined ? 'unsealed' : 'sealed'];
  };
}

test('S24 I: the act that takes an anchor out disables whatever hangs from it, and nothing else', async () => {
  const admin = anAdministration();
  const [one, two] = await admin.operators();
  await admin.perform('participant.onboard', onboarding, [one!, two!]);
  const below = await active(admin, 'EBELOW', psc.thumbprint);
  const elsewhere = await active(admin, 'EELSEWHERE', 'b'.repeat(43) as Thumbprint);
  const body = writeManifest({ version: 2, stage: 'local', issuedAt: new Date(), anchors: [], profiles: [] });
  const manifest_sha256 = Buffer.from(manifestHash(body)).toString('base64url');
  admin.manifests.set(manifest_sha256, body);
  await admin.perform('anchors.change', { manifest_sha256 }, [one!, two!]);
  expect(await below()).toEqual(['disabled', 'ANCHOR_REMOVED', 'unsealed']);
  expect(await elsewhere()).toEqual(['active', undefined, 'sealed']);
  expect(admin.world.evidence().map(({ kind }) => kind)).toContain('certificate.disabled');
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openManifest, type Stage } from '../../core/certificate/anchors.ts';
import { knownProductionRoots } from '../../core/certificate/known-roots.ts';
import { readChain } from '../../core/certificate/parse.ts';
import { validatePath } from '../../core/certificate/path.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import type { RefusalCode } from '../../core/errors.ts';
import { basicConstraints, keyUsage } from '../../local/psc/extensions.ts';
import { makeAuthority } from '../support/certificates.ts';
import { sealedManifest, someManifest, someProfile, testVerifier } from '../support/manifest.ts';

const root = makeAuthority({ name: 'S26 Root' });
const vectors = join(import.meta.dirname, '../vectors/psc');
const realFile = readdirSync(join(vectors, 'br/root')).find((name) => name.includes('Brasileira-v10'))!;
const real = readChain(readFileSync(join(vectors, 'br/root', realFile)))[0]!;

async function manifest(stage: Stage, kind: 'production' | 'test', der: Uint8Array = root.der) {
  const thumbprint = thumbprintOf(der);
  const profiles = [someProfile(root, { anchors: [thumbprint] })];
  return sealedManifest(
    someManifest(root, { stage, anchors: [{ certificate: der, thumbprint, kind }], profiles }),
  );
}
const refuses = (bytes: Uint8Array, stage: Stage, code: RefusalCode) =>
  expect(() => openManifest(bytes, testVerifier(stage), 1)).toThrow(
    expect.objectContaining({ name: 'Refusal', code }),
  );

describe('S26 node stages do not mix', () => {
  test.each<Stage>(['local', 'dev'])('S26 a %s node refuses a production anchor', async (stage) => {
    refuses(await manifest(stage, 'production'), stage, 'ANCHOR_STAGE_MIXED');
  });

  test('S26 a dev node refuses a known production root, whatever the manifest calls it', async () => {
    expect(knownProductionRoots.has(thumbprintOf(real))).toBe(true);
    refuses(await manifest('dev', 'test', real), 'dev', 'ANCHOR_STAGE_MIXED');
    const { trustAnchors } = openManifest(
      await manifest('prod', 'production', real),
      testVerifier('prod'),
      1,
    );
    expect(trustAnchors).toHaveLength(1);
  });

  test('S26 a prod node refuses a test anchor', async () => {
    refuses(await manifest('prod', 'test'), 'prod', 'ANCHOR_STAGE_MIXED');
    expect(openManifest(await manifest('prod', 'production'), testVerifier('prod'), 1).version).toBe(1);
  });

  test('S26 a manifest made for one stage does not open at another', async () => {
    refuses(await manifest('dev', 'test'), 'prod', 'ANCHORS_OTHER_STAGE');
    refuses(await manifest('local', 'test'), 'dev', 'ANCHORS_OTHER_STAGE');
  });

  test('S26 a prod node takes a self-signed leaf only where an enabled profile pins that very certificate', async () => {
    const leaf = (name: string) =>
      makeAuthority({ name, extensions: [basicConstraints(false), keyUsage('digitalSignature')] });
    const [pinned, other] = [leaf('S26 pinned leaf'), leaf('S26 other leaf')];
    const open = async (enabled: boolean, selfSignedLeafs: readonly Thumbprint[]) => {
      const anchors = [root, ...(selfSignedLeafs.length > 0 ? [pinned] : [])].map(({ der, thumbprint }) => ({
        certificate: der,
        thumbprint,
        kind: 'production' as const,
      }));
      const profiles = [someProfile(root, { enabled, selfSignedLeafs })];
      const bytes = await sealedManifest(someManifest(root, { stage: 'prod', anchors, profiles }));
      return openManifest(bytes, testVerifier('prod'), 1).trustAnchors;
    };
    const now = new Date('2026-06-01T00:00:00Z');
    const admit = (anchors: Awaited<ReturnType<typeof open>>, der: Uint8Array) =>
      validatePath({ chain: [der], anchors, now, policy: {} });
    const notFound = expect.objectContaining({ code: 'ANCHOR_NOT_FOUND' });

    expect(admit(await open(true, [pinned.thumbprint]), pinned.der).path).toHaveLength(1);
    const openedOnce = await open(true, [pinned.thumbprint]);
    expect(() => admit(openedOnce, other.der)).toThrow(notFound);
    const disabled = await open(false, [pinned.thumbprint]);
    expect(() => admit(disabled, pinned.der)).toThrow(notFound);
    const unpinned = await open(true, []);
    expect(() => admit(unpinned, pinned.der)).toThrow(notFound);
  });

  test('S26 every known root is a root of the vectors, by its own bytes', () => {
    const present = new Set<string>();
    for (const country of readdirSync(vectors).filter((name) => name.length === 2)) {
      for (const file of readdirSync(join(vectors, country, 'root'))) {
        for (const der of readChain(readFileSync(join(vectors, country, 'root', file)))) {
          present.add(thumbprintOf(der));
        }
      }
    }
    for (const thumbprint of knownProductionRoots.keys()) expect(present).toContain(thumbprint);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  openManifest,
  readManifest,
  removedAnchors,
  writeManifest,
} from '../../../core/certificate/anchors.ts';
import type { RefusalCode } from '../../../core/errors.ts';
import { issueLeaf, makeAuthority } from '../../support/certificates.ts';
import { sealedManifest, someManifest, someProfile, testVerifier } from '../../support/manifest.ts';

const root = makeAuthority({ name: 'Anchors Root' });
const other = makeAuthority({ name: 'Another Root' });
const anchor = { certificate: root.der, thumbprint: root.thumbprint, kind: 'test' as const };
const otherAnchor = { certificate: other.der, thumbprint: other.thumbprint, kind: 'test' as const };
const refusal = (code: RefusalCode) => expect.objectContaining({ name: 'Refusal', code });

describe('a manifest of trust anchors', () => {
  test('opens as it was sealed, with who signed it off', async () => {
    const manifest = someManifest(root, { version: 7 });
    const inForce = openManifest(await sealedManifest(manifest), testVerifier(), 7);
    expect(inForce).toMatchObject({ version: 7, stage: 'local', signedOffBy: ['ana', 'beto'] });
    expect(inForce.trustAnchors).toHaveLength(1);
    expect(inForce.trustAnchors[0]).toMatchObject({ pscProfile: 'cl-test' });
    expect(Buffer.from(inForce.trustAnchors[0]!.certificate.der).equals(root.der)).toBe(true);
    expect(inForce.profileOf(root.thumbprint)?.name).toBe('PSC de prueba');
    expect(inForce.profileOf(other.thumbprint)).toBeUndefined();
  });

  test('gives no anchor of a disabled profile to path validation', async () => {
    const profiles = [someProfile(root), someProfile(other, { id: 'off', enabled: false })];
    const bytes = await sealedManifest(someManifest(root, { anchors: [anchor, otherAnchor], profiles }));
    const { trustAnchors } = openManifest(bytes, testVerifier(), 1);
    expect(trustAnchors.map(({ pscProfile }) => pscProfile)).toEqual(['cl-test']);
  });

  test('pins a self-signed leaf only where an enabled profile names it', async () => {
    const leaf = makeAuthority({ name: 'Self-signed leaf' });
    const leafAnchor = { certificate: leaf.der, thumbprint: leaf.thumbprint, kind: 'test' as const };
    const open = async (enabled: boolean) => {
      const profiles = [someProfile(root, { enabled, selfSignedLeafs: [leaf.thumbprint] })];
      const bytes = await sealedManifest(someManifest(root, { anchors: [anchor, leafAnchor], profiles }));
      return openManifest(bytes, testVerifier(), 1).trustAnchors.filter(({ pinnedLeaf }) => pinnedLeaf);
    };
    expect(await open(true)).toHaveLength(1);
    expect(await open(false)).toHaveLength(0);
  });

  test.each<[string, Parameters<typeof someManifest>[1]]>([
    ['an anchor that no profile owns', { anchors: [anchor, otherAnchor] }],
    ['a profile whose anchor is missing', { anchors: [] }],
    ['an anchor in two profiles', { profiles: [someProfile(root), someProfile(root, { id: 'two' })] }],
    [
      'the same anchor as root and as leaf',
      { profiles: [someProfile(root, { selfSignedLeafs: [root.thumbprint] })] },
    ],
    [
      'two profiles of one name',
      { anchors: [anchor, otherAnchor], profiles: [someProfile(root), someProfile(other)] },
    ],
    ['a version that is none', { version: 0 }],
  ])('refuses %s', async (_, change) => {
    const bytes = await sealedManifest(someManifest(root, change));
    expect(() => openManifest(bytes, testVerifier(), 1)).toThrow(refusal('ANCHORS_MALFORMED'));
  });

  test('refuses a member that nobody read, so that nobody signs what they did not understand', () => {
    const json = JSON.parse(Buffer.from(writeManifest(someManifest(root))).toString());
    expect(readManifest(json).version).toBe(1);
    expect(() => readManifest({ ...json, softFail: true })).toThrow(refusal('ANCHORS_MALFORMED'));
    json.profiles[0].softFail = true;
    expect(() => readManifest(json)).toThrow(refusal('ANCHORS_MALFORMED'));
  });

  test('refuses an anchor whose bytes are no certificate', async () => {
    const { der } = issueLeaf(root);
    const cut = der.subarray(0, der.length - 1);
    const { thumbprintOf } = await import('../../../core/certificate/thumbprint.ts');
    const broken = { certificate: cut, thumbprint: thumbprintOf(cut), kind: 'test' as const };
    const profiles = [someProfile(root, { anchors: [broken.thumbprint] })];
    const bytes = await sealedManifest(someManifest(root, { anchors: [broken], profiles }));
    expect(() => openManifest(bytes, testVerifier(), 1)).toThrow(refusal('DER_MALFORMED'));
  });

  test('tells which anchors the next one takes away, by removal or by a disabled profile', () => {
    const two = someManifest(root, {
      anchors: [anchor, otherAnchor],
      profiles: [someProfile(root), someProfile(other, { id: 'two' })],
    });
    const disabled = {
      ...two,
      profiles: [someProfile(root), someProfile(other, { id: 'two', enabled: false })],
    };
    expect(removedAnchors(two, someManifest(root))).toEqual([other.thumbprint]);
    expect(removedAnchors(two, disabled)).toEqual([other.thumbprint]);
    expect(removedAnchors(someManifest(root), two)).toEqual([]);
  });

  test('of any bytes is refused, never a fault', () => {
    const inputs = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(inputs, (bytes) => {
        expect(() => openManifest(bytes, testVerifier(), 1)).toThrow(refusal('ANCHORS_MALFORMED'));
      }),
    );
  });
});

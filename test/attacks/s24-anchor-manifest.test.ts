import { describe, expect, test } from 'vitest';
import { openManifest, sealManifest, writeManifest } from '../../core/certificate/anchors.ts';
import type { RefusalCode } from '../../core/errors.ts';
import { makeAuthority } from '../support/certificates.ts';
import {
  manifestSigner,
  proofBy,
  sealedManifest,
  someManifest,
  someProfile,
  testVerifier,
} from '../support/manifest.ts';

const root = makeAuthority({ name: 'S24 Root' });
const own = makeAuthority({ name: 'S24 Attacker Root' });
const withOwnRoot = someManifest(root, {
  anchors: [
    { certificate: root.der, thumbprint: root.thumbprint, kind: 'test' },
    { certificate: own.der, thumbprint: own.thumbprint, kind: 'test' },
  ],
  profiles: [someProfile(root), someProfile(own, { id: 'attacker' })],
});
const refuses = (bytes: Uint8Array, code: RefusalCode, leastVersion = 1) =>
  expect(() => openManifest(bytes, testVerifier(), leastVersion)).toThrow(
    expect.objectContaining({ name: 'Refusal', code }),
  );

/** What somebody who can write the bucket, but not sign, may do to a file. */
function edited(bytes: Uint8Array, change: (file: Record<string, string>) => void): Uint8Array {
  const file = JSON.parse(Buffer.from(bytes).toString());
  change(file);
  return Buffer.from(JSON.stringify(file));
}

describe('S24 the anchor manifest', () => {
  test('S24 refuses an anchor slipped in behind the signature', async () => {
    const bytes = edited(await sealedManifest(someManifest(root)), (file) => {
      file.manifest = Buffer.from(writeManifest(withOwnRoot)).toString('base64url');
    });
    refuses(bytes, 'ANCHORS_SIGNATURE_INVALID');
  });

  test('S24 refuses proofs exchanged behind the signature', async () => {
    const bytes = edited(await sealedManifest(someManifest(root)), (file) => {
      file.proofs = Buffer.from('[]').toString('base64url');
    });
    refuses(bytes, 'ANCHORS_SIGNATURE_INVALID');
  });

  test('S24 refuses a manifest signed by another key, also under the right key id', async () => {
    const stranger = manifestSigner('stranger');
    refuses(await sealedManifest(withOwnRoot, { signer: stranger }), 'ANCHORS_SIGNATURE_INVALID');
    const disguised = { ...stranger, keyId: 'manifest' };
    refuses(await sealedManifest(withOwnRoot, { signer: disguised }), 'ANCHORS_SIGNATURE_INVALID');
  });

  test('S24 refuses an older manifest, however well signed', async () => {
    const bytes = await sealedManifest(someManifest(root, { version: 4 }));
    refuses(bytes, 'ANCHORS_VERSION_REGRESSED', 5);
    expect(openManifest(bytes, testVerifier(), 4).version).toBe(4);
  });

  test.each([[[]], [['ana']], [['ana', 'ana']]])('S24 refuses the proofs of %j alone', async (people) => {
    refuses(await sealedManifest(withOwnRoot, { people }), 'ANCHORS_PROOF_MISSING');
  });

  test('S24 refuses proofs that were given over another manifest', async () => {
    const body = writeManifest(withOwnRoot);
    const earlier = writeManifest(someManifest(root));
    const proofs = [proofBy('ana', body), proofBy('beto', earlier)];
    refuses(await sealManifest(body, proofs, manifestSigner()), 'ANCHORS_PROOF_MISSING');
  });
});

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { sealer } from '../../adapters/kms/seal.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { openSealed, type Seal, type SealContent } from '../../core/seal.ts';

// Who can write the table tries to give a right that this node never gave.

const node = memoryP256Signer('seal-key');
const other = memoryP256Signer('other-key');
const keys = new Map([node, other].map((signer) => [signer.keyId, signer.publicKey]));
let log: ReturnType<typeof memoryLog>;
const publicKey = async (keyId: string) => keys.get(keyId)!;
const granted: SealContent = {
  key: 'CERT#abc|STATUS',
  content: { participant: 'P1', use: 'signing', acceptingOperators: ['OP1'] },
  version: 3,
  proofs: ['vote-1', 'vote-2'],
};
const sealerOf = (signer = node) => sealer({ signer, acceptedKeyIds: [node.keyId], publicKey, log });

beforeEach(() => {
  log = memoryLog();
});

async function refused(content: SealContent, seal: Seal | undefined): Promise<void> {
  const check = openSealed(sealerOf(), content.key, content.content, seal);
  await expect(check).rejects.toMatchObject({ name: 'Refusal', code: 'SEAL_BROKEN' });
  expect(log.lines.at(-1)?.code).toBe('SEAL_BROKEN');
}

test('S22 what this node sealed opens, again and again', async () => {
  const seals = sealerOf();
  const seal = await seals.seal(granted);
  expect(await openSealed(seals, granted.key, granted.content, seal)).toEqual(granted.content);
  expect(await openSealed(seals, granted.key, granted.content, seal)).toEqual(granted.content);
  expect(log.lines).toEqual([]);
});

describe('S22 refuses and alarms an item', () => {
  test('without a seal', () => refused(granted, undefined));

  test('whose seal is no seal at all', async () => {
    await refused(granted, { version: 3, proofs: [], keyId: node.keyId } as unknown as Seal);
    await refused(granted, {
      version: 3,
      proofs: granted.proofs,
      keyId: node.keyId,
      over: [],
      signature: '',
    });
  });

  test('whose content was changed, added to or cut', async () => {
    const seal = await sealerOf().seal(granted);
    await refused({ ...granted, content: { ...granted.content, participant: 'P2' } }, seal);
    await refused({ ...granted, content: { ...granted.content, more: true } }, seal);
    await refused({ ...granted, content: { participant: 'P1' } }, seal);
  });

  test('whose seal was copied from another item', async () => {
    const seal = await sealerOf().seal(granted);
    await refused({ ...granted, key: 'CERT#xyz|STATUS' }, seal);
  });

  test('whose version or proofs were changed', async () => {
    const seal = await sealerOf().seal(granted);
    await refused(granted, { ...seal, version: 4 });
    await refused(granted, { ...seal, proofs: ['vote-1'] });
  });

  test('sealed by a key that is not the node’s, even one that it could look up', async () => {
    const forged = await sealer({ signer: other, acceptedKeyIds: [], publicKey, log }).seal(granted);
    await refused(granted, forged);
    await refused(granted, { ...forged, keyId: node.keyId });
  });

  test('changed after a good check in the same process', async () => {
    const seals = sealerOf();
    const seal = await seals.seal(granted);
    await seals.check(granted, seal);
    const changed = { ...granted, content: { ...granted.content, participant: 'P2' } };
    await expect(seals.check(changed, seal)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  });

  test('with any single byte of its signature changed', async () => {
    const seal = await sealerOf().seal(granted);
    const bytes = Buffer.from(seal.signature, 'base64url');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        await refused(granted, { ...seal, signature: changed.toString('base64url') });
      }),
    );
  });
});

test('S22 a function without the seal key cannot seal', async () => {
  const reader = sealer({ acceptedKeyIds: [node.keyId], publicKey, log });
  await expect(reader.seal(granted)).rejects.toThrow(/may not seal/);
});

test('S22 the alarm names the kind of item and never its content', async () => {
  await refused(granted, undefined);
  expect(JSON.stringify(log.lines)).not.toMatch(/P1|abc|vote/);
});

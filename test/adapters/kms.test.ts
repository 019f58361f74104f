import { createHash, verify } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { sealer } from '../../adapters/kms/seal.ts';
import { kmsPublicKeys, kmsSigner } from '../../adapters/kms/signer.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { Transient } from '../../core/errors.ts';

const kms = mockClient(KMSClient);
const client = new KMSClient({ region: 'us-east-1' });
const key = memoryP256Signer('key-1');
const content = { key: 'CERT#1|STATUS', content: { participant: 'P1' }, version: 1, proofs: ['proof'] };

beforeEach(() => {
  kms.reset();
  kms
    .on(SignCommand)
    .callsFake(async ({ Message }: { Message: Uint8Array }) => ({ Signature: await key.sign(Message) }));
  kms.on(GetPublicKeyCommand).resolves({
    PublicKey: new Uint8Array(key.publicKey.export({ type: 'spki', format: 'der' })),
  });
});

test('KMS signs the digest that it is given, under the scheme named', async () => {
  const digest = createHash('sha256').update('m').digest();
  const signature = await kmsSigner(client, 'key-1', 'ECDSA_SHA_256').sign(digest);
  expect(verify('sha256', Buffer.from('m'), key.publicKey, signature)).toBe(true);
  expect(kms.commandCalls(SignCommand)[0]!.args[0].input).toEqual({
    KeyId: 'key-1',
    Message: digest,
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ECDSA_SHA_256',
  });
});

test('a seal costs one KMS call to make and one public key per process to check', async () => {
  const seals = sealer({
    signer: kmsSigner(client, 'key-1', 'ECDSA_SHA_256'),
    acceptedKeyIds: ['key-1'],
    publicKey: kmsPublicKeys(client),
    log: memoryLog(),
  });
  const seal = await seals.seal(content);
  for (let i = 0; i < 3; i++) await seals.check(content, seal);
  expect(kms.commandCalls(SignCommand)).toHaveLength(1);
  expect(kms.commandCalls(GetPublicKeyCommand)).toHaveLength(1);
});

test('a public key that could not be had is asked for again', async () => {
  kms
    .on(GetPublicKeyCommand)
    .rejectsOnce(Object.assign(new Error('slow'), { name: 'ThrottlingException' }))
    .resolves({
      PublicKey: new Uint8Array(key.publicKey.export({ type: 'spki', format: 'der' })),
    });
  const publicKey = kmsPublicKeys(client);
  await expect(publicKey('key-1')).rejects.toThrow(Transient);
  expect((await publicKey('key-1')).equals(key.publicKey)).toBe(true);
});

test('a busy KMS is Transient, a missing permission a fault', async () => {
  const signer = kmsSigner(client, 'key-1', 'ECDSA_SHA_256');
  kms.on(SignCommand).rejects(Object.assign(new Error('busy'), { name: 'KMSInternalException' }));
  await expect(signer.sign(new Uint8Array(32))).rejects.toMatchObject({ name: 'TransientKmsBusy' });
  kms.on(SignCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(signer.sign(new Uint8Array(32))).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

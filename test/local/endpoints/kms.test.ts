import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListKeysCommand,
  SignCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientOf, endpointsOn, freshFolder } from './support.ts';

async function kms(folder = freshFolder()) {
  const endpoints = await endpointsOn(folder);
  return { endpoints, client: new KMSClient(clientOf(endpoints.url)) };
}

const sha256 = (message: Uint8Array): Buffer => createHash('sha256').update(message).digest();

describe('local KMS', () => {
  it('signs a digest with RSASSA-PSS so that OpenSSL verifies it over the message', async () => {
    const { endpoints, client } = await kms();
    const { arn } = endpoints.kms.seedKey({ alias: 'alias/message', spec: 'RSA_2048' });
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: 'alias/message' }));
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (message) => {
        const { Signature } = await client.send(
          new SignCommand({
            KeyId: arn,
            Message: sha256(message),
            MessageType: 'DIGEST',
            SigningAlgorithm: 'RSASSA_PSS_SHA_256',
          }),
        );
        const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
        expect(verify('sha256', message, pss, Signature!)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('signs a digest with RSASSA-PKCS1-v1_5 too, which certificate requests are signed with', async () => {
    const { endpoints, client } = await kms();
    const { arn } = endpoints.kms.seedKey({ alias: 'alias/message', spec: 'RSA_2048' });
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: arn }));
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    const message = Buffer.from('a certificate request');
    const sign = (SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' | 'ECDSA_SHA_256') =>
      client.send(
        new SignCommand({ KeyId: arn, Message: sha256(message), MessageType: 'DIGEST', SigningAlgorithm }),
      );
    const { Signature } = await sign('RSASSA_PKCS1_V1_5_SHA_256');
    expect(verify('sha256', message, key, Signature!)).toBe(true);
    await expect(sign('ECDSA_SHA_256')).rejects.toThrow('SigningAlgorithm');
  });

  it('signs a digest with ECDSA on P-256 so that OpenSSL verifies it over the message', async () => {
    const { endpoints, client } = await kms();
    const { keyId } = endpoints.kms.seedKey({ alias: 'alias/seal', spec: 'ECC_NIST_P256' });
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (message) => {
        const { Signature } = await client.send(
          new SignCommand({
            KeyId: keyId,
            Message: sha256(message),
            MessageType: 'DIGEST',
            SigningAlgorithm: 'ECDSA_SHA_256',
          }),
        );
        expect(verify('sha256', message, key, Signature!)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses to sign a raw message, or with the algorithm of another key', async () => {
    const { endpoints, client } = await kms();
    const { keyId } = endpoints.kms.seedKey({ alias: 'alias/seal', spec: 'ECC_NIST_P256' });
    const sign = (MessageType: 'RAW' | 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' | 'RSASSA_PSS_SHA_256') =>
      client.send(
        new SignCommand({ KeyId: keyId, Message: Buffer.alloc(32), MessageType, SigningAlgorithm }),
      );
    await expect(sign('RAW', 'ECDSA_SHA_256')).rejects.toThrow('DIGEST');
    await expect(sign('DIGEST', 'RSASSA_PSS_SHA_256')).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
    });
  });

  it('decrypts only under the encryption context of the encryption, in any order', async () => {
    const { client } = await kms();
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({
        KeyId: KeyMetadata!.KeyId,
        Plaintext: Buffer.from('token'),
        EncryptionContext: { decision: '1', node: 'a' },
      }),
    );
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: { node: 'a', decision: '1' } }),
    );
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('token');
    const other = new DecryptCommand({ CiphertextBlob, EncryptionContext: { node: 'a', decision: '2' } });
    await expect(client.send(other)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('makes data keys that it opens again, also after a restart', async () => {
    const folder = freshFolder();
    const first = await kms(folder);
    first.endpoints.kms.seedKey({ alias: 'alias/data', spec: 'SYMMETRIC_DEFAULT' });
    const made = await first.client.send(
      new GenerateDataKeyCommand({ KeyId: 'alias/data', KeySpec: 'AES_256' }),
    );
    await first.endpoints.stop();
    const second = await kms(folder);
    const opened = await second.client.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
    expect(opened.Plaintext).toEqual(made.Plaintext);
    expect(made.Plaintext).toHaveLength(32);
  });

  it('verifies a MAC that it made and refuses another', async () => {
    const { endpoints, client } = await kms();
    const { keyId } = endpoints.kms.seedKey({ alias: 'alias/mac', spec: 'HMAC_256' });
    const asked = { KeyId: keyId, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await client.send(new GenerateMacCommand(asked));
    expect((await client.send(new VerifyMacCommand({ ...asked, Mac }))).MacValid).toBe(true);
    const other = new VerifyMacCommand({ ...asked, Message: Buffer.from('n'), Mac });
    await expect(client.send(other)).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
  });

  it('answers UnknownOperationException to a call that the code does not make', async () => {
    const { client } = await kms();
    await expect(client.send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});

import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { edgeKeys, secretReader } from '../../../adapters/secrets-manager/secrets.ts';

const client = mockClient(SecretsManagerClient);
const missing = new ResourceNotFoundException({ message: 'no such version', $metadata: {} });
const named = (name: string) => Object.assign(new Error(name), { name });
let elapsed: number;
let read: ReturnType<typeof secretReader>;

beforeEach(() => {
  client.reset();
  client.on(GetSecretValueCommand).rejects(missing);
  elapsed = 0;
  read = secretReader(new SecretsManagerClient({ region: 'us-east-1' }), () => elapsed);
});

function holds(stage: string, VersionId: string, SecretString: string) {
  client
    .on(GetSecretValueCommand, { SecretId: 's', VersionStage: stage })
    .resolves({ VersionId, SecretString });
}

describe('a secret', () => {
  test('is read again after 30 seconds, so that a rotation needs no deployment', async () => {
    holds('AWSCURRENT', 'v1', 'one');
    expect(await read('s')).toEqual({ versionId: 'v1', text: 'one' });
    holds('AWSCURRENT', 'v2', 'two');
    elapsed = 29_999;
    expect(await read('s')).toMatchObject({ text: 'one' });
    elapsed = 30_000;
    expect(await read('s')).toMatchObject({ text: 'two' });
  });

  test('that could not be read is asked for again at once, and is Transient', async () => {
    client.on(GetSecretValueCommand).rejectsOnce(named('ThrottlingException'));
    await expect(read('s')).rejects.toMatchObject({ name: 'TransientSecretsBusy' });
    holds('AWSCURRENT', 'v1', 'one');
    expect(await read('s')).toMatchObject({ text: 'one' });
  });

  test.each(['AccessDeniedException', 'DecryptionFailure', 'InvalidRequestException'])(
    '%s is no busy world: the fault stays, and is not kept',
    async (name) => {
      client.on(GetSecretValueCommand).rejectsOnce(named(name));
      await expect(read('s')).rejects.toMatchObject({ name });
      holds('AWSCURRENT', 'v1', 'one');
      expect(await read('s')).toMatchObject({ text: 'one' });
    },
  );
});

describe("the edge's keys", () => {
  test('are the two versions of a generated secret, newest first', async () => {
    holds('AWSCURRENT', 'v2', 'b'.repeat(64));
    expect(await edgeKeys(read, 's')()).toEqual([{ id: 'v2', secret: Buffer.from('b'.repeat(64)) }]);
    elapsed = 60_000;
    holds('AWSPREVIOUS', 'v1', 'a'.repeat(64));
    expect((await edgeKeys(read, 's')()).map(({ id }) => id)).toEqual(['v2', 'v1']);
  });

  test('are those that the secret names itself', async () => {
    const key = (id: string) => ({ id, secret: Buffer.alloc(32, id).toString('base64') });
    holds('AWSCURRENT', 'v9', JSON.stringify({ keys: [key('b'), key('a')] }));
    holds('AWSPREVIOUS', 'v8', JSON.stringify({ keys: [key('z')] }));
    expect((await edgeKeys(read, 's')()).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  test('are refused when short or absent', async () => {
    await expect(edgeKeys(read, 's')()).rejects.toThrow('has no value');
    elapsed = 60_000;
    holds('AWSCURRENT', 'v1', 'short');
    await expect(edgeKeys(read, 's')()).rejects.toThrow('fewer than 32');
  });
});

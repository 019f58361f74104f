import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { clientOf, endpointsOn, freshFolder } from './support.ts';

describe('local Parameter Store', () => {
  it('keeps a value with a new version for each overwrite, also over a restart', async () => {
    const folder = freshFolder();
    const first = await endpointsOn(folder);
    const client = new SSMClient(clientOf(first.url));
    await client.send(new PutParameterCommand({ Name: '/node/chain/1', Value: 'a', Type: 'String' }));
    const again = { Name: '/node/chain/1', Value: 'b', Type: 'String' } as const;
    await expect(client.send(new PutParameterCommand(again))).rejects.toMatchObject({
      name: 'ParameterAlreadyExists',
    });
    await client.send(new PutParameterCommand({ ...again, Overwrite: true }));
    await first.stop();
    const second = await endpointsOn(folder);
    const found = await new SSMClient(clientOf(second.url)).send(
      new GetParameterCommand({ Name: '/node/chain/1' }),
    );
    expect(found.Parameter).toMatchObject({ Value: 'b', Version: 2 });
  });

  it('names what it does not have', async () => {
    const { url, parameters } = await endpointsOn(freshFolder());
    parameters.put({ name: '/a', value: '1' });
    const client = new SSMClient(clientOf(url));
    const found = await client.send(new GetParametersCommand({ Names: ['/a', '/b'] }));
    expect([found.Parameters?.map(({ Name }) => Name), found.InvalidParameters]).toEqual([['/a'], ['/b']]);
    await expect(client.send(new GetParameterCommand({ Name: '/b' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });

  it('lists a path in pages of ten, the levels below only when asked', async () => {
    const { url, parameters } = await endpointsOn(freshFolder());
    for (let i = 0; i < 12; i += 1) parameters.put({ name: `/p/${String(i).padStart(2, '0')}`, value: 'x' });
    parameters.put({ name: '/p/q/deep', value: 'x' });
    parameters.put({ name: '/pq', value: 'x' });
    const client = new SSMClient(clientOf(url));
    const first = await client.send(new GetParametersByPathCommand({ Path: '/p' }));
    const second = await client.send(
      new GetParametersByPathCommand({ Path: '/p', NextToken: first.NextToken }),
    );
    expect([first.Parameters?.length, second.Parameters?.length, second.NextToken]).toEqual([
      10,
      2,
      undefined,
    ]);
    const deep = await client.send(
      new GetParametersByPathCommand({ Path: '/p', Recursive: true, NextToken: '10' }),
    );
    expect(deep.Parameters?.map(({ Name }) => Name)).toEqual(['/p/10', '/p/11', '/p/q/deep']);
  });
});

describe('local Secrets Manager', () => {
  it('moves AWSCURRENT to the new version and AWSPREVIOUS to the one before', async () => {
    const { url } = await endpointsOn(freshFolder());
    const client = new SecretsManagerClient(clientOf(url));
    const { ARN } = await client.send(new CreateSecretCommand({ Name: 'mac', SecretString: 'one' }));
    for (const value of ['two', 'three'])
      await client.send(new PutSecretValueCommand({ SecretId: 'mac', SecretString: value }));
    const value = async (VersionStage?: string) =>
      (await client.send(new GetSecretValueCommand({ SecretId: ARN, VersionStage }))).SecretString;
    expect([await value(), await value('AWSCURRENT'), await value('AWSPREVIOUS')]).toEqual([
      'three',
      'three',
      'two',
    ]);
  });

  it('keeps AWSCURRENT while a rotation stages its pending version', async () => {
    const { url } = await endpointsOn(freshFolder());
    const client = new SecretsManagerClient(clientOf(url));
    await client.send(new CreateSecretCommand({ Name: 'mac', SecretString: 'one' }));
    await client.send(
      new PutSecretValueCommand({ SecretId: 'mac', SecretString: 'two', VersionStages: ['AWSPENDING'] }),
    );
    const current = await client.send(new GetSecretValueCommand({ SecretId: 'mac' }));
    expect(current.SecretString).toBe('one');
  });

  it('answers ResourceNotFoundException for a secret that is not there', async () => {
    const { url } = await endpointsOn(freshFolder());
    const client = new SecretsManagerClient(clientOf(url));
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'no' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('answers MissingAuthenticationToken to a request that nobody signed', async () => {
    const { url } = await endpointsOn(freshFolder());
    const response = await fetch(url, { method: 'POST', body: '{}' });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
      403,
      'MissingAuthenticationToken',
    ]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoints, startEndpoints } from '../../local/endpoints/endpoints.ts';
import { installChain } from '../../proxy/given/install.ts';
import { readLogin } from '../../proxy/given/login.ts';
import { readNames } from '../../proxy/given/names.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-given-'));
const prefix = '/apodera/test/edge';
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
let endpoints: Endpoints;
let ssm: SSMClient;
beforeAll(async () => {
  endpoints = await startEndpoints({ dataFolder: folder, clock: { now: () => new Date() } as never });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  ssm = new SSMClient({ endpoint: endpoints.url, region: 'us-east-1', credentials });
});
afterAll(async () => {
  await endpoints.stop();
  rmSync(folder, { recursive: true });
});

describe('a chain that is installed', () => {
  const chain = { host: 'api.test', keyLabel: 'k1', name: 'first', chainPem: pem('AA') + pem('BB') };

  it('is what the next look at the names finds, whatever its length', async () => {
    expect(await installChain(ssm, prefix, chain)).toBe(1);
    const long = { ...chain, host: 'long.test', name: 'long', chainPem: pem('CC').repeat(12) };
    await installChain(ssm, prefix, long);
    const given = await readNames(ssm, prefix);
    expect(given?.version).toBe(2);
    expect(given?.names).toMatchObject([
      {
        host: 'api.test',
        key: { label: 'k1' },
        clientCertificate: 'optional',
        chainPem: pem('AA') + pem('BB'),
      },
      { host: 'long.test', chainPem: pem('CC').repeat(12) },
    ]);
    expect(await readNames(ssm, prefix, 2)).toBeUndefined();
  });

  it('replaces the one of its name alone, and keeps what the name asks of clients', async () => {
    const Value = JSON.stringify([
      { host: 'api.test', keyLabel: 'k1', clientCertificate: 'required', chain: ['first-1'] },
      { host: 'open.test', keyLabel: 'k1', clientCertificate: 'none', chain: ['first-1'] },
    ]);
    await ssm.send(new PutParameterCommand({ Name: `${prefix}/names`, Value, Overwrite: true }));
    await installChain(ssm, prefix, { ...chain, keyLabel: 'k2', name: 'second' });
    const names = (await readNames(ssm, prefix))!.names;
    expect(names.find(({ host }) => host === 'api.test')).toMatchObject({
      key: { label: 'k2' },
      clientCertificate: 'required',
    });
    expect(names.find(({ host }) => host === 'open.test')?.chainPem).toBe(pem('AA'));
  });

  it('is never written over another one', async () => {
    await expect(installChain(ssm, prefix, { ...chain, chainPem: pem('ZZ') })).rejects.toThrow(/exists/);
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${prefix}/certificates/first-1` }));
    expect(Parameter?.Value).toContain('AA');
  });

  it.each([
    '{}',
    '[{"host":"x"}]',
    '[{"host":"x","keyLabel":"k","clientCertificate":"maybe","chain":["a"]}]',
    'x',
  ])('is not looked for in a list that reads %s', async (Value) => {
    await ssm.send(new PutParameterCommand({ Name: '/other/names', Value, Overwrite: true, Type: 'String' }));
    await expect(readNames(ssm, '/other')).rejects.toThrow('"/other/names" is not a list of served names');
  });
});

it.each([
  ['a private key beside it', `${pem('AA')}-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n`],
  [
    'a private key before it',
    `-----BEGIN EC PRIVATE KEY-----\nAA\n-----END EC PRIVATE KEY-----\n${pem('AA')}`,
  ],
  ['DH parameters', `${pem('AA')}-----BEGIN DH PARAMETERS-----\nAA\n-----END DH PARAMETERS-----\n`],
  ['no certificate', 'AA'],
])('a parameter with %s gives no chain: the key in the HSM is the only one', async (_, Value) => {
  const at = '/keyed';
  const names = [{ host: 'x.test', keyLabel: 'k', clientCertificate: 'none', chain: ['a-1'] }];
  const put = (Name: string, text: string) =>
    ssm.send(new PutParameterCommand({ Name, Value: text, Overwrite: true, Type: 'String' }));
  await put(`${at}/names`, JSON.stringify(names));
  await put(`${at}/certificates/a-1`, Value);
  await expect(readNames(ssm, at)).rejects.toThrow(/"\/keyed\/certificates\/a-1" holds something else/);
});

describe('the login of the HSM', () => {
  const secrets = mockClient(SecretsManagerClient);
  const read = (SecretString: string, kind: 'cloudhsm' | 'softhsm' = 'cloudhsm') => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString, VersionId: 'v1' });
    return readLogin(new SecretsManagerClient({ region: 'us-east-1' }), 'login', kind);
  };

  it('is user and password in one for CloudHSM, the password alone for SoftHSM', async () => {
    const text = '{"user":"edge","password":"secret"}';
    expect(await read(text)).toEqual({ pin: 'edge:secret', versionId: 'v1' });
    expect((await read(text, 'softhsm')).pin).toBe('secret');
  });

  it.each(['secret', '{"password":"secret"}', '{"user":"edge","password":"sec\\nret"}', 'null'])(
    'is refused, unsaid, where the secret is %s',
    async (text) => {
      const refused = await read(text).catch((error: Error) => error.message);
      expect(refused).toBe('the secret "login" is not {"user":"…","password":"…"}');
    },
  );
});

// With which login does the edge enter the HSM, and was it refused before? The login is a secret; the version of it
// that an HSM refused is remembered in a parameter, so that no later task of the service tries it again.

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { EdgeConfig } from '../config.ts';

export interface HsmLogin {
  /** As C_Login takes it. */
  readonly pin: string;
  /** Of the secret. */
  readonly versionId: string;
}

/** The secret is `{"user":"…","password":"…"}`. @throws Error naming the secret, never its value */
export async function readLogin(
  client: SecretsManagerClient,
  SecretId: string,
  kind: EdgeConfig['hsm']['kind'],
): Promise<HsmLogin> {
  const { SecretString = '', VersionId = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
  const { user, password } = parsed(SecretString);
  const isText = (value: unknown): value is string => typeof value === 'string' && /^[!-~]+$/.test(value);
  if (!isText(password) || (kind === 'cloudhsm' && !isText(user))) {
    throw new Error(`the secret "${SecretId}" is not {"user":"…","password":"…"}`);
  }
  // CloudHSM's PKCS #11 library wants both in one.
  return { pin: kind === 'cloudhsm' ? `${user}:${password}` : password, versionId: VersionId };
}

function parsed(text: string): { user?: unknown; password?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

export interface RefusedLogins {
  wasRefused(versionId: string): Promise<boolean>;
  remember(versionId: string): Promise<void>;
}

export function refusedLogins(client: SSMClient, Name: string): RefusedLogins {
  return {
    async wasRefused(versionId) {
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name }));
        return Parameter?.Value === versionId;
      } catch (error) {
        if (error instanceof ParameterNotFound) return false;
        throw error;
      }
    },
    async remember(versionId) {
      await client.send(new PutParameterCommand({ Name, Value: versionId, Type: 'String', Overwrite: true }));
    },
  };
}

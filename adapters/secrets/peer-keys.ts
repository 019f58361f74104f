// Where do the API keys lie that other nodes gave us? In Secrets Manager, one each; written by the function that
// applies acts, read by those that deliver; the client is loaded when a key is first asked for.

import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { PeerKeys } from '../../core/people/ports.ts';
import { onDemand } from '../on-demand.ts';

const sdk = () => import('./sdk.ts');

type Secrets = Pick<SecretsManagerClient, 'send'>;

const secretsClient = (): Secrets => onDemand(async () => new (await sdk()).SecretsManagerClient());

const isMissing = (error: unknown): boolean => (error as Error).name === 'ResourceNotFoundException';

export interface ReadablePeerKeys extends PeerKeys {
  get(finId: string): Promise<string | undefined>;
}

/** Name of the secret; the template's permissions use the same. */
const peerKeyName = (node: string, peer: string) => `apodera/${node}/peers/${peer}/api-key`;

export function peerKeys(node: string, client = secretsClient()): ReadablePeerKeys {
  return {
    async put(finId, apiKey) {
      const name = peerKeyName(node, finId);
      const { CreateSecretCommand, PutSecretValueCommand } = await sdk();
      try {
        await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: apiKey }));
      } catch (error) {
        if (!isMissing(error)) throw error;
        await client.send(new CreateSecretCommand({ Name: name, SecretString: apiKey }));
      }
    },
    async get(finId) {
      try {
        const { GetSecretValueCommand } = await sdk();
        const answer = await client.send(new GetSecretValueCommand({ SecretId: peerKeyName(node, finId) }));
        return answer.SecretString;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

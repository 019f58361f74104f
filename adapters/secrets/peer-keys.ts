// Where do the API keys lie that other nodes gave us? In Secrets Manager, one each; written by the function that
// applies acts, read by those that deliver.

import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { PeerKeys } from '../../core/people/ports.ts';

export interface ReadablePeerKeys extends PeerKeys {
  get(finId: string): Promise<string | undefined>;
}

/** Name of the secret; the template's permissions use the same. */
export const peerKeyName = (node: string, peer: string) => `apodera/${node}/peers/${peer}/api-key`;

export function peerKeys(client: SecretsManagerClient, node: string): ReadablePeerKeys {
  return {
    async put(finId, apiKey) {
      const name = peerKeyName(node, finId);
      try {
        await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: apiKey }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        await client.send(new CreateSecretCommand({ Name: name, SecretString: apiKey }));
      }
    },
    async get(finId) {
      try {
        const answer = await client.send(new GetSecretValueCommand({ SecretId: peerKeyName(node, finId) }));
        return answer.SecretString;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
  };
}

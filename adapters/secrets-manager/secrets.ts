// Which secrets does this function share with others? The edge's MAC keys and the API keys that peers gave us, read
// from Secrets Manager and kept a short while: a rotation is seen without a deployment.

import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type EdgeKey, readEdgeKeys } from '../../core/edge-identity.ts';
import { Transient } from '../../core/errors.ts';
import { passesByItself } from '../passing.ts';

export interface Secret {
  readonly versionId: string;
  readonly text: string;
}

/** A rotation is complete this long after it was made; the edge keeps the same time. */
const KEPT_MS = 30_000;
const LEAST_CHARACTERS = 32;

/** @param elapsed a monotonic clock in ms: how long a secret was kept has nothing to do with the node's time. */
export function secretReader(client: SecretsManagerClient, elapsed: () => number = () => performance.now()) {
  const kept = new Map<string, { readonly until: number; readonly secret: Promise<Secret | undefined> }>();
  return (SecretId: string, VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS' = 'AWSCURRENT') => {
    const name = `${SecretId} ${VersionStage}`;
    const found = kept.get(name);
    if (found && found.until > elapsed()) return found.secret;
    const secret = read(client, SecretId, VersionStage);
    kept.set(name, { until: elapsed() + KEPT_MS, secret });
    secret.catch(() => kept.delete(name));
    return secret;
  };
}

export type SecretReader = ReturnType<typeof secretReader>;

const busyNames = new Set(['ThrottlingException', 'InternalServiceError', 'LimitExceededException']);

async function read(client: SecretsManagerClient, SecretId: string, VersionStage: string) {
  try {
    const { SecretString, VersionId } = await client.send(
      new GetSecretValueCommand({ SecretId, VersionStage }),
    );
    return { versionId: VersionId!, text: SecretString! };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    // Denied, or its key: waiting changes nothing, so that somebody must hear of it.
    if (!passesByItself(error, busyNames)) throw error;
    throw new Transient('TransientSecretsBusy', 'a secret could not be read', { cause: error });
  }
}

/**
 * At most two, newest first: `{"keys":[…]}` names them itself; where CloudFormation generated the text, the secret's
 * two versions are the two keys, and a key's id is its version's.
 */
export function edgeKeys(read: SecretReader, secretId: string): () => Promise<readonly EdgeKey[]> {
  return async () => {
    const versions = await Promise.all([read(secretId, 'AWSCURRENT'), read(secretId, 'AWSPREVIOUS')]);
    const keys = versions.flatMap((version) => (version ? keysOf(version) : [])).slice(0, 2);
    if (keys.length === 0) throw new Error("the edge's secret has no value");
    return keys;
  };
}

function keysOf({ versionId, text }: Secret): readonly EdgeKey[] {
  if (text.startsWith('{')) return readEdgeKeys(text);
  if (text.length < LEAST_CHARACTERS)
    throw new Error(`the edge's secret has fewer than ${LEAST_CHARACTERS} characters`);
  return [{ id: versionId, secret: Buffer.from(text, 'utf8') }];
}

/** Where the API key lies that a peer gave this node: written by apply-act, read by deliver-message alone. */
export const peerKeySecretId = (nodeFinId: string, peer: string) =>
  `apodera/${nodeFinId}/peers/${peer}/api-key`;

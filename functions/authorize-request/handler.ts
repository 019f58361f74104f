// Wires the authorizer of the api door: REQUEST type, result cache off. It serves /v1 of the machines' API only.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readConfig } from '../../adapters/config.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { authorizerDoor } from '../../adapters/http/authorizer.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { edgeKeys, secretReader } from '../../adapters/secrets-manager/secrets.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { authorizeRequest, checkTransport } from './authorize-request.ts';

const { edgeMacSecretId } = readConfig(['edgeMacSecretId']);
const parts = nodeParts('authorize-request', { seals: false, queueUrls: {} });
const { table, sealer, clock } = parts;
const known = parties(table, sealer);
const statuses = statusStore(table, sealer);
const ports = {
  edgeKeys: edgeKeys(secretReader(new SecretsManagerClient()), edgeMacSecretId),
  findKey: apiKeys(table, sealer).find,
  asksForCertificate: async (participant: string) => (await known.party(participant))?.mTLS !== 'optional',
  requireTransport: async (thumbprint: string, participant: string, now: Date) =>
    checkTransport(await statuses.status(thumbprint as Thumbprint), participant, now),
};

export const handler = authorizerDoor(parts, async (request) => ({
  ...(await authorizeRequest(request, ports, clock.now())),
}));

// Wires POST /v1/api-keys/renew.

import { randomBytes } from 'node:crypto';
import { accessParts } from '../../adapters/access-parts.ts';
import { readConfig } from '../../adapters/config.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { validate } from '../../adapters/http/generated/renew-api-key-message.js';
import type { IssuedApiKey } from '../../adapters/http/generated/types.ts';
import { idempotently } from '../../adapters/http/idempotent.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { requireShape } from '../../adapters/http/validate.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { renewApiKey } from './renew-api-key.ts';

const { nodeStage, mailQueueUrl } = readConfig(['nodeStage', 'mailQueueUrl']);
const parts = nodeParts('renew-api-key', { seals: true, queueUrls: { mail: mailQueueUrl } });
const access = accessParts(parts);
const ports = {
  ...parts,
  node: access.trust.node,
  stage: nodeStage,
  random: (size: number) => randomBytes(size),
  verify: access.verify,
  rows: access.rows,
  checkShape: (message: object) => requireShape(validate, message as never),
  isKnown: access.store.isKnown,
  ringOf: access.keys.heldBy,
  issue: access.store.issueKey,
  async holder(finId: string) {
    const party = await access.partyAndPeople(finId);
    return party && { ...party, isNode: party.kind !== 'participant' };
  },
};

export const handler = apiDoor(parts, (request) =>
  idempotently(access.idempotent, request, async () => {
    const signature = request.header(SIGNATURE_HEADER);
    const issued = await renewApiKey(ports, { body: request.body, signature, caller: request.caller() });
    const { keyId: key_id, expiresAt } = issued.grant;
    const body: IssuedApiKey = { api_key: issued.key, key_id, expires_at: expiresAt.toISOString() };
    return { status: 201, body, secret: true };
  }),
);

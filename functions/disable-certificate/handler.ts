// Wires POST /v1/certificates/disable and POST /v1/certificates/{thumbprint}/disable.

import { readConfig } from '../../adapters/config.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { idempotency } from '../../adapters/dynamodb/idempotency.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { validate } from '../../adapters/http/generated/disable-message.js';
import { idempotently } from '../../adapters/http/idempotent.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { requireShape } from '../../adapters/http/validate.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { disableCertificate } from './disable-certificate.ts';

const config = readConfig(['nodeRole', 'mailQueueUrl', 'deliverQueueUrl', 'executionQueueUrl']);
const parts = nodeParts('disable-certificate', {
  seals: false,
  queueUrls: {
    mail: config.mailQueueUrl,
    deliver: config.deliverQueueUrl,
    execution: config.executionQueueUrl,
  },
});
const ports = {
  ...parts,
  ...nodeTrust(parts),
  role: config.nodeRole,
  disables: disableStore(parts.table, parts.announce),
  checkShape: (message: object) => requireShape(validate, message as never),
};
const idempotent = { store: idempotency(parts.table), clock: parts.clock };

export const handler = apiDoor(parts, (request) =>
  idempotently(idempotent, request, async () => {
    const { thumbprint } = request.pathParameters;
    const { disabled, withdrawn, suspended, warnings } = await disableCertificate(ports, {
      body: request.body,
      signature: request.header(SIGNATURE_HEADER),
      caller: request.caller(),
      ...(thumbprint !== undefined && { thumbprint }),
    });
    return { status: 200, body: { disabled, withdrawn, suspended, warnings } };
  }),
);

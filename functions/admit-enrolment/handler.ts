// Wires POST /v1/certificates: the event becomes bytes, signature and caller; the record becomes 202.

import { readConfig } from '../../adapters/config.ts';
import { idempotency } from '../../adapters/dynamodb/idempotency.ts';
import { enrolling } from '../../adapters/enrolling.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { enrolmentAnswer } from '../../adapters/http/enrolment.ts';
import { validate } from '../../adapters/http/generated/enrol-message.js';
import { idempotently } from '../../adapters/http/idempotent.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { requireShape } from '../../adapters/http/validate.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { admitEnrolment } from './admit-enrolment.ts';

const { executionQueueUrl } = readConfig(['executionQueueUrl']);
const parts = nodeParts('admit-enrolment', { seals: false, queueUrls: { execution: executionQueueUrl } });
const trust = nodeTrust(parts);
const ports = {
  ...parts,
  ...trust,
  ...enrolling(parts.table, trust),
  checkShape: (message: object) => requireShape(validate, message as never),
};
const idempotent = { store: idempotency(parts.table), clock: parts.clock };

export const handler = apiDoor(parts, (request) =>
  idempotently(idempotent, request, async () => {
    const admitted = await admitEnrolment(ports, {
      body: request.body,
      signature: request.header(SIGNATURE_HEADER),
      caller: request.caller(),
    });
    const rows = await trust.enrolments.rows(admitted.enrolment.id);
    return { status: 202, body: enrolmentAnswer(admitted.enrolment, rows, admitted.warnings) };
  }),
);

// Wires POST /v1/enrolments/{enrolment_id}/withdraw.

import { readConfig } from '../../adapters/config.ts';
import { idempotency } from '../../adapters/dynamodb/idempotency.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { enrolmentAnswer } from '../../adapters/http/enrolment.ts';
import { validate } from '../../adapters/http/generated/withdraw-message.js';
import { idempotently } from '../../adapters/http/idempotent.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { requireShape } from '../../adapters/http/validate.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { Refusal } from '../../core/errors.ts';
import { withdrawEnrolment } from './withdraw-enrolment.ts';

const { executionQueueUrl, deliverQueueUrl } = readConfig(['executionQueueUrl', 'deliverQueueUrl']);
const parts = nodeParts('withdraw-enrolment', {
  seals: false,
  queueUrls: { execution: executionQueueUrl, deliver: deliverQueueUrl },
});
const trust = nodeTrust(parts);

const ports = {
  ...parts,
  ...trust,
  checkShape: (message: object) => requireShape(validate, message as never),
};
const idempotent = { store: idempotency(parts.table), clock: parts.clock };

export const handler = apiDoor(parts, (request) =>
  idempotently(idempotent, request, async () => {
    const caller = request.caller();
    const party = await trust.parties.party(caller.participant);
    if (!party) throw new Refusal('PARTICIPANT_UNKNOWN');
    const enrolment = await withdrawEnrolment(ports, {
      enrolmentId: request.pathParameters.enrolment_id ?? '',
      body: request.body,
      signature: request.header(SIGNATURE_HEADER),
      caller: { finId: party.finId, finIdSchema: party.finIdSchema, keyId: caller.keyId },
    });
    return { status: 200, body: enrolmentAnswer(enrolment, await trust.enrolments.rows(enrolment.id)) };
  }),
);

// Wires POST /v1/certificates: the event becomes bytes, signature and caller; the record becomes 202.

import { enrolling } from '../../adapters/enrolling.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { enrolmentAnswer } from '../../adapters/http/enrolment.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { admitEnrolment } from './admit-enrolment.ts';

const parts = nodeParts('admit-enrolment', {
  seals: false,
  queueUrls: { execution: process.env.EXECUTION_QUEUE_URL! },
});
const trust = nodeTrust(parts);
const ports = { ...parts, ...trust, ...enrolling(parts.table, trust) };

export const handler = apiDoor(parts, async (request) => {
  const admitted = await admitEnrolment(ports, {
    body: request.body,
    signature: request.header(SIGNATURE_HEADER),
    caller: request.caller(),
  });
  const rows = await trust.enrolments.rows(admitted.enrolment.id);
  return { status: 202, body: enrolmentAnswer(admitted.enrolment, rows, admitted.warnings) };
});

// Wires POST /v1/node/messages.

import { readConfig } from '../../adapters/config.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { payoutMoves } from '../../adapters/dynamodb/payout-moves.ts';
import { peerHeads } from '../../adapters/dynamodb/peer-heads.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { enrolling } from '../../adapters/enrolling.ts';
import { expiryOnLoad } from '../../adapters/expiry-on-load.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { requirePayoutShape } from '../../adapters/http/payouts.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { requireShape } from '../../adapters/http/validate.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { s3LargeBytes } from '../../adapters/s3/large-bytes.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { receiveNodeMessage } from './receive-node-message.ts';

const config = readConfig([
  'evidenceBucket',
  'nodeRole',
  'executionQueueUrl',
  'deliverQueueUrl',
  'paymentQueueUrl',
  'mailQueueUrl',
  'payoutsFrozen',
]);
const parts = nodeParts('receive-node-message', {
  seals: false,
  queueUrls: {
    execution: config.executionQueueUrl,
    deliver: config.deliverQueueUrl,
    mail: config.mailQueueUrl,
    payment: config.paymentQueueUrl,
  },
});
const trust = nodeTrust(parts);
const onLoad = expiryOnLoad(parts);
const ports = {
  ...parts,
  ...trust,
  statuses: {
    ...trust.statuses,
    status: async (thumbprint: Thumbprint) => onLoad(await trust.statuses.status(thumbprint)),
  },
  ...enrolling(parts.table, trust),
  role: config.nodeRole,
  frozen: config.payoutsFrozen === 'yes',
  disables: disableStore(parts.table, parts.announce),
  suspensions: suspensions(parts.table, parts.announce),
  peerHeads: peerHeads(parts),
  peer: (finId: string) => trust.parties.party(finId),
  moves: payoutMoves({ ...parts, large: s3LargeBytes(s3Client(), config.evidenceBucket) }),
  requireShape: requirePayoutShape,
  // Loaded by the first enrolment that is forwarded here.
  async checkEnrolShape(message: object) {
    const { validate } = await import('../../adapters/http/generated/enrol-message.js');
    return requireShape(validate, message as never);
  },
  alarm: parts.log.say,
};

export const handler = apiDoor(parts, async (request) => {
  const receipt = await receiveNodeMessage(ports, {
    body: request.body,
    signature: request.header(SIGNATURE_HEADER),
    caller: request.caller(),
  });
  return { status: 200, body: receipt };
});

// Wires the administration: /acts, /acts/* and /admin/api/* on the pages door.

import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { nodeCertificates } from '../../adapters/dynamodb/node-certificates.ts';
import { deadEntries } from '../../adapters/dynamodb/outbox.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { payoutSettings } from '../../adapters/dynamodb/payout-settings.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { sessions } from '../../adapters/dynamodb/sessions.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { pageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { kmsCipher } from '../../adapters/kms/cipher.ts';
import { lambdaClient } from '../../adapters/lambda/invoke.ts';
import { invoked, lambdaPasskeys, lambdaSecondFactor } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { anchorShelf } from '../../adapters/s3/anchor-shelf.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import type { VotedAct, VoteOnActInput } from '../apply-act/apply-act.ts';
import type {
  RequestCertificateInput,
  RequestedCertificate,
} from '../request-certificate/request-certificate.ts';
import { preparer } from './prepare.ts';
import { serveAdmin } from './serve-admin.tsx';

const config = readConfig([
  'pagesOrigin',
  'nodeFinId',
  'nodeName',
  'nodeTimeZone',
  'checkFactorFunction',
  'applyActFunction',
  'requestCertificateFunction',
  'mailQueueUrl',
  'secretsKeyId',
  'trustBucket',
]);
const parts = nodeParts('serve-admin', { seals: false, queueUrls: { mail: config.mailQueueUrl } });
const { table, sealer } = parts;
const lambda = lambdaClient();
const cipher = kmsCipher(parts.kms, config.secretsKeyId);
const door = { origin: config.pagesOrigin, nodeFinId: config.nodeFinId };
const ports = {
  ...parts,
  door,
  nodeName: config.nodeName,
  timeZone: config.nodeTimeZone,
  acts: acts(table, parts.announce),
  apiKeys: apiKeys(table, sealer),
  people: people(table, sealer),
  parties: parties(table, sealer),
  deadEntries: deadEntries(table),
  payoutSettings: (finId: string) => payoutSettings(table, sealer, finId),
  sessions: sessions(table),
  suspensions: suspensions(table, parts.announce),
  secondFactor: lambdaSecondFactor(lambda, config.checkFactorFunction),
  passkeys: lambdaPasskeys(lambda, config.checkFactorFunction),
  nonce: () => randomBytes(20).toString('base64url'),
  apply: (input: VoteOnActInput) =>
    invoked<VotedAct>(lambda, config.applyActFunction, { ask: 'vote', input }),
  requestCertificate: (input: RequestCertificateInput) =>
    invoked<RequestedCertificate>(lambda, config.requestCertificateFunction, input),
  nodeCertificates: nodeCertificates(parties(table, sealer), statusStore(table, sealer)),
  enrolments: enrolmentStore(parts),
  prepare: preparer({
    encryptPeerKey: (key, peer) => cipher.encrypt(key, { peer }),
    shelve: anchorShelf(s3Client(), config.trustBucket).propose,
  }),
};

export async function handler(event: APIGatewayProxyEvent) {
  await parts.clock.tune();
  return pageAnswer(await serveAdmin(ports, readPageRequest(event)), door, event.httpMethod);
}

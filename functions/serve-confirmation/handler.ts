// Wires the page behind a mailed task link: GET, HEAD, OPTIONS and POST of /tasks/{link} on the pages door.

import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { pageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { lambdaClient } from '../../adapters/lambda/invoke.ts';
import { lambdaPasskeys, lambdaSecondFactor } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { serveConfirmation } from './serve-confirmation.tsx';

const config = readConfig([
  'pagesOrigin',
  'nodeFinId',
  'nodeName',
  'nodeTimeZone',
  'checkFactorFunction',
  'mailQueueUrl',
  'executionQueueUrl',
]);
const queueUrls = { mail: config.mailQueueUrl, execution: config.executionQueueUrl };
const parts = nodeParts('serve-confirmation', { seals: false, queueUrls });
const enrolments = enrolmentStore(parts);
const statuses = statusStore(parts.table, parts.sealer);
const lambda = lambdaClient();
const door = { origin: config.pagesOrigin, nodeFinId: config.nodeFinId };
const ports = {
  ...parts,
  door,
  enrolments,
  nodeName: config.nodeName,
  timeZone: config.nodeTimeZone,
  links: links(parts.table),
  parties: parties(parts.table, parts.sealer),
  people: people(parts.table, parts.sealer),
  decisions: decisions(parts.table, parts.announce),
  secondFactor: lambdaSecondFactor(lambda, config.checkFactorFunction),
  passkeys: lambdaPasskeys(lambda, config.checkFactorFunction),
  nonce: () => randomBytes(20).toString('base64url'),
  notAfterOf: async (thumbprint: string) => (await statuses.status(thumbprint as Thumbprint))?.notAfter,
};

export async function handler(event: APIGatewayProxyEvent) {
  await parts.clock.tune();
  return pageAnswer(await serveConfirmation(ports, readPageRequest(event)), door, event.httpMethod);
}

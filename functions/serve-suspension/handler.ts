// Wires the emergency suspension's pages: /suspension and /suspension/{link} on the pages door.

import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { pageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { lambdaClient } from '../../adapters/lambda/invoke.ts';
import { lambdaPasskeys, lambdaSecondFactor } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { serveSuspension } from './serve-suspension.tsx';

const config = readConfig([
  'pagesOrigin',
  'nodeFinId',
  'nodeName',
  'nodeTimeZone',
  'nodeRole',
  'checkFactorFunction',
  'mailQueueUrl',
  'deliverQueueUrl',
  'executionQueueUrl',
  'passwordFallback',
]);
const queueUrls = {
  mail: config.mailQueueUrl,
  deliver: config.deliverQueueUrl,
  execution: config.executionQueueUrl,
};
const parts = nodeParts('serve-suspension', { seals: false, queueUrls });
const { table, sealer, announce } = parts;
const lambda = lambdaClient();
const door = { origin: config.pagesOrigin, nodeFinId: config.nodeFinId };
const ports = {
  ...parts,
  door,
  role: config.nodeRole,
  nodeFinId: config.nodeFinId,
  nodeName: config.nodeName,
  timeZone: config.nodeTimeZone,
  links: links(table),
  parties: parties(table, sealer),
  people: people(table, sealer),
  disables: disableStore(table, announce),
  suspensions: suspensions(table, announce),
  secondFactor: lambdaSecondFactor(lambda, config.checkFactorFunction),
  passkeys: lambdaPasskeys(lambda, config.checkFactorFunction),
  passwordFallback: config.passwordFallback,
  nonce: () => randomBytes(20).toString('base64url'),
  random: (bytes: number) => randomBytes(bytes),
};

export async function handler(event: APIGatewayProxyEvent) {
  await parts.clock.tune();
  return pageAnswer(await serveSuspension(ports, readPageRequest(event)), door, event.httpMethod);
}

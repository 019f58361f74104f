// Wires the console: /console and /console/* on the pages door. It reads; the one thing that it writes is when a
// session was last seen.

import type { APIGatewayProxyEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { sourceTimes } from '../../adapters/dynamodb/revocation-sources.ts';
import { sessions } from '../../adapters/dynamodb/sessions.ts';
import { spentLimits } from '../../adapters/dynamodb/spent-limits.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { pageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { serveConsole } from './serve-console.tsx';

const config = readConfig(['pagesOrigin', 'nodeFinId', 'nodeName', 'nodeTimeZone']);
const parts = nodeParts('serve-console', { seals: false, queueUrls: {} });
const { table } = parts;
const door = { origin: config.pagesOrigin, nodeFinId: config.nodeFinId };
const ports = {
  ...nodeTrust(parts),
  clock: parts.clock,
  door,
  nodeName: config.nodeName,
  nodeFinId: config.nodeFinId,
  timeZone: config.nodeTimeZone,
  decisions: decisions(table, parts.announce),
  apiKeys: apiKeys(table, parts.sealer),
  acts: acts(table, parts.announce),
  suspensions: suspensions(table, parts.announce),
  sessions: sessions(table),
  payouts: payoutReader(table),
  spentToday: (participant: string, day: string) => spentLimits(table, parts.sealer, participant, day),
  evidence: dynamoDbEvidenceChains(table),
  sourceTimes: (sources: readonly string[]) => sourceTimes(table, sources),
};

export async function handler(event: APIGatewayProxyEvent) {
  await parts.clock.tune();
  return pageAnswer(await serveConsole(ports, readPageRequest(event)), door, event.httpMethod);
}

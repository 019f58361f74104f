// Wires the chain writer: a schedule every minute, one concurrent execution. With `{"forSeconds": 40}` in the
// schedule's input it stays and looks again every 5 s, so that a record waits seconds and not a minute.

import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { nodeClock } from '../../adapters/clock.ts';
import { readConfig } from '../../adapters/config.ts';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { lockSources } from '../../adapters/dynamodb/locked-sources.ts';
import { nodeLog } from '../../adapters/logger.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { retainUntil } from '../../core/policy.ts';
import { chainEvidence } from './chain-evidence.ts';

const { tableName, evidenceBucket, evidenceRetentionDays } = readConfig([
  'tableName',
  'evidenceBucket',
  'evidenceRetentionDays',
]);
const clock = nodeClock();
const table = dynamoDbTable({ client: new DynamoDBClient(), name: tableName });
const archive = s3Archive(s3Client(), evidenceBucket);
const lock = lockSources(table, archive, () => retainUntil(clock.now(), evidenceRetentionDays));
const chains = dynamoDbEvidenceChains(table, lock);
const ports = { chains, clock, log: nodeLog('chain-evidence') };
const lookEveryMilliseconds = 5_000;

export async function handler(event: { forSeconds?: number } = {}): Promise<{ chained: number }> {
  const stayMilliseconds = clock.isVirtual ? 0 : (event.forSeconds ?? 0) * 1000;
  const end = performance.now() + stayMilliseconds;
  for (let chained = 0; ; await pause(lookEveryMilliseconds)) {
    await clock.tune();
    chained += (await chainEvidence(ports)).chained;
    if (performance.now() + lookEveryMilliseconds >= end) return { chained };
  }
}

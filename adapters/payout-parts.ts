// What do admit-payout and read-payouts stand on? Like node-parts, but light at the start: KMS, S3 and the proving of
// chains are loaded when they are first needed (payout-cold.ts).

import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ProvedPaths } from '../core/certificate/usable.ts';
import { alarmedProver } from './alarmed-prover.ts';
import { nodeClock } from './clock.ts';
import { readConfig } from './config.ts';
import { dynamoDbTable } from './dynamodb/dynamodb.ts';
import { neverBack } from './dynamodb/never-back.ts';
import { outboxPut } from './dynamodb/outbox.ts';
import { payoutStore } from './dynamodb/payouts.ts';
import { thawedSources } from './dynamodb/revocation-sources.ts';
import { senderFacts } from './dynamodb/sender-facts.ts';
import type { LargeBytes } from './dynamodb/sent-messages.ts';
import { expiryOnLoad } from './expiry-on-load.ts';
import { ulids } from './ids.ts';
import { sealer as kmsSealer } from './kms/seal.ts';
import { nodeLog } from './logger.ts';
import { once } from './on-demand.ts';
import { sqsAnnouncer } from './sqs/announce.ts';
import { sqsClient } from './sqs/send.ts';

const cold = () => import('./payout-cold.ts');

export function admitPayoutParts() {
  const config = readConfig(['tableName', 'sealKeyId', 'pastSealKeyIds', 'nodeFinId', 'nodeFinIdSchema']);
  const { deliverQueueUrl } = readConfig(['deliverQueueUrl']);
  const clock = nodeClock();
  const log = nodeLog('admit-payout');
  const table = neverBack(dynamoDbTable({ client: new DynamoDBClient(), name: config.tableName }), log);
  const announcer = sqsAnnouncer({
    client: sqsClient(),
    queueUrls: { deliver: deliverQueueUrl },
    clock,
    log,
  });
  const sealKeys = once(async () => (await cold()).sealKeys());
  const sealer = kmsSealer({
    acceptedKeyIds: [config.sealKeyId, ...config.pastSealKeyIds],
    publicKey: async (keyId) => (await sealKeys())(keyId),
    log,
  });
  const prover = once(async () => alarmedProver((await cold()).prover(table, sealer), log));
  const bucket = once(async () => (await cold()).largeBytes());
  const large: LargeBytes = {
    put: async (sha256, bytes) => (await bucket()).put(sha256, bytes),
    get: async (sha256) => (await bucket()).get(sha256),
  };
  const announce = async (entries: Parameters<typeof announcer.announce>[0]) => {
    await announcer.announce(entries);
  };
  const facts = senderFacts(table, sealer);
  const onLoad = expiryOnLoad({
    clock,
    async enqueue(entry) {
      await table.transact([outboxPut(entry)]);
    },
  });
  return {
    clock,
    log,
    ids: ulids(clock),
    node: { finId: config.nodeFinId, finIdSchema: config.nodeFinIdSchema },
    proved: new ProvedPaths(),
    payouts: payoutStore({ table, large, announce }),
    facts: async (...asked: Parameters<typeof facts>) => {
      const found = await facts(...asked);
      await onLoad(found.status);
      return found;
    },
    prove: async (...asked: Parameters<Awaited<ReturnType<typeof prover>>['prove']>) =>
      (await prover()).prove(...asked),
    requireThawed: thawedOf(thawedSources(table)),
    seed: () => randomBytes(16),
  };
}

const thawedOf =
  (thawed: ReturnType<typeof thawedSources>) =>
  ({ status }: { readonly status: Parameters<typeof thawed>[0] }, now: Date) =>
    thawed(status, now);

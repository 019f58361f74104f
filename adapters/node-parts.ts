// What does nearly every function of the people's flows stand on? Table, clock, ids, log, announcer, sealer: built
// once per process from its environment. It reads no setting that its caller did not name.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { OutboxEntry } from '../core/outbox.ts';
import type { Clock, Ids, Sealer } from '../core/ports.ts';
import { type NodeClock, nodeClock } from './clock.ts';
import { readConfig } from './config.ts';
import { dynamoDbTable } from './dynamodb/dynamodb.ts';
import { neverBack } from './dynamodb/never-back.ts';
import { outboxPut } from './dynamodb/outbox.ts';
import type { Table } from './dynamodb/table.ts';
import { ulids } from './ids.ts';
import { type Kms, kmsClient } from './kms/kms.ts';
import { sealer } from './kms/seal.ts';
import { kmsPublicKeys, kmsSigner } from './kms/signer.ts';
import { type Log, nodeLog } from './logger.ts';
import { type Announcer, type QueueUrls, sqsAnnouncer } from './sqs/announce.ts';
import { sqsClient } from './sqs/send.ts';

export interface NodeParts {
  readonly table: Table;
  readonly clock: NodeClock & Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly kms: Kms;
  readonly sealer: Sealer;
  readonly announcer: Announcer;
  readonly announce: (entries: readonly OutboxEntry[]) => Promise<void>;
  /** Writes and announces one entry that belongs to no other change. */
  readonly enqueue: (entry: OutboxEntry) => Promise<void>;
}

/** @param options.seals this function may sign seals; others only check them */
export function nodeParts(serviceName: string, options: { seals: boolean; queueUrls: QueueUrls }): NodeParts {
  const config = readConfig(['tableName', 'sealKeyId', 'pastSealKeyIds']);
  const clock = nodeClock();
  const log = nodeLog(serviceName);
  const kms = kmsClient();
  const table = neverBack(dynamoDbTable({ client: new DynamoDBClient(), name: config.tableName }), log);
  const announcer = sqsAnnouncer({ client: sqsClient(), queueUrls: options.queueUrls, clock, log });
  const announce = async (entries: readonly OutboxEntry[]) => {
    await announcer.announce(entries);
  };
  return {
    table,
    clock,
    ids: ulids(clock),
    log,
    kms,
    sealer: sealer({
      ...(options.seals && { signer: kmsSigner(kms, config.sealKeyId, 'ECDSA_SHA_256') }),
      acceptedKeyIds: [config.sealKeyId, ...config.pastSealKeyIds],
      publicKey: kmsPublicKeys(kms),
      log,
    }),
    announcer,
    announce,
    async enqueue(entry) {
      await table.write(outboxPut(entry) as Parameters<Table['write']>[0]);
      await announce([entry]);
    },
  };
}

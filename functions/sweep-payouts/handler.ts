// Undoes what a crash left reserved of a large message of payouts (S9): run by a schedule every minute. The rule is in
// adapters/dynamodb/payout-reservation.ts; there is nothing else to order here.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { nodeClock } from '../../adapters/clock.ts';
import { readConfig } from '../../adapters/config.ts';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { sweepReservations } from '../../adapters/dynamodb/payout-reservation.ts';

const { tableName } = readConfig(['tableName']);
const clock = nodeClock();
const table = dynamoDbTable({ client: new DynamoDBClient(), name: tableName });

export async function handler(): Promise<{ undone: number }> {
  await clock.tune();
  return { undone: await sweepReservations(table, clock.now()) };
}

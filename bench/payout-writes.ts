// A1: what recording a message of payouts costs in the table, counted and not timed: write units as the engine bills
// them, against the actions that the rules demand, and round trips. For one message and its creditors, one currency.

import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { dynamoDbTable } from '../adapters/dynamodb/dynamodb.ts';
import { tableDefinition } from '../adapters/dynamodb/schema.ts';
import { startFaultProxy } from '../local/fault-proxy.ts';
import { dynamoDbClient, startDynamoDb } from '../test/support/dynamodb.ts';
import { payoutMessage, payoutWorld } from '../test/support/payouts.ts';
import { type Figure, print } from './figure.ts';

const sizes = [1, 10, 30] as const;

export async function payoutWriteFigures(): Promise<readonly Figure[]> {
  const engine = await startDynamoDb();
  const proxy = await startFaultProxy({ target: engine.endpoint });
  try {
    const client = dynamoDbClient(proxy.url);
    await client.send(new CreateTableCommand({ TableName: 'node', ...tableDefinition }));
    const limit = { day: 10n ** 17n, creditor: 10n ** 17n };
    const settings = { limits: { CLP: limit }, severalOperators: false };
    const world = await payoutWorld({ table: dynamoDbTable({ client, name: 'node' }), settings });
    // A process that has met the certificate and its sources: what is read once a minute is not the message's.
    await world.send();
    const figures: Figure[] = [];
    for (const size of sizes) {
      const payouts = Array.from({ length: size }, (_, at) => ({
        creditor: `${10_000_000 + at}-1`,
        account: String(size * 100 + at),
      }));
      const body = payoutMessage({ payouts });
      proxy.resetCounts();
      const { outcome } = await world.send(body);
      if (outcome !== 'RECORDED') throw new Error(outcome);
      const { writeUnits, requests } = proxy.counts();
      const kibibytes = Math.ceil(body.length / 1024);
      // Message, the participant's counter, evidence; two counters a creditor; each payout: all in one transaction.
      const floor = 2 * (3 + 2 * size + size) + kibibytes;
      figures.push(
        figure(
          `write units of ${size} payouts to as many creditors (${writeUnits})`,
          writeUnits / floor,
          `${floor}`,
        ),
        trips(
          size,
          Object.values(requests).reduce((sum, each) => sum + each, 0),
        ),
      );
    }
    client.destroy();
    return figures;
  } finally {
    await proxy.stop();
    await engine.stop();
  }
}

function figure(what: string, value: number, floor: string): Figure {
  const reference = `the actions that the rules demand, twice, and KiB: ${floor}`;
  return { id: 'A1', what, value, reference, aim: 1.1, holds: value <= 1.1, unit: 'ratio' };
}

function trips(size: number, value: number): Figure {
  const what = `round trips of ${size} payouts`;
  return { id: 'A1-trips', what, value, reference: 'counted', aim: 2, holds: value <= 2, unit: 'count' };
}

if (import.meta.main) print(await payoutWriteFigures());

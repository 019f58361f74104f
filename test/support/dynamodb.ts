// A real DynamoDB engine for one test file: its own process, port and memory, gone with the file.
// DYNAMODB_ENDPOINT names another engine (Amazon's DynamoDB Local in CI); the table's name is then the file's own.

import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { tableDefinition } from '../../adapters/dynamodb/schema.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { startDynamoDb as startEngine } from '../../local/dynamodb.ts';

export interface TestDynamoDb {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** A new, empty table of a node. */
  table(name?: string): Promise<Table & { readonly name: string }>;
  stop(): Promise<void>;
}

/** Call it in beforeAll, and `stop` in afterAll. */
export async function startDynamoDb(): Promise<TestDynamoDb> {
  const engine = await startEngine({ endpoint: process.env.DYNAMODB_ENDPOINT });
  const endpoint = engine.url;
  const client = dynamoDbClient(endpoint);
  return {
    endpoint,
    client,
    async table(name = `node-${randomUUID()}`) {
      await client.send(new CreateTableCommand({ TableName: name, ...tableDefinition }));
      return { ...dynamoDbTable({ client, name, pause: async () => {} }), name };
    },
    async stop() {
      client.destroy();
      await engine.stop();
    },
  };
}

export function dynamoDbClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

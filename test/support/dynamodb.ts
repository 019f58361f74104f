// A real DynamoDB engine for one test file: its own process, port and memory, gone with the file.
// DYNAMODB_ENDPOINT names another engine (Amazon's DynamoDB Local in CI); the table's name is then the file's own.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { tableDefinition } from '../../adapters/dynamodb/schema.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';

export interface TestDynamoDb {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** A new, empty table of a node. */
  table(name?: string): Promise<Table & { readonly name: string }>;
  stop(): Promise<void>;
}

/** Call it in beforeAll, and `stop` in afterAll. */
export async function startDynamoDb(): Promise<TestDynamoDb> {
  const given = process.env.DYNAMODB_ENDPOINT;
  const { endpoint, child } = given ? { endpoint: given, child: undefined } : await spawnEngine();
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
      if (!child || child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export function dynamoDbClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

async function spawnEngine(): Promise<{ endpoint: string; child: ChildProcess }> {
  const folder = dirname(createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json'));
  // Another process may take the port between asking and using it: then the engine ends at once and we ask again.
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = await freePort();
    const child = spawn(join(folder, 'dynoxide'), ['--port', String(port)], { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    const endpoint = `http://127.0.0.1:${port}`;
    if (await answers(endpoint, child)) return { endpoint, child };
    child.kill('SIGKILL');
  }
  throw new Error('the DynamoDB engine did not start');
}

async function answers(endpoint: string, child: ChildProcess): Promise<boolean> {
  const client = dynamoDbClient(endpoint);
  try {
    for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
      try {
        await client.send(new ListTablesCommand({}));
        return child.exitCode === null;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    return false;
  } finally {
    client.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Where is DynamoDB on this laptop? A process of the native engine with its data in a file, or any endpoint that
// DYNAMODB_ENDPOINT names. Tables are made in stack.ts; faults that no engine raises come from fault-proxy.ts.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.ts';

export interface DynamoDbOptions {
  /** Absent: in memory. */
  readonly dataFolder?: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** DYNAMODB_ENDPOINT: no process is started. */
  readonly endpoint?: string | undefined;
}

export interface DynamoDb {
  readonly url: string;
  stop(): Promise<void>;
}

/** The package for this machine is an optional dependency; elsewhere, DYNAMODB_ENDPOINT is needed. */
const enginePackage = '@dynoxide/linux-x64';
const startMs = 30_000;

/**
 * Ends the engine when standard input closes, that is, when this process is gone, however it went: an engine that
 * outlived a `kill -9` would hold the port and the file of the next start.
 */
const guarded =
  'exec 3<&0; "$@" </dev/null 3<&- & engine=$!; (cat <&3 >/dev/null; kill -9 $engine) 2>/dev/null & guard=$!; wait $engine; code=$?; kill $guard 2>/dev/null; exit $code';

/** Rejects with what to do when there is no engine for this machine, or it does not come up. */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<DynamoDb> {
  if (options.endpoint) return { url: options.endpoint, stop: async () => {} };
  const binary = engineBinary();
  const port = options.port || (await freePort());
  const place = options.dataFolder ? ['--db-path', join(options.dataFolder, 'dynamodb.sqlite')] : [];
  if (options.dataFolder) mkdirSync(options.dataFolder, { recursive: true });
  const args = ['-c', guarded, 'sh', binary, '--host', '127.0.0.1', '--port', String(port), ...place];
  // In a process group of its own: Ctrl-C reaches this process, which then stops things in order.
  const engine = spawn('/bin/sh', args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: process.env.PATH },
  });
  const exited = new Promise<void>((resolve) => engine.once('exit', () => resolve()));
  await listening(engine, port);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      engine.stdin!.end();
      await exited;
    },
  };
}

function engineBinary(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${enginePackage}/package.json`)), 'dynoxide');
  } catch {
    throw new Error(
      `There is no local DynamoDB for ${process.platform} ${process.arch}: start any (Docker: amazon/dynamodb-local) and set DYNAMODB_ENDPOINT to its URL.`,
    );
  }
}

function listening(engine: ChildProcess, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      if (said.includes('listening')) settle();
    };
    const settle = (problem?: string): void => {
      clearTimeout(timer);
      if (problem) reject(new Error(`DynamoDB on port ${port} ${problem}. ${said.trim()}`));
      else resolve();
    };
    const timer = setTimeout(() => settle(`does not answer within ${startMs / 1000} s`), startMs);
    engine.stdout!.on('data', hear);
    engine.stderr!.on('data', hear);
    engine.once('exit', (code) => settle(`ended with ${code}`));
  });
}

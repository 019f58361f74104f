#!/usr/bin/env node
// Starts `apodera` under a Node that reads TypeScript: this one, or the one that the project installs beside it.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./apodera.ts', import.meta.url));
const bundled = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (process.features.typescript) {
  await import('./apodera.ts');
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
} else {
  process.stderr.write(`apodera needs Node 24 or later, this is ${process.version}; run "npm ci" first.\n`);
  process.exit(1);
}

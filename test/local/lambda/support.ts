// What do the tests of the Lambda host share? The fixture's functions, built once, and a host over fresh endpoints.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { buildFunctions } from '../../../local/build.ts';
import { createStack } from '../../../local/deploy.ts';
import type { Endpoints } from '../../../local/endpoints/endpoints.ts';
import { type HostOptions, type LambdaHost, startLambdaHost } from '../../../local/lambda/host.ts';
import type { Stack } from '../../../local/stack.ts';
import { endpointsOn, freshFolder, morning, onCleanUp, StandingClock } from '../endpoints/support.ts';

const templateFile = new URL('../fixtures/template.yaml', import.meta.url).pathname;

/** Once a test file. */
export async function built(): Promise<string> {
  const outputFolder = mkdtempSync(join(tmpdir(), 'apodera-dist-'));
  afterAll(() => rmSync(outputFolder, { recursive: true, force: true }));
  await buildFunctions({ templateFile, outputFolder });
  return outputFolder;
}

export interface Laptop {
  readonly clock: StandingClock;
  readonly endpoints: Endpoints;
  readonly stack: Stack;
  readonly host: LambdaHost;
  readonly folder: string;
  readonly seenFile: string;
  call(logicalId: string, event: unknown): Promise<{ answer: Record<string, unknown>; error?: string }>;
}

export async function laptop(buildFolder: string, options: Partial<HostOptions> = {}): Promise<Laptop> {
  const [folder, clock] = [freshFolder(), new StandingClock(morning)];
  const seenFile = join(folder, 'seen');
  const endpoints = await endpointsOn(folder, { clock });
  const stack = await createStack({
    templateFile,
    stackName: 'network',
    parameters: { Seen: seenFile },
    endpoints,
  });
  const environment = { AWS_ENDPOINT_URL: endpoints.url };
  const host = startLambdaHost({
    stack,
    endpoints,
    buildFolder,
    logFolder: join(folder, 'logs'),
    environment,
    ...options,
  });
  onCleanUp(() => host.stop());
  return {
    clock,
    endpoints,
    stack,
    host,
    folder,
    seenFile,
    async call(logicalId, event) {
      const invocation = await host.invoke(logicalId, Buffer.from(JSON.stringify(event)));
      const answer = JSON.parse(invocation.payload.toString());
      return invocation.functionError ? { answer, error: invocation.functionError } : { answer };
    },
  };
}

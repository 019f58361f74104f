// biome-ignore-all lint/suspicious/noTemplateCurlyInString: SAM's substitutions look like this
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { deployStateMachine } from '../../../local/stepfunctions/deploy.ts';
import { bench, only, role } from './support.ts';

const file = join(mkdtempSync(join(tmpdir(), 'deploy-')), 'flow.asl.json');
const write = (state: object) =>
  writeFileSync(file, JSON.stringify({ QueryLanguage: 'JSONata', ...only(state) }));

test('a definition file is deployed again and again; its alias starts the newest', async () => {
  const it = await bench();
  const deploy = (Word: string) =>
    deployStateMachine(it.client, {
      name: 'Flow',
      file,
      substitutions: { Word },
      roleArn: role,
      alias: 'live',
    });
  const output = async (stateMachineArn: string) => {
    const { executionArn } = await it.client.send(new StartExecutionCommand({ stateMachineArn }));
    await it.clock.settled();
    return (await it.describe(executionArn!)).output;
  };
  write({ Type: 'Pass', Output: '{% "${Word}" %}' });
  const first = await deploy('one');
  expect(await output(first.aliasArn!)).toBe('"one"');
  expect(await deploy('one')).toEqual(first);
  expect(await deploy('two')).toEqual(first);
  expect(await output(first.aliasArn!)).toBe('"two"');
  expect(first.aliasArn).toBe(`${first.stateMachineArn}:live`);
});

test('a definition that is none is not deployed', async () => {
  const it = await bench();
  write({ Type: 'Parallel' });
  const deployed = deployStateMachine(it.client, { name: 'Flow', file, substitutions: {}, roleArn: role });
  await expect(deployed).rejects.toMatchObject({ name: 'InvalidDefinition' });
});

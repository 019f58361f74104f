// How does a definition file become a state machine that runs? As CloudFormation does it: substitutions, then create
// or update, a new version, and the alias moved to it, through the API and an unmodified SDK client.

import { readFileSync } from 'node:fs';
import {
  CreateStateMachineAliasCommand,
  CreateStateMachineCommand,
  type SFNClient,
  UpdateStateMachineAliasCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { substitute } from './substitute.ts';

export interface Deployment {
  readonly name: string;
  /** Path of the `*.asl.json`. */
  readonly file: string;
  /** `DefinitionSubstitutions`, complete on both sides. */
  readonly substitutions: Readonly<Record<string, string>>;
  readonly roleArn: string;
  /** `AutoPublishAlias`. */
  readonly alias?: string;
}

/** Running executions keep the definition that they started with. */
export async function deployStateMachine(
  client: SFNClient,
  deployment: Deployment,
): Promise<{ readonly stateMachineArn: string; readonly aliasArn?: string }> {
  const { name, roleArn, alias } = deployment;
  const definition = substitute(readFileSync(deployment.file, 'utf8'), deployment.substitutions);
  const settings = { definition, roleArn, publish: true };
  const versionArn = await client.send(new CreateStateMachineCommand({ name, ...settings })).then(
    (created) => created.stateMachineVersionArn!,
    async (error: Error) => {
      if (error.name !== 'StateMachineAlreadyExists') throw error;
      // The message holds the ARN: "State Machine Already Exists: 'arn:...'".
      const stateMachineArn = error.message.split("'")[1];
      const update = new UpdateStateMachineCommand({ stateMachineArn, ...settings });
      return (await client.send(update)).stateMachineVersionArn!;
    },
  );
  const stateMachineArn = versionArn.slice(0, versionArn.lastIndexOf(':'));
  if (!alias) return { stateMachineArn };
  return { stateMachineArn, aliasArn: await pointAlias(client, `${stateMachineArn}:${alias}`, versionArn) };
}

async function pointAlias(client: SFNClient, aliasArn: string, versionArn: string): Promise<string> {
  const name = aliasArn.slice(aliasArn.lastIndexOf(':') + 1);
  const routingConfiguration = [{ stateMachineVersionArn: versionArn, weight: 100 }];
  await client
    .send(new CreateStateMachineAliasCommand({ name, routingConfiguration }))
    .catch((error: Error) => {
      if (error.name !== 'ConflictException') throw error;
      return client.send(
        new UpdateStateMachineAliasCommand({ stateMachineAliasArn: aliasArn, routingConfiguration }),
      );
    });
  return aliasArn;
}

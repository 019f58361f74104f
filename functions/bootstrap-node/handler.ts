// Wires bootstrap-node: invoked by whoever deploys, through IAM alone; behind no door.

import { randomBytes } from 'node:crypto';
import { readConfig } from '../../adapters/config.ts';
import { bootstraps } from '../../adapters/dynamodb/bootstraps.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { answered } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { type BootstrapNodeInput, bootstrapNode } from './bootstrap-node.ts';

const { mailQueueUrl } = readConfig(['mailQueueUrl']);
const parts = nodeParts('bootstrap-node', { seals: true, queueUrls: { mail: mailQueueUrl } });
const { table, sealer } = parts;
const ports = {
  ...parts,
  random: (bytes: number) => randomBytes(bytes),
  people: people(table, sealer),
  bootstraps: bootstraps(table, sealer),
  ledger: ledger(table, sealer, parts.announce),
};

export async function handler(event: BootstrapNodeInput) {
  await parts.clock.tune();
  return answered(() => bootstrapNode(ports, event));
}

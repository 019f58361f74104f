// Which nodes does this laptop run? One network and one payout operator, as two deployments of template.yaml. Ports and
// names only: what lies in their tables is seeded elsewhere.

import type { NodeOptions } from './laptop.ts';
import { nodeIdentities } from './seed/cast.ts';

export interface NodePorts {
  readonly api: number;
  readonly pages: number;
}

/** The names that the documentation uses. */
const defaultPorts = {
  network: { api: 4100, pages: 4101 },
  operator: { api: 4200, pages: 4201 },
} as const;

export function laptopNodes(
  ports: { network: NodePorts; operator: NodePorts } = defaultPorts,
  /** The payout operator's core (local/bank). */
  executorUrl = '',
): NodeOptions[] {
  return [
    node('network', { NodeRole: 'network', ...named(nodeIdentities.network) }, ports.network),
    node(
      'operator',
      {
        NodeRole: 'payoutOperator',
        ExecutorUrl: executorUrl,
        // The simulated bank does nothing twice under one key.
        ExecutorIdempotent: 'yes',
        ...named(nodeIdentities.operator),
      },
      ports.operator,
    ),
  ];
}

const named = ({ finId, finIdSchema, name }: { finId: string; finIdSchema: string; name: string }) => ({
  NodeFinId: finId,
  NodeFinIdSchema: finIdSchema,
  NodeName: name,
  NodeTimeZone: 'America/Santiago',
});

function node(name: string, identity: Record<string, string>, ports: NodePorts): NodeOptions {
  return {
    name,
    apiPort: ports.api,
    pagesPort: ports.pages,
    parameters: (origins) => ({
      ...identity,
      PagesOrigin: origins.pages,
      ApiOrigin: origins.api,
      ApiHost: `api.${name}.internal`,
      MailFrom: `apodera@${name}.example`,
      ApiCertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/local',
      AlarmEmail: `alarms@${name}.example`,
    }),
    // No parameter can say this in AWS: a virtual clock and private addresses are for the laptop alone.
    environment: { NODE_STAGE: 'local' },
  };
}

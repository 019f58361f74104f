// An audit over a node in memory.

import { auditedTable } from '../../adapters/dynamodb/evidence-audit.ts';
import { type AuditReport, audit } from '../../core/evidence/audit.ts';
import type { Finding } from '../../core/evidence/findings.ts';
import type { LastHead } from '../../core/evidence/ports.ts';
import type { EvidenceNode } from './evidence.ts';

export function auditNode(node: EvidenceNode, peerHeads: readonly LastHead[] = []): Promise<AuditReport> {
  const { unchained, ...audited } = auditedTable(node.table, node.sealer, node.archive);
  return audit({
    ...node,
    node: 'NODE',
    now: node.clock.now(),
    peerHeads,
    chains: { ...node.chains, unchained },
    ...audited,
  });
}

/** `CODE place` of each finding, sorted. */
export async function foundIn(node: EvidenceNode, peerHeads: readonly LastHead[] = []): Promise<string[]> {
  const { findings } = await auditNode(node, peerHeads);
  const place = ({ code, scope, seq, number, recordId, item, detail }: Finding) =>
    [code, item ?? recordId ?? (number === undefined ? `${scope}/${seq}` : number), detail]
      .filter(Boolean)
      .join(' ');
  return findings.map(place).sort();
}

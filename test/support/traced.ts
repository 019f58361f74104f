// A node with a trace to cover: one certificate granted, five things that happened, chained and under a signed head.

import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { sealedWrite } from '../../adapters/dynamodb/sealed-records.ts';
import type { Item, StoredItem } from '../../adapters/dynamodb/table.ts';
import { genesis, nextLink } from '../../core/evidence/chain.ts';
import { bodyHash } from '../../core/evidence/record.ts';
import { type EvidenceNode, evidenceNode, headKeyOf, linkKeyOf } from './evidence.ts';

export const granted = { participant: 'P1', use: 'signing', version: 1 };
export const certificate = { pk: 'CERT#abc', sk: 'STATUS' };
export const certificateName = 'CERT#abc|STATUS';
export const name = (item: { pk: string; sk: string }) => JSON.stringify([item.pk, item.sk]);

/** An item as this node seals it. */
export async function sealedItem(
  node: EvidenceNode,
  key: { pk: string; sk: string },
  content: typeof granted,
  beside: Item = {},
) {
  const { write, mark } = await sealedWrite(node.sealer, key, content, ['proof'], beside);
  return { item: (write as { put: StoredItem }).put, mark };
}

/** A certificate becomes active: sealed, recorded, in one transaction. */
export async function activate(node: EvidenceNode): Promise<void> {
  const { item, mark } = await sealedItem(node, certificate, granted, { networkStatus: 'active' });
  const states = [{ ...mark, holds: { networkStatus: 'active' } }];
  const record = node.record({ kind: 'certificate.activated', states });
  await node.table.transact([{ put: { ...item, evidenceId: record.id } }, evidencePut(record)]);
}

/** It is disabled: one conditional write, which takes the seal away. */
export async function disable(node: EvidenceNode): Promise<void> {
  const states = [{ item: certificateName, holds: { networkStatus: 'disabled' } }];
  const change = { set: { networkStatus: 'disabled', seal: undefined }, add: { version: 1 } };
  await node.table.transact([
    { update: certificate, change },
    evidencePut(node.record({ kind: 'certificate.disabled', states })),
  ]);
}

export async function settle(node: EvidenceNode): Promise<void> {
  await node.chain();
  await node.sign();
  node.clock.advance(300);
}

/** Links made anew from `seq` on, as an attacker does who knows how chains are made. */
export function rechain(node: EvidenceNode, scope: string, change: (bodies: unknown[]) => unknown[]): void {
  const links = [...node.items.values()]
    .filter(({ pk }) => pk === `EVID#${scope}`)
    .sort((a, b) => (a.sk < b.sk ? -1 : 1));
  const bodies = change(links.map(({ record }) => structuredClone(record)));
  for (const link of links) node.items.delete(name(link));
  let head = genesis(scope);
  for (const body of bodies) {
    const link = nextLink(scope, head, bodyHash(body as never));
    const [pk, sk] = linkKeyOf(scope, link.seq);
    node.items.set(name({ pk, sk }), { ...link, pk, sk, record: body } as never as StoredItem);
    head = link;
  }
  node.forge(...headKeyOf(scope), (item) => ({ ...item, seq: head.seq, link: head.link }));
}

export async function tracedNode(): Promise<EvidenceNode> {
  const node = evidenceNode();
  await activate(node);
  for (let i = 0; i < 4; i++) await node.happen();
  await node.happen({ scope: 'P2' });
  await settle(node);
  return node;
}

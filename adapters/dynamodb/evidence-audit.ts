// What does the table hold that an audit reads? Unchained records, items that grant or name a record, bytes in items.

import type { Json } from '../../core/canonical-json.ts';
import type { ToldSource, UnchainedRecord } from '../../core/evidence/audit-chains.ts';
import type { AuditedState, StatesToAudit } from '../../core/evidence/audit-states.ts';
import type { EvidenceArchive } from '../../core/evidence/ports.ts';
import { isTold, type PayoutState } from '../../core/payout/payout.ts';
import type { Sealer } from '../../core/ports.ts';
import { type Seal, type SealContent, sealOver } from '../../core/seal.ts';
import { unchainedItems, unchainedName } from './evidence.ts';
import { bytesIn, isLargeMessage, signatureIn } from './locked-sources.ts';
import { keyFrom, mustBeSealed } from './schema.ts';
import { any, beginsWith, keyName, present, type StoredItem, type Table } from './table.ts';

export function auditedTable(
  table: Table,
  sealer: Pick<Sealer, 'check'>,
  archive: Pick<EvidenceArchive, 'bytes' | 'message' | 'lockedMessage'>,
) {
  return {
    states: auditedStates(table, sealer),
    unchained: () => unchainedRecords(table),
    /** The bytes that a source names: in its item, or locked, where a later message took their place in the item. */
    async sourceBytes({ source, scope, at }: ToldSource): Promise<Uint8Array | undefined> {
      const { item, copiedFrom, sha256, kind } = source;
      const found = await itemOf(table, source);
      const held = found && bytesIn(found, sha256);
      if (held) return held;
      if (item === undefined) {
        const locked =
          kind === 'message' && copiedFrom !== undefined
            ? (await archive.lockedMessage({ scope, at }, sha256))?.bytes
            : await archive.bytes(sha256);
        if (locked) return locked;
      }
      if (found && isLargeMessage(found)) return archive.message(sha256);
      return found?.bytes instanceof Uint8Array ? found.bytes : undefined;
    },
    /** The attribute `signature` beside them, or what was locked with them where a later message took their place. */
    async sourceSignature({ source, scope, at }: ToldSource): Promise<string | undefined> {
      const { item, sha256 } = source;
      const found = await itemOf(table, source);
      if (item === undefined && !(found && bytesIn(found, sha256)))
        return (await archive.lockedMessage({ scope, at }, sha256))?.signature;
      return found && signatureIn(found, sha256);
    },
  };
}

async function* unchainedRecords(table: Table): AsyncIterable<UnchainedRecord> {
  for await (const item of unchainedItems(table))
    yield { ...unchainedName(item.sk), hash: String(item.hash), body: (item.record ?? null) as Json };
}

async function itemOf(
  table: Table,
  { item, copiedFrom }: ToldSource['source'],
): Promise<StoredItem | undefined> {
  const key = keyFrom(item ?? copiedFrom);
  return key && table.get(key);
}

function auditedStates(table: Table, sealer: Pick<Sealer, 'check'>): StatesToAudit {
  const stateOf = async (item: StoredItem): Promise<AuditedState> => {
    const content = sealContentOf(item);
    const holds = content !== undefined && (await sealHolds(sealer, content, item.seal as never));
    return {
      item: keyName(item),
      version: typeof item.version === 'number' ? item.version : undefined,
      evidenceId: typeof item.evidenceId === 'string' ? item.evidenceId : undefined,
      grants: mustBeSealed(item),
      told: isToldPayout(item),
      seal: holds ? sealOver(content).toString('base64url') : undefined,
      sealHolds: item.seal === undefined || holds,
      attributes: item as { readonly [name: string]: Json | undefined },
    };
  };
  return {
    async *all() {
      const granting = any(
        present('seal'),
        present('evidenceId'),
        ...[...mustBeSealed.prefixes, 'TX#'].map((p) => beginsWith('pk', p)),
      );
      for await (const page of table.scan(granting)) {
        for (const item of page) {
          const named = item.seal !== undefined || item.evidenceId !== undefined;
          if (named || mustBeSealed(item) || isToldPayout(item)) yield await stateOf(item);
        }
      }
    },
    async one(name) {
      const key = keyFrom(name);
      const item = key && (await table.get(key));
      return item && stateOf(item);
    },
  };
}

/** What is told of it has a record; before that, its message's is all there is. */
const isToldPayout = ({ pk, sk, state }: StoredItem) =>
  pk.startsWith('TX#') && sk === 'PAYOUT' && isTold(state as PayoutState);

/** What the seal of an item says it covers; undefined where the item has none that can be read. */
function sealContentOf(item: StoredItem): SealContent | undefined {
  const { seal } = item as { readonly seal?: Partial<Seal> };
  if (!seal || !Array.isArray(seal.over) || !Array.isArray(seal.proofs)) return undefined;
  const content = Object.fromEntries(seal.over.map((name: string) => [name, item[name] as Json | undefined]));
  return { key: keyName(item), content, version: Number(seal.version), proofs: seal.proofs };
}

async function sealHolds(
  sealer: Pick<Sealer, 'check'>,
  content: Parameters<Sealer['check']>[0],
  seal: Seal,
): Promise<boolean> {
  try {
    await sealer.check(content, seal);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'SEAL_BROKEN') return false;
    throw error;
  }
}

// Does every item that grants or takes away stand as its newest record says? Both ways: an item without a record, a
// record without its item, an item put back to an earlier day, seal and all.

import type { Json } from '../canonical-json.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { DatedMark, Told } from './audit-chains.ts';
import type { Finding, FindingCode } from './findings.ts';
import type { StateMark } from './record.ts';

export interface AuditedState {
  /** `pk|sk` */
  readonly item: string;
  readonly version: number | undefined;
  /** The record that it names as its own. */
  readonly evidenceId: string | undefined;
  /** Its kind grants rights, so that it must carry a seal. */
  readonly grants: boolean;
  /** A payout of which something is told: that has a record. */
  readonly told: boolean;
  /** base64url of `sealOver`, where it carries a seal. */
  readonly seal: string | undefined;
  /** Whether that seal is good; true where there is none. */
  readonly sealHolds: boolean;
  readonly attributes: { readonly [name: string]: Json | undefined };
}

export interface StatesToAudit {
  /** Every item that carries a seal, names a record, grants, or is a payout of which something is told. */
  all(): AsyncIterable<AuditedState>;
  one(item: string): Promise<AuditedState | undefined>;
}

/** Undefined where state and records agree. */
export function faultOfState(item: string, state: AuditedState | undefined, told: Told): Finding | undefined {
  const marks = [...(told.marks.get(item) ?? [])].sort(asTheyHappened);
  const fault = state ? faultOfPresent(state, marks, told) : faultOfAbsent(marks);
  return fault && { ...fault, item };
}

/** By time. Within one millisecond a version tells the order, what adds to one comes after it. */
function asTheyHappened(a: DatedMark, b: DatedMark): number {
  const version = ({ version = Number.MAX_SAFE_INTEGER }: DatedMark) => version;
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return version(a) - version(b) || (a.recordId < b.recordId ? -1 : 1);
}

type Fault = { readonly code: FindingCode; readonly detail?: string };

function faultOfAbsent(marks: readonly StateMark[]): Fault | undefined {
  const newest = marks.at(-1);
  return newest && !newest.gone ? { code: 'STATE_MISSING' } : undefined;
}

function faultOfPresent(state: AuditedState, marks: readonly StateMark[], told: Told): Fault | undefined {
  if (!state.sealHolds) return { code: 'SEAL_WRONG' };
  if (state.grants && state.seal === undefined) return { code: 'STATE_UNSEALED' };
  if (state.evidenceId !== undefined && !told.ids.has(state.evidenceId))
    return { code: 'STATE_WITHOUT_RECORD' };
  const newest = marks.at(-1);
  if (!newest) return state.seal === undefined && !state.told ? undefined : { code: 'STATE_WITHOUT_RECORD' };
  const version = state.version ?? 0;
  const expected = versionTold(marks);
  if (newest.gone || version < expected) return { code: 'STATE_ROLLED_BACK' };
  if (version > expected) return { code: 'STATE_WITHOUT_RECORD' };
  return faultOfContent(state, marks);
}

/** The last version that a record names, and one more for each change after it that names none. */
function versionTold(marks: readonly StateMark[]): number {
  const last = marks.findLastIndex(({ version }) => version !== undefined);
  return (marks[last]?.version ?? 0) + marks.length - 1 - last;
}

function faultOfContent(state: AuditedState, marks: readonly StateMark[]): Fault | undefined {
  // A seal is put with the whole item: what earlier records named is told anew from there on.
  const sealedAt = marks.findLastIndex(({ seal }) => seal !== undefined);
  const seal = marks[sealedAt]?.seal;
  // Where nothing is granted any more the seal may be gone: the attributes named below say that it is so.
  const sealGone = state.seal === undefined && !state.grants;
  if (seal !== undefined && !sealGone && seal !== state.seal)
    return { code: 'STATE_DIFFERS', detail: 'seal' };
  const since = marks.slice(Math.max(0, sealedAt)).map(({ holds }) => holds ?? {});
  const holds = Object.assign({}, ...since) as NonNullable<StateMark['holds']>;
  const wrong = Object.keys(holds).find((name) => !same(state.attributes[name] ?? null, holds[name]!));
  return wrong === undefined ? undefined : { code: 'STATE_DIFFERS', detail: wrong };
}

/** What has no canonical form (an attacker may put anything there) is like nothing. */
function same(a: Json, b: Json): boolean {
  try {
    return canonicalJson(a) === canonicalJson(b);
  } catch {
    return false;
  }
}

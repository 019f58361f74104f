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
  /** base64url of `sealOver`, where it carries a seal. */
  readonly seal: string | undefined;
  /** Whether that seal is good; true where there is none. */
  readonly sealHolds: boolean;
  readonly attributes: { readonly [name: string]: Json | undefined };
}

export interface StatesToAudit {
  /** Every item that carries a seal, names a record, or grants. */
  all(): AsyncIterable<AuditedState>;
  one(item: string): Promise<AuditedState | undefined>;
}

/** Undefined where state and records agree. */
export function faultOfState(item: string, state: AuditedState | undefined, told: Told): Finding | undefined {
  const marks = sinceGone(told.marks.get(item) ?? []);
  const fault = state ? faultOfPresent(state, marks, told) : faultOfAbsent(marks);
  return fault && { ...fault, item };
}

/**
 * What records say of the item as it is now. Its end comes by time, and what is put anew begins its versions again;
 * between ends versions tell the order, since clocks of two processes may differ by more than two changes are apart.
 */
function sinceGone(all: readonly DatedMark[]): readonly DatedMark[] {
  const byTime = [...all].sort((a, b) => (a.order < b.order ? -1 : 1));
  const end = byTime.findLastIndex(({ gone }) => gone);
  const after = byTime.slice(end + 1).sort((a, b) => a.version - b.version);
  return after.length === 0 ? byTime.slice(end, end + 1) : after;
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
  if (!newest) return state.seal === undefined ? undefined : { code: 'STATE_WITHOUT_RECORD' };
  const version = state.version ?? 0;
  if (newest.gone || version < newest.version) return { code: 'STATE_ROLLED_BACK' };
  if (version > newest.version) return { code: 'STATE_WITHOUT_RECORD' };
  const sealed = marks.findLast((mark) => mark.seal !== undefined);
  // Where nothing is granted any more the seal may be gone: the attributes named below say that it is so.
  const sealGone = state.seal === undefined && !state.grants;
  if (sealed && !sealGone && sealed.seal !== state.seal) return { code: 'STATE_DIFFERS', detail: 'seal' };
  // An attribute that an earlier record named still holds unless a later one named it again.
  const holds = Object.assign({}, ...marks.map((mark) => mark.holds ?? {})) as NonNullable<
    StateMark['holds']
  >;
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

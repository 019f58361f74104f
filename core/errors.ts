// Three ways to fail. A Refusal is the rules saying no: thrown in core/, returned as data by the use case,
// turned into HTTP in handlers only. A Transient is the world being busy: thrown by adapters, retried.
// Anything else is a fault of ours: the caller hears a reference and nothing more.

import { holderRefusals } from './certificate/holder/refusals.ts';
import { certificateRefusals } from './certificate/refusals.ts';
import { revocationRefusals } from './certificate/revocation/refusals.ts';
import { disableRefusals } from './disable/refusals.ts';
import { enrolmentRefusals } from './enrolment/refusals.ts';
import { evidenceRefusals } from './evidence/refusals.ts';
import { messageRefusals } from './message/refusals.ts';
import { payoutRefusals } from './payout/refusals.ts';
import { peopleRefusals } from './people/refusals.ts';
import { suspensionRefusals } from './suspension/refusals.ts';

/** Every code with its sentence. Codes are stable: clients switch on them. */
export const refusals = {
  ...certificateRefusals,
  ...holderRefusals,
  ...revocationRefusals,
  ...disableRefusals,
  ...enrolmentRefusals,
  ...evidenceRefusals,
  ...messageRefusals,
  ...payoutRefusals,
  ...peopleRefusals,
  ...suspensionRefusals,
} as const;

export type RefusalCode = keyof typeof refusals;

/** What a refusal may add to its sentence; shown to the caller, so never a secret or personal data. */
export interface RefusalDetail {
  /** The parameter at fault, as the caller spelled it. */
  readonly parameter?: string;
  readonly expected?: string;
  readonly found?: string;
  /** The clause broken, e.g. `RFC 5280 §6.1.4(k)`. */
  readonly clause?: string;
  /** The caller may try the same thing again later (`REVOCATION_UNAVAILABLE`). */
  readonly retryable?: boolean;
}

export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly detail: RefusalDetail;

  constructor(code: RefusalCode, detail: RefusalDetail = {}) {
    // An answer, not an accident: its code says where it comes from, and a stack costs more than most refusals' check.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(sentence(code, detail));
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
  }
}

/** One sentence: the code's own, then in parentheses the parameter in quotes, expected, found, clause. */
function sentence(code: RefusalCode, detail: RefusalDetail): string {
  const parts: string[] = [];
  if (detail.parameter) parts.push(`"${detail.parameter}"`);
  if (detail.expected !== undefined) parts.push(`expected ${detail.expected}`);
  if (detail.found !== undefined) parts.push(`found ${detail.found}`);
  if (detail.clause) parts.push(detail.clause);
  const said = refusals[code];
  return parts.length === 0 ? said : `${said.replace(/\.$/, '')} (${parts.join(', ')}).`;
}

/** The world is busy. The name tells of what, because a state machine's Retry knows errors by their names alone. */
export class Transient extends Error {
  constructor(name: `Transient${string}`, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

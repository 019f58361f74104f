// What does this disable end, and is its proof enough (table "Who may do what", M4, A-162)? With the API key alone one
// certificate that is not the last active `signing` one; the last, or all, suspends the participant instead, so that
// a thief of the key can stop payouts but not take the certificates away. Pure: who writes it is recording.ts.

import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { CertificateStatus, CertificateUse, Enrolment } from '../enrolment/enrolment.ts';
import { Refusal } from '../errors.ts';
import type { DisableRequest, DisableTarget } from './request.ts';

/** One certificate of the participant that is pending, active or disabled here, as it stands now. */
export interface Holding {
  readonly thumbprint: Thumbprint;
  readonly keyThumbprint: string;
  readonly use: CertificateUse;
  /** Absent where two node operators pinned it (a node's own certificate). */
  readonly enrolment?: Enrolment;
  /** Absent while the enrolment is pending. */
  readonly status?: CertificateStatus;
  /** DER of the issuer's name, and the serial number as request.ts writes it. */
  readonly issuer: Uint8Array;
  readonly serialNumber: string;
}

export interface DisableGround {
  readonly now: Date;
  /** An active certificate of the participant signed the message. */
  readonly signed: boolean;
  readonly holdings: readonly Holding[];
}

export type DisableWarning =
  | 'LAST_ACTIVE_CERTIFICATE'
  | 'ALREADY_DISABLED'
  | 'NOTHING_TO_DISABLE'
  | 'PENDING_NEEDS_SIGNATURE'
  | 'SUSPENDED_INSTEAD';

export type DisablePlan =
  | {
      readonly outcome: 'END';
      /** Active ones become `disabled`. */
      readonly disables: readonly Holding[];
      /** Pending ones are withdrawn. */
      readonly withdraws: readonly Holding[];
      /** Without a signature: this one must still be active when the disable is written, or it was the last. */
      readonly mustStayActive?: Thumbprint;
      readonly warnings: readonly DisableWarning[];
    }
  | { readonly outcome: 'SUSPEND'; readonly warnings: readonly DisableWarning[] };

export const isActive = ({ status }: Holding) => status?.networkStatus === 'active';
export const isPending = ({ status, enrolment }: Holding) =>
  !status && enrolment?.networkStatus === 'pending';

/** @throws Refusal DISABLE_TARGET_UNKNOWN, SIGNATURE_MISSING */
export function planDisable(request: DisableRequest, ground: DisableGround): DisablePlan {
  const { holdings, signed } = ground;
  if (request.target.kind === 'all' && !signed)
    return { outcome: 'SUSPEND', warnings: ['SUSPENDED_INSTEAD'] };
  const named = holdings.filter((holding) => isTarget(holding, request.target));
  if (named.length === 0 && request.target.kind !== 'all') throw new Refusal('DISABLE_TARGET_UNKNOWN');
  const targets = request.cause === 'incident' ? onTheirKeys(named, holdings) : named;
  const disables = targets.filter(isActive);
  const pending = targets.filter(isPending);
  // Withdrawal's proof: whoever could withdraw with the API key alone could stop every enrolment.
  if (!signed && disables.length === 0 && named.some(isPending))
    throw new Refusal('SIGNATURE_MISSING', { expected: 'the signature of an active certificate' });
  const left = holdings.filter((holding) => signsNow(holding, ground.now) && !disables.includes(holding));
  const endsSigning = disables.some((holding) => signsNow(holding, ground.now));
  if (endsSigning && left.length === 0 && !signed)
    return { outcome: 'SUSPEND', warnings: ['SUSPENDED_INSTEAD'] };
  const withdraws = signed ? pending : [];
  return {
    outcome: 'END',
    disables,
    withdraws,
    ...(!signed && endsSigning && left[0] && { mustStayActive: left[0].thumbprint }),
    warnings: [
      ...(endsSigning && left.length === 0 ? (['LAST_ACTIVE_CERTIFICATE'] as const) : []),
      ...(disables.length + withdraws.length === 0 ? [nothingDone(request.target)] : []),
      ...(pending.length > withdraws.length ? (['PENDING_NEEDS_SIGNATURE'] as const) : []),
    ],
  };
}

function nothingDone(target: DisableTarget): DisableWarning {
  return target.kind === 'all' ? 'NOTHING_TO_DISABLE' : 'ALREADY_DISABLED';
}

function isTarget(holding: Holding, target: DisableTarget): boolean {
  if (target.kind === 'all') return true;
  if (target.kind === 'thumbprint') return holding.thumbprint === target.thumbprint;
  return holding.serialNumber === target.serialNumber && Buffer.compare(holding.issuer, target.issuer) === 0;
}

/** S11: what happened to the key happened to every certificate on it. */
function onTheirKeys(named: readonly Holding[], holdings: readonly Holding[]): readonly Holding[] {
  const keys = new Set(named.map(({ keyThumbprint }) => keyThumbprint));
  return holdings.filter(({ keyThumbprint }) => keys.has(keyThumbprint));
}

/** By the clock: an expired certificate that no pass has recorded yet is no other active one. */
function signsNow(holding: Holding, now: Date): boolean {
  const { status, use } = holding;
  if (!status || use !== 'signing' || status.networkStatus !== 'active' || status.validity !== 'valid')
    return false;
  return now <= status.notAfter && (!status.powerUntil || now <= status.powerUntil);
}

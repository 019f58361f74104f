// Which of this node's own active certificates does a message carry now? Its key is one; the certificates on it may be
// two while one is handed over. The successor is published first and signs from its time on, to another node
// only once its people have confirmed it: so no message of a rotation is refused.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseCertificate } from '../certificate/parse.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';
import { enrolmentLimits } from '../policy.ts';

export interface OwnCertificate {
  readonly thumbprint: Thumbprint;
  readonly activatedAt: Date;
  /** Absent: at once. */
  readonly signsFrom?: Date;
}

export interface Handing {
  readonly now: Date;
  /** The certificate that people pinned at first contact. */
  readonly pinned: string | null;
  /** Successors that the receiver has confirmed; absent: whoever reads what is published. */
  readonly confirmed?: ReadonlySet<string>;
}

/** The newest successor whose time has come, else the pinned one, else the oldest; undefined where there is none. */
export function signingNow<T extends OwnCertificate>(own: readonly T[], handing: Handing): T | undefined {
  const { now, pinned, confirmed } = handing;
  const at = ({ signsFrom, activatedAt }: T) => (signsFrom ?? activatedAt).getTime();
  const oldestFirst = own.toSorted((one, other) => at(one) - at(other));
  const successor = oldestFirst.findLast(
    ({ signsFrom, thumbprint }) =>
      signsFrom !== undefined && signsFrom <= now && (confirmed?.has(thumbprint) ?? true),
  );
  return successor ?? oldestFirst.find(({ thumbprint }) => thumbprint === pinned) ?? oldestFirst[0];
}

/** Of these, what the node's key can sign under. */
export function onKey<T extends { readonly der: Uint8Array }>(
  own: readonly T[],
  key: KeyObject,
): readonly T[] {
  return own.filter(({ der }) => {
    const spki = Buffer.from(parseCertificate(der).spki);
    return createPublicKey({ key: spki, format: 'der', type: 'spki' }).equals(key);
  });
}

const day = 24 * 3_600_000;

/**
 * When the successor begins to sign: 30 days after it is published, or as the current one ends.
 * @throws Refusal NODE_CERTIFICATE_TOO_SOON
 */
export function handOver(currentNotAfter: Date, asked: Date | undefined, now: Date): Date {
  const published = new Date(now.getTime() + enrolmentLimits.rotationOverlapDays * day);
  // A day before its end, so that nothing is signed in its last minutes.
  const end = new Date(Math.max(currentNotAfter.getTime() - day, now.getTime()));
  const earliest = published < end ? published : end;
  if (asked && asked < earliest)
    throw new Refusal('NODE_CERTIFICATE_TOO_SOON', { expected: `${earliest.toISOString()} or later` });
  return asked ?? earliest;
}

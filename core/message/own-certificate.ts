// Which of this node's own active certificates do its messages carry now? Its key is one; the certificates on it
// may be two while one is handed over: the successor is published first and signs only when people have
// pinned it, because receivers compare certificates byte by byte (interop section 4.1).

import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseCertificate } from '../certificate/parse.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';

export interface OwnCertificate {
  readonly thumbprint: Thumbprint;
  readonly der: Uint8Array;
  readonly activatedAt: Date;
}

/** The pinned one, else the one that has been active longest; undefined while none is on this key. */
export function ownSigningCertificate(
  candidates: readonly OwnCertificate[],
  key: KeyObject,
  pinned: string | null,
): OwnCertificate | undefined {
  const onKey = candidates.filter(({ der }) =>
    createPublicKey({ key: Buffer.from(parseCertificate(der).spki), format: 'der', type: 'spki' }).equals(
      key,
    ),
  );
  const oldestFirst = onKey.toSorted((one, other) => one.activatedAt.getTime() - other.activatedAt.getTime());
  return oldestFirst.find(({ thumbprint }) => thumbprint === pinned) ?? oldestFirst[0];
}

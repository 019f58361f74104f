// How does a certificate's status item stand in the table, and what of it is under the seal? The seal covers what
// grants (S22). Taking away needs none, so that a disable stays one write; that write removes the seal, so that a
// raw edit back to `active` finds none.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import { openSealed, type Seal, sealOver } from '../../core/seal.ts';
import type { Item } from './attributes.ts';
import { keyName } from './schema.ts';
import { type StoredItem, text } from './table.ts';

export const statusKey = (thumbprint: string) => ({ pk: `CERT#${thumbprint}`, sk: 'STATUS' });

const listOf = (participant: string) => `CERTIFICATES#${participant}`;

/** What grants, in the form that is sealed. Being there at all, under a seal, says "was made active". */
function granted(status: CertificateStatus) {
  return {
    thumbprint: status.thumbprint,
    keyThumbprint: status.keyThumbprint,
    participant: status.participant,
    enrolmentId: status.enrolmentId,
    use: status.use,
    notAfter: status.notAfter.toISOString(),
    holder: status.holder,
    powerUntil: status.powerUntil?.toISOString(),
    acceptingOperators: [...status.acceptingOperators],
    sources: [...status.sources],
    anchor: status.anchor,
    pscProfile: status.pscProfile,
    activatedAt: status.activatedAt.toISOString(),
    signsFrom: status.signsFrom?.toISOString(),
  };
}

export interface SealedStatus {
  readonly item: StoredItem;
  /** For the evidence of the same transaction: audit finds the item without it, and an older seal. */
  readonly mark: StateMark;
}

export async function certificateItem(
  status: CertificateStatus,
  sealer: Sealer,
  version: number,
  proofs: readonly string[],
): Promise<SealedStatus> {
  const key = statusKey(status.thumbprint);
  const content = granted(status);
  const over = { key: keyName(key), content, version, proofs };
  const seal = await sealer.seal(over);
  const { networkStatus, validity } = status;
  const mark: StateMark = {
    item: over.key,
    version,
    seal: sealOver(over).toString('base64url'),
    holds: { networkStatus, validity },
  };
  const item: StoredItem = {
    ...key,
    ...content,
    networkStatus,
    validity,
    version,
    seal: seal as unknown as Item,
    gsi1pk: listOf(status.participant),
    gsi1sk: `${status.activatedAt.toISOString()}#${status.thumbprint}`,
  };
  return { item, mark };
}

/** @throws Refusal SEAL_BROKEN */
export async function statusOf(item: StoredItem, sealer: Pick<Sealer, 'check'>): Promise<CertificateStatus> {
  const status = statusAsStored(item);
  // What is not active grants nothing: there is nothing to seal.
  if (status.networkStatus !== 'active') return status;
  // What ends all of a participant's certificates finds them by this: taken out of the list it would outlive them.
  const listed = item.gsi1pk === listOf(status.participant);
  // By the key under which it stood: an item copied to another certificate's key must not open there.
  const seal = listed ? (item.seal as unknown as Seal) : undefined;
  await openSealed(sealer, keyName(item), granted(status), seal);
  return status;
}

/** Without its seal checked: enough to take a right away, never to use it. */
export function statusAsStored(item: StoredItem): CertificateStatus {
  const date = (name: string) => (item[name] === undefined ? undefined : new Date(text(item, name)));
  return {
    ...(item as unknown as CertificateStatus),
    thumbprint: text(item, 'thumbprint') as Thumbprint,
    notAfter: new Date(text(item, 'notAfter')),
    activatedAt: new Date(text(item, 'activatedAt')),
    ...(item.powerUntil === undefined ? {} : { powerUntil: date('powerUntil')! }),
    ...(item.signsFrom === undefined ? {} : { signsFrom: date('signsFrom')! }),
    ...(item.disabledAt === undefined ? {} : { disabledAt: date('disabledAt')! }),
  };
}

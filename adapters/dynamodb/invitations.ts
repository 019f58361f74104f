// Where does an invitation stand? A sealed item: whoever can write the table cannot invite. Wrong codes are counted
// beside the seal.

import type { Invitation } from '../../core/people/invitation.ts';
import type { Invitations } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import { type Key, present, type Table } from './table.ts';

const dates = ['opensAt', 'expiresAt'];
const invitationKey = (invitationId: string): Key => ({ pk: `INV#${invitationId}`, sk: 'INVITATION' });

export function invitations(table: Table, sealer: Sealer): Invitations {
  return {
    async invitation(invitationId) {
      const item = await table.get(invitationKey(invitationId));
      if (!item) return undefined;
      const invitation = await openRecord<Invitation>(sealer, item, dates, ['wrongCodes']);
      return { ...invitation, wrongCodes: Number(item.wrongCodes ?? 0) };
    },
    async countWrongCode(invitationId) {
      await table.write({
        update: invitationKey(invitationId),
        change: { add: { wrongCodes: 1 } },
        when: present(),
      });
    },
  };
}

export function invitationWrite(
  sealer: Sealer,
  { wrongCodes, ...invitation }: Invitation,
  proofs: readonly string[],
): Promise<SealedWrite> {
  return sealedWrite(sealer, invitationKey(invitation.invitationId), invitation, proofs, { wrongCodes });
}

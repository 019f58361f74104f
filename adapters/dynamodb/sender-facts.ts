// What does the node know of a sender of payouts, now? Status, anchors in force, profile, suspension and settings in
// one round trip, their seals checked.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import type { SenderFacts } from '../../core/payout/ports.ts';
import type { Party } from '../../core/people/party.ts';
import type { Sealer } from '../../core/ports.ts';
import { openSealed, type Seal } from '../../core/seal.ts';
import { statusKey, statusOf } from './certificate-items.ts';
import { openedItems } from './opened.ts';
import { partyKey } from './parties.ts';
import { payoutSettingsKey, payoutSettingsOf } from './payout-settings.ts';
import { openRecord } from './sealed-records.ts';
import { isFrozen, suspensionKey } from './suspensions.ts';
import { keyName, number, type StoredItem, type Table } from './table.ts';

const leastAnchorsKey = { pk: 'NODE', sk: 'ANCHORS' };

/** @throws Refusal SEAL_BROKEN, ANCHORS_MISSING */
export function senderFacts(table: Table, sealer: Sealer) {
  const opened = openedItems();
  const anchorVersion = (item: StoredItem) => opened(item, (one) => leastVersion(one, sealer));
  const frozenBy = async (item: StoredItem | undefined, finId: string) =>
    item ? opened(item, (one) => isFrozen(sealer, finId, one)) : isFrozen(sealer, finId, item);
  return async (thumbprint: Thumbprint, participant: string): Promise<SenderFacts> => {
    const [status, anchors, party, suspension, settings] = await table.getMany([
      statusKey(thumbprint),
      leastAnchorsKey,
      partyKey(participant),
      suspensionKey(participant),
      payoutSettingsKey(participant),
    ]);
    if (!anchors) throw new Refusal('ANCHORS_MISSING');
    const known = party && (await opened(party, (item) => openRecord<Party>(sealer, item, [])));
    // A node pays nobody: its own certificate is active here, and is no participant's.
    const profile = known?.kind === 'participant' ? known : undefined;
    const chosen = settings && (await opened(settings, (item) => payoutSettingsOf(sealer, item)));
    return {
      status: status && (await opened(status, (item) => statusOf(item, sealer))),
      anchorVersion: await anchorVersion(anchors),
      participant: profile && {
        ...profile,
        settings: chosen ?? (await payoutSettingsOf(sealer, undefined)),
        suspended: await frozenBy(suspension, participant),
      },
    };
  };
}

async function leastVersion(item: StoredItem, sealer: Sealer): Promise<number> {
  const content = { version: number(item, 'version') };
  await openSealed(sealer, keyName(leastAnchorsKey), content, item.seal as unknown as Seal);
  return content.version;
}

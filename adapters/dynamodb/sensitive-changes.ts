// When did a participant last renew an API key or change a webhook? S12: for a while after that, nothing relaxes the
// security officer's confirmation. The writers of those changes touch the one item that is read here.

import { type Table, text } from './table.ts';

export const sensitiveChangeKey = (finId: string) => ({ pk: `PART#${finId}`, sk: 'LASTCHANGE' });

export function sensitiveChanges(table: Table): (finId: string) => Promise<Date | undefined> {
  return async (finId) => {
    const item = await table.get(sensitiveChangeKey(finId));
    return item && new Date(text(item, 'at'));
  };
}

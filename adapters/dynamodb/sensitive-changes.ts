// When did this participant last get a new API key or webhook? For 72 h after it, the officer's confirmation is
// never relaxed (S12): whoever stole a key would begin by making another.

import { type Key, type Table, text, type Write } from './table.ts';

const key = (participant: string): Key => ({ pk: `KEY#CHANGE#${participant}`, sk: 'CHANGE' });

/** One write of the transaction that makes the change. */
export function sensitiveChangeWrite(participant: string, at: Date): Write {
  return { put: { ...key(participant), at: at.toISOString() } };
}

export async function lastSensitiveChange(table: Table, participant: string): Promise<Date | undefined> {
  const item = await table.get(key(participant));
  return item && new Date(text(item, 'at'));
}

// Which people of a participant are told when its certificates or its access change?

import type { People } from './ports.ts';

/** personIds of its active officers and apoderados. */
export async function peopleToTell(people: Pick<People, 'holders'>, participant: string): Promise<string[]> {
  const holders = await people.holders(participant);
  return holders
    .filter(({ state, office }) => state === 'active' && office !== 'auditor')
    .map(({ personId }) => personId);
}

/** personIds of the node's active operators. */
export async function nodeOperatorsToTell(people: Pick<People, 'holders'>): Promise<string[]> {
  const own = await people.holders(null);
  return own
    .filter(({ state, office }) => state === 'active' && office === 'nodeOperator')
    .map(({ personId }) => personId);
}

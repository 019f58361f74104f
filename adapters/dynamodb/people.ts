// Where do people stand? The sealed record, and apart from it name, address and tax id, which can be erased; an
// index per participant and one by the hash of the address, for signing in.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import { type Contact, contactMatches, normalisedAddress, type Person } from '../../core/people/person.ts';
import type { People, Roll } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import { absent, equals, type Key, queryAll, type Table, type Write } from './table.ts';

const dates = [
  ...['from', 'until', 'invitedAt', 'activeSince', 'addedAt', 'endedAt'],
  ...['madeAt', 'countsFrom', 'countsUntil', 'stoppedAt'],
];

export const personKey = (personId: string): Key => ({ pk: `PERSON#${personId}`, sk: 'PERSON' });
const rollKey: Key = { pk: 'NODE', sk: 'PEOPLE' };
/** More than one act can bring in. */
const newestKept = 64;
const contactKey = (personId: string): Key => ({ pk: `PERSON#${personId}`, sk: 'CONTACT' });
const peopleOf = (participant: string | null) => `PEOPLE#${participant ?? 'NODE'}`;

/** Not reversible by a look; the contact beside it is what is erased, and this with it. */
const addressKey = (email: string) =>
  `EMAIL#${createHash('sha256')
    .update(`apodera/address/v1\n${normalisedAddress(email)}`)
    .digest('hex')}`;

export function people(table: Table, sealer: Sealer): People {
  const personOf = async (personId: string) => {
    const item = await table.get(personKey(personId));
    return item && (await openRecord<Person>(sealer, item, dates));
  };
  const personsOf = async (ids: readonly string[]) => {
    const items = await table.getMany(ids.map(personKey));
    const found = await Promise.all(
      items.flatMap((item) => (item ? [openRecord<Person>(sealer, item, dates)] : [])),
    );
    return found.filter(({ state }) => state !== 'ended');
  };
  const idsOf = async (participant: string | null) => {
    const ids: string[] = [];
    for await (const item of queryAll(table, { hash: peopleOf(participant), index: 'GSI1' }))
      ids.push(String(item.personId));
    return ids;
  };
  return {
    person: personOf,
    async contact(person) {
      const item = await table.get(contactKey(person.personId));
      if (!item) return undefined;
      const contact = recordOf<Contact>(withoutKeys(item), []);
      if (!contactMatches(person, contact)) throw new Refusal('SEAL_BROKEN', { parameter: 'CONTACT' });
      return contact;
    },
    async holders(participant) {
      // The index key stands outside the seal: whom it lists is asked of the record itself.
      const found = await personsOf(await idsOf(participant));
      return found.filter((person) => person.participant === participant);
    },
    async everybody() {
      // First: what is added from here on moves it.
      const item = await table.get(rollKey);
      const roll = { version: Number(item?.version ?? 0), newest: (item?.newest ?? []) as string[] };
      const ids = new Set([...roll.newest, ...(await idsOf(null))]);
      for await (const { finId } of queryAll(table, { hash: 'PARTIES', index: 'GSI1' }))
        for (const id of await idsOf(String(finId))) ids.add(id);
      return { people: await personsOf([...ids]), roll };
    },
    async byAddress(email) {
      const ids: string[] = [];
      for await (const item of queryAll(table, { hash: addressKey(email), consistent: true }))
        ids.push(item.sk);
      return personsOf(ids);
    },
  };
}

export function personWrite(sealer: Sealer, person: Person, proofs: readonly string[]): Promise<SealedWrite> {
  const beside = { gsi1pk: peopleOf(person.participant), gsi1sk: `${person.office}#${person.personId}` };
  return sealedWrite(sealer, personKey(person.personId), person, proofs, beside);
}

export function rollWrite({ version, newest }: Roll, joined: readonly string[]): Write {
  const put = { ...rollKey, version: version + 1, newest: [...joined, ...newest].slice(0, newestKept) };
  return { put, when: version === 0 ? absent() : equals('version', version) };
}

export function samePersonCheck({ personId, version }: Person): Write {
  return { check: personKey(personId), when: equals('version', version) };
}

/** The contact is bound by the digests in the sealed record, so it needs no seal of its own. */
export function contactWrites(contact: Contact): Write[] {
  return [
    { put: { ...itemOf(contact), ...contactKey(contact.personId) } },
    { put: { pk: addressKey(contact.email), sk: contact.personId } },
  ];
}

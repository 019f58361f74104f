// Where does a mailed link lead? An item under the hash of its id; whoever reads the table cannot make a link of it.

import { type Link, linkHash } from '../../core/people/link.ts';
import type { Links } from '../../core/people/ports.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { absent, type Key, type Table } from './table.ts';

const linkKey = (hash: string): Key => ({ pk: `LINK#${hash}`, sk: 'LINK' });

export function links(table: Table): Links {
  return {
    async put(linkId, link) {
      await table.write({ put: { ...itemOf(link), ...linkKey(linkHash(linkId)!) }, when: absent() });
    },
    async find(linkId) {
      const hash = linkHash(linkId);
      const item = hash && (await table.get(linkKey(hash)));
      return item ? recordOf<Link>(withoutKeys(item), ['createdAt', 'expiresAt']) : undefined;
    },
  };
}

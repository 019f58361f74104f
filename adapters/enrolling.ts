// Who is this participant when it enrols, and which apoderados may hold its certificates? The same questions at the
// network's door and at a payout operator's, over the node's own sealed records.

import type { CertificationPath } from '../core/certificate/path.ts';
import { freezingSources, pathSources } from '../core/certificate/revocation/path-sources.ts';
import type { KnownApoderado } from '../core/enrolment/admission.ts';
import type { Party } from '../core/people/party.ts';
import { taxIdDigest } from '../core/people/person.ts';
import type { TrustInForce } from '../core/trust.ts';
import { absent, any, ConditionFailed, compare, type Table } from './dynamodb/table.ts';
import type { NodeTrust } from './node-trust.ts';

export function enrolling(table: Table, { parties, people }: Pick<NodeTrust, 'parties' | 'people'>) {
  const suspended = (finId: string) => parties.frozen(finId);
  return {
    suspended,
    /** Undefined for a node: its key signs for the node, and was never confirmed to pay or enrol for its company. */
    async participant(finId: string) {
      const party = await parties.party(finId);
      if (party?.kind !== 'participant') return undefined;
      return { ...party, hosts: hostsOf(party), suspended: await suspended(finId) };
    },
    async apoderados(participant: string): Promise<readonly KnownApoderado[]> {
      const holders = await people.holders(participant);
      const known = holders.filter(
        (one) => one.office === 'apoderado' && one.state === 'active' && one.power,
      );
      const contacts = await Promise.all(known.map((person) => people.contact(person)));
      return known.flatMap((person, i) => {
        const contact = contacts[i];
        if (!contact || !person.power) return [];
        return [
          {
            personId: person.personId,
            powerFrom: person.power.from,
            powerUntil: person.power.until,
            isHolder: (type: string, taxId: string) =>
              person.taxIdType === type && taxIdDigest(taxId, contact.salt) === person.taxIdDigest,
          },
        ];
      });
    },
    /** S29: one counter per participant and day; the write that would pass the limit fails. */
    async countUnsigned(participant: string, now: Date, limit: number): Promise<boolean> {
      const day = now.toISOString().slice(0, 10);
      try {
        await table.write({
          update: { pk: `RATE#ENROL#${participant}#${day}`, sk: 'COUNT' },
          change: { add: { count: 1 }, set: { expiresAt: Math.floor(now.getTime() / 1000) + 2 * 86_400 } },
          when: any(absent('count'), compare('count', '<', limit)),
        });
        return true;
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
    },
    sourcesOf,
  };
}

/** `transport` certificates may name these hosts; a participant without any is known by its tax id alone. */
function hostsOf(party: Party): readonly string[] {
  return 'hosts' in party ? (party as Party & { hosts: readonly string[] }).hosts : [];
}

/** Names of the sources by which the sweep will ask about this path, and on which its payouts depend. */
export function sourcesOf(path: CertificationPath, profiles: TrustInForce['profiles']): readonly string[] {
  return freezingSources(pathSources(path, profiles.get(path.anchor.pscProfile ?? '')));
}

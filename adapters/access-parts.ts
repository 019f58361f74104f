// What do the functions stand on that change a participant's access: renew-api-key and register-webhook? The same
// signed message, people to tell, idempotency and store, over the parts of the node.

import { Refusal } from '../core/errors.ts';
import { verifySender } from '../core/message/sender.ts';
import type { SignedActPorts } from '../core/message/signed-act.ts';
import type { Party } from '../core/people/party.ts';
import { type AccessStore, accessStore } from './dynamodb/access.ts';
import { type ApiKeys, apiKeys } from './dynamodb/api-keys.ts';
import { operatorRows } from './dynamodb/enrolment-items.ts';
import { idempotency } from './dynamodb/idempotency.ts';
import { type Webhooks, webhooks } from './dynamodb/webhooks.ts';
import type { NodeParts } from './node-parts.ts';
import { type NodeTrust, nodeTrust } from './node-trust.ts';

export interface AccessPorts {
  readonly trust: NodeTrust;
  readonly keys: ApiKeys;
  readonly webhooks: Webhooks;
  readonly store: AccessStore;
  readonly idempotent: { readonly store: ReturnType<typeof idempotency>; readonly clock: NodeParts['clock'] };
  /** The party with the people who are told of every change of its access (S12). */
  partyAndPeople(finId: string): Promise<(Party & { readonly people: readonly string[] }) | undefined>;
  readonly verify: SignedActPorts['verify'];
  readonly rows: SignedActPorts['rows'];
}

export function accessParts(parts: NodeParts): AccessPorts {
  const trust = nodeTrust(parts);
  const keys = apiKeys(parts.table, parts.sealer);
  const hooks = webhooks(parts.table, parts.sealer);
  return {
    trust,
    keys,
    webhooks: hooks,
    store: accessStore({ table: parts.table, keys, webhooks: hooks, announce: parts.announce }),
    idempotent: { store: idempotency(parts.table), clock: parts.clock },
    async partyAndPeople(finId) {
      const party = await trust.parties.party(finId);
      if (!party) return undefined;
      // M8: while the flag stands, nothing of the participant is accepted but what ends something.
      if (await trust.parties.frozen(finId)) throw new Refusal('PARTICIPANT_SUSPENDED');
      const holders = party.kind === 'participant' ? await trust.people.holders(finId) : [];
      const active = holders.filter(({ state, office }) => state === 'active' && office !== 'auditor');
      return { ...party, people: active.map(({ personId }) => personId) };
    },
    async verify(received, expected) {
      const { certificate } = await verifySender(trust, received, expected);
      return certificate;
    },
    rows: (enrolmentId) => operatorRows(parts.table, enrolmentId),
  };
}

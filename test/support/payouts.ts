// A participant with an active signing certificate, a network node over one table, and messages of payouts in the
// published clients' own spelling: what a test of payouts stands on.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { certificateItem } from '../../adapters/dynamodb/certificate-items.ts';
import { chainItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { leastAnchorsWrite } from '../../adapters/dynamodb/least-anchors.ts';
import { partyWrite } from '../../adapters/dynamodb/parties.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { payoutSettingsWrite } from '../../adapters/dynamodb/payout-settings.ts';
import { payoutStore } from '../../adapters/dynamodb/payouts.ts';
import { sourceKey, thawedSources } from '../../adapters/dynamodb/revocation-sources.ts';
import { senderFacts } from '../../adapters/dynamodb/sender-facts.ts';
import type { LargeBytes } from '../../adapters/dynamodb/sent-messages.ts';
import { clearedWrite } from '../../adapters/dynamodb/suspensions.ts';
import type { StoredItem, Table } from '../../adapters/dynamodb/table.ts';
import { requirePayoutShape } from '../../adapters/http/payouts.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { ProvedPaths } from '../../core/certificate/usable.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import type { PayoutSettings } from '../../core/payout/admission.ts';
import type { Party } from '../../core/people/party.ts';
import { chainProver } from '../../core/trust.ts';
import { admitPayout } from '../../functions/admit-payout/admit-payout.ts';
import { type Authority, type Issued, makeAuthority, someHolder } from './certificates.ts';
import { signedBy } from './enrolment.ts';
import { testQueues } from './queue.ts';

export const network = { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' };
export const now = new Date('2026-06-01T15:00:00Z');
export const debtor = 'FINTECH_CL';
export const bank = 'BANCO_CL';
export const otherBank = 'OTRO_BANCO_CL';
const source = createHash('sha256').update('http://psc.example/crl').digest('hex');

export const fintech: Party = {
  finId: debtor,
  finIdSchema: 'SHINKANSEN',
  kind: 'participant',
  name: 'Fintech SpA',
  country: 'CL',
  taxId: '76111111-6',
  timeZone: 'America/Santiago',
  locale: 'es',
  mTLS: 'optional',
  rule: 'any',
  officerConfirmation: 'always',
  payoutOperators: [bank, otherBank],
  apiUrl: null,
  pinnedCertificate: null,
  version: 1,
};

export interface PayoutOptions {
  readonly id?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly operator?: string | null;
  readonly debtorAccount?: string;
  readonly creditor?: string;
  readonly account?: string;
  readonly schema?: string;
  readonly executionDate?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export function somePayout(options: PayoutOptions = {}): Record<string, unknown> {
  const { operator = bank, creditor = '22222222-2', account = '123' } = options;
  return {
    transaction_type: 'payout',
    transaction_id: options.id ?? randomUUID(),
    currency: options.currency ?? 'CLP',
    amount: options.amount ?? '1000',
    description: 'Pago',
    execution_date: options.executionDate ?? now.toISOString(),
    debtor: {
      name: 'Fintech SpA',
      identification: { id_schema: 'CLID', id: '76111111-6' },
      ...(operator && { financial_institution: { fin_id: operator, fin_id_schema: 'SHINKANSEN' } }),
      account: options.debtorAccount ?? '4242424242',
      account_type: 'current_account',
      email: 'team@fintech.example',
    },
    creditor: {
      name: 'Acreedor Ficticio',
      identification: { id_schema: options.schema ?? 'CLID', id: creditor },
      financial_institution: { fin_id: 'OTRO_BANCO_CL', fin_id_schema: 'SHINKANSEN' },
      account,
      account_type: 'cash_account',
      email: 'acreedor@example.com',
    },
    ...options.more,
  };
}

export interface MessageOptions {
  readonly messageId?: string;
  readonly creationDate?: Date;
  readonly sender?: string;
  readonly receiver?: string;
  readonly payouts?: readonly PayoutOptions[];
}

/** Separators as Python's json.dumps writes them. */
export function payoutMessage(options: MessageOptions = {}): Uint8Array {
  const institution = (finId: string) => ({ fin_id: finId, fin_id_schema: 'SHINKANSEN' });
  const message = {
    document: {
      header: {
        sender: institution(options.sender ?? debtor),
        receiver: institution(options.receiver ?? network.finId),
        message_id: options.messageId ?? randomUUID(),
        creation_date: (options.creationDate ?? now).toISOString().replace('Z', '000+00:00'),
      },
      transactions: (options.payouts ?? [{}]).map(somePayout),
    },
  };
  return Buffer.from(JSON.stringify(message, null, 1).replace(/\n\s*/g, ' '));
}

export function memoryLarge(): LargeBytes & { readonly objects: Map<string, Uint8Array> } {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    async put(sha256, bytes) {
      objects.set(sha256, bytes);
    },
    async get(sha256) {
      return objects.get(sha256)!;
    },
  };
}

export interface WorldOptions {
  readonly table?: Table;
  /** Of a node that stands already. */
  readonly sealer?: ReturnType<typeof memorySealer>;
  readonly clock?: ReturnType<typeof memoryClock>;
  readonly root?: Authority;
  readonly settings?: PayoutSettings;
  readonly status?: Partial<CertificateStatus>;
  readonly party?: Partial<Party>;
  /** The participant's certificate; a new one when absent. */
  readonly leaf?: Issued;
}

let sharedRoot: Authority | undefined;

/** What was enrolled and set, in the table, sealed; and the network's ports over it. */
export async function payoutWorld(options: WorldOptions = {}) {
  sharedRoot ??= makeAuthority({ name: 'Raiz de pagos' });
  const root = options.root ?? sharedRoot;
  const items = new Map<string, StoredItem>();
  const table = options.table ?? memoryTable(items);
  const sealer = options.sealer ?? memorySealer(memoryLog());
  const clock = options.clock ?? memoryClock(now.toISOString());
  const queues = testQueues();
  const large = memoryLarge();
  const leaf = options.leaf ?? root.issue({ holder: someHolder });
  await enrol(table, sealer, leaf, root, options);
  const trust = {
    inForce: async () => ({
      version: 1,
      anchors: [{ certificate: parseCertificate(root.der) }],
      profiles: new Map(),
    }),
  };
  const chains = chainProver(trust as never, {
    chainOf: async (thumbprint) =>
      (await table.get({ pk: `CHAIN#${thumbprint}`, sk: 'CHAIN' }))?.path as readonly Uint8Array[],
  });
  const thawed = thawedSources(table);
  const ports = {
    clock,
    ids: memoryIds('PAY'),
    node: network,
    proved: new ProvedPaths(),
    payouts: payoutStore({
      table,
      large,
      announce: async (entries) => {
        await queues.announce(entries);
      },
    }),
    facts: senderFacts(table, sealer),
    prove: chains.prove,
    requireThawed: ({ status }: { readonly status: CertificateStatus }, at: Date) => thawed(status, at),
    seed: () => randomBytes(16),
    requireShape: requirePayoutShape,
  };
  const caller = { participant: debtor, keyId: 'K1' };
  const send = async (message: MessageOptions | Uint8Array = {}, by: Issued = leaf) => {
    const body = message instanceof Uint8Array ? message : payoutMessage(message);
    return admitPayout(ports, { body, signature: await signedBy(by, body), caller });
  };
  return {
    table,
    items,
    sealer,
    clock,
    queues,
    large,
    leaf,
    root,
    ports,
    caller,
    send,
    reader: payoutReader(table),
  };
}

async function enrol(
  table: Table,
  sealer: ReturnType<typeof memorySealer>,
  leaf: Issued,
  root: Authority,
  options: WorldOptions,
): Promise<void> {
  const status: CertificateStatus = {
    thumbprint: leaf.thumbprint,
    keyThumbprint: 'key',
    participant: debtor,
    enrolmentId: 'ENR1',
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: parseCertificate(leaf.der).notAfter,
    acceptingOperators: [bank, otherBank],
    sources: [source],
    anchor: root.thumbprint,
    activatedAt: new Date('2026-05-01T00:00:00Z'),
    ...options.status,
  };
  const party = await partyWrite(sealer, { ...fintech, ...options.party }, []);
  const anchors = await leastAnchorsWrite(sealer, 1, []);
  const settings = options.settings
    ? [(await payoutSettingsWrite(sealer, debtor, options.settings, 1, [])).write]
    : [];
  await table.transact([
    { put: (await certificateItem(status, sealer, 1, [])).item },
    { put: chainItem(leaf.thumbprint, leaf.chain.slice(0, -1)) },
    party.write,
    (await clearedWrite(sealer, { participant: debtor, at: status.activatedAt }, [])).write,
    anchors.write,
    ...settings,
    { put: swept(now) },
  ]);
}

/** The revocation source of the certificate, as a sweep of that time leaves it. */
export function swept(at: Date): StoredItem {
  return {
    ...sourceKey(source),
    kind: 'crl',
    since: '2026-05-01T00:00:00.000Z',
    thisUpdate: at.toISOString(),
    nextUpdate: new Date(at.getTime() + 24 * 3_600_000).toISOString(),
    lastGoodFetch: at.toISOString(),
    lastAttempt: at.toISOString(),
  };
}

/** Codes of what was refused, or what became of it. */
export function codesOf(outcome: Awaited<ReturnType<typeof admitPayout>>): readonly string[] {
  return outcome.outcome === 'REFUSED' ? outcome.refusals.map(({ code }) => code) : [outcome.outcome];
}

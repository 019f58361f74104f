// One node's people in memory: the real adapters over the table's twin, the real function that checks factors, a key
// made for this run. A test moves the clock and reads what was written.

import { randomBytes } from 'node:crypto';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { factors, failures } from '../../adapters/dynamodb/factors.ts';
import { invitations } from '../../adapters/dynamodb/invitations.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { passkeyChallenges } from '../../adapters/dynamodb/passkey-challenges.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { sessions, signInCodes } from '../../adapters/dynamodb/sessions.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import type { StoredItem, Table } from '../../adapters/dynamodb/table.ts';
import { taskTokens } from '../../adapters/dynamodb/task-tokens.ts';
import { memoryCipher } from '../../adapters/memory/cipher.ts';
import { memoryClock, memoryIds } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { type Link, newLinkId } from '../../core/people/link.ts';
import type { Party } from '../../core/people/party.ts';
import type { PasskeyRegistration } from '../../core/people/passkey-registration.ts';
import { hashPassword } from '../../core/people/password.ts';
import type { Person } from '../../core/people/person.ts';
import type { Proof } from '../../core/people/proof.ts';
import type {
  NewPasskeyQuestion,
  PasskeyCeremonies,
  PasskeyQuestion,
  SecondFactor,
} from '../../core/people/second-factor.ts';
import { newTotpSecret, totpAt } from '../../core/people/totp.ts';
import { checkFactor } from '../../functions/check-factor/check-factor.ts';
import { answerTo } from '../../functions/check-factor/input.ts';
import { aContact, aPerson, aSubject, hours, noon } from './people.ts';

export const password = 'tres gatos miran la lluvia';
/** scrypt is slow on purpose; a hash carries its own cost, so that tests need not be. */
export const cheap = { N: 16, r: 1, p: 1 };
const passwordHash = hashPassword(password, randomBytes(16), cheap);

export const aParty: Party = {
  finId: 'AURORA',
  finIdSchema: 'SHINKANSEN',
  kind: 'participant',
  name: 'Fintech Aurora',
  country: 'CL',
  taxId: '76.123.456-0',
  timeZone: 'America/Santiago',
  locale: 'es',
  mTLS: 'optional',
  rule: 'any',
  officerConfirmation: 'always',
  payoutOperators: ['PUERTO'],
  apiUrl: null,
  pinnedCertificate: null,
  version: 1,
};

export function anEnrolment(change: Partial<Enrolment> = {}): Enrolment {
  return {
    id: aSubject.enrolment_id,
    role: 'payoutOperator',
    sources: [],
    participant: 'AURORA',
    receivedFrom: 'SHINKANSEN',
    thumbprint: aSubject.thumbprint as Enrolment['thumbprint'],
    keyThumbprint: 'k'.repeat(43),
    use: 'signing',
    reason: aSubject.reason,
    messageId: 'm1',
    creationDate: noon,
    apiKeyId: 'key1',
    pscName: aSubject.psc,
    serialNumber: '4B910E7C',
    notBefore: hours(-24),
    notAfter: hours(24 * 365),
    networkStatus: 'pending',
    validity: 'valid',
    steps: [],
    createdAt: noon,
    version: 1,
    ...change,
  };
}

export function aWorld() {
  const items = new Map<string, StoredItem>();
  const table: Table = memoryTable(items);
  const clock = memoryClock(noon.toISOString());
  const ids = memoryIds();
  const log = memoryLog();
  const sealer = memorySealer(log);
  const cipher = memoryCipher();
  const factorSigner = memoryP256Signer('test-factor');
  const announced: OutboxEntry[] = [];
  const announce = async (entries: readonly OutboxEntry[]) => {
    announced.push(...entries);
  };
  const enrolments = new Map<string, Enrolment>();
  const secrets = new Map<string, string>();
  const stores = {
    people: people(table, sealer),
    parties: parties(table, sealer),
    decisions: decisions(table, announce),
    tokens: taskTokens(table, cipher),
    links: links(table),
    invitations: invitations(table, sealer),
    factors: factors(table, sealer),
    failures: failures(table),
    acts: acts(table, announce),
    sessions: sessions(table),
    signInCodes: signInCodes(table),
    ledger: ledger(table, sealer, announce),
    disables: disableStore(table, announce),
    suspensions: suspensions(table, announce),
  };
  const checking = {
    ...stores,
    clock,
    factorSigner,
    node: 'PUERTO',
    rpId: 'pages.test',
    challenges: passkeyChallenges(table),
    passwordFallback: 'allowed' as 'allowed' | 'off',
    decryptSecret: (encrypted: string, personId: string) => cipher.decrypt(encrypted, { personId }),
  };
  const secondFactor: SecondFactor = {
    prove: async (question) => (await checkFactor(checking, question)) as Proof<typeof question.statement>,
  };
  const passkeys: PasskeyCeremonies = {
    ask: (question) => answerTo(checking, { ask: 'passkey', ...question }) as Promise<PasskeyQuestion>,
    askNew: (question) =>
      answerTo(checking, { ask: 'newPasskey', ...question }) as Promise<NewPasskeyQuestion>,
    register: (answer) => answerTo(checking, { ask: 'register', ...answer }) as Promise<PasskeyRegistration>,
  };

  async function addPerson(
    change: Partial<Person> & { personId: string },
    withFactor = true,
  ): Promise<Person> {
    const person = aPerson(change);
    const grants: Parameters<typeof stores.ledger.commit>[0][number][] = [
      { noun: 'person', person },
      { noun: 'contact', contact: aContact(person.personId) },
    ];
    if (withFactor) {
      const secret = newTotpSecret(randomBytes(20));
      secrets.set(person.personId, secret);
      const totpSecretEncrypted = await cipher.encrypt(secret, { personId: person.personId });
      const factor = {
        personId: person.personId,
        passwordHash,
        totpSecretEncrypted,
        setAt: noon,
        version: 1,
      };
      grants.push({ noun: 'factor', factor });
    }
    await stores.ledger.commit(grants, [], { evidence: [], outbox: [] });
    return person;
  }

  return {
    ...stores,
    items,
    table,
    clock,
    ids,
    log,
    sealer,
    cipher,
    factorSigner,
    announced,
    announce,
    enrolments,
    secondFactor,
    passkeys,
    checking,
    addPerson,
    addParty: (party: Party = aParty) =>
      stores.ledger.commit([{ noun: 'party', party }], [], { evidence: [], outbox: [] }),
    totp: (personId: string) => totpAt(secrets.get(personId)!, clock.now()),
    attempt: (personId: string) => ({
      method: 'password+totp' as const,
      password,
      totp: totpAt(secrets.get(personId)!, clock.now()),
    }),
    async linkTo(target: Link['target'], expiresAt = hours(24 * 33)): Promise<string> {
      const id = newLinkId(randomBytes(20));
      await stores.links.put(id, { target, createdAt: clock.now(), expiresAt });
      return id;
    },
    enrolmentStore: { find: async (id: string) => enrolments.get(id) },
    /** Evidence kinds in the order they were written. */
    evidence: () =>
      [...items.values()]
        .filter(({ pk }) => pk.startsWith('EVIDNEW#'))
        .map((item) => item.record as { kind: string; facts: Record<string, unknown> }),
    outbox: (kind?: string) => announced.filter((entry) => !kind || entry.kind === kind),
    snapshot: () => JSON.stringify([...items].filter(([name]) => !name.includes('RATE#'))),
  };
}

export type World = ReturnType<typeof aWorld>;

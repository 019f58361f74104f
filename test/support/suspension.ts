// A node in memory whose participant can be suspended: its people with factors, its API keys, certificates in any state,
// the emergency pages as a browser meets them, and what follows by itself.

import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { factors, failures } from '../../adapters/dynamodb/factors.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { passkeyChallenges } from '../../adapters/dynamodb/passkey-challenges.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { type PageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { memoryCipher } from '../../adapters/memory/cipher.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { grantApiKey, makeApiKey } from '../../core/api-key.ts';
import { hashPassword } from '../../core/people/password.ts';
import type { Person } from '../../core/people/person.ts';
import type { Proof } from '../../core/people/proof.ts';
import type { PasskeyCeremonies, PasskeyQuestion, SecondFactor } from '../../core/people/second-factor.ts';
import { newTotpSecret, totpAt } from '../../core/people/totp.ts';
import { checkFactor } from '../../functions/check-factor/check-factor.ts';
import { answerTo } from '../../functions/check-factor/input.ts';
import {
  type FollowSuspensionInput,
  followSuspension,
} from '../../functions/follow-suspension/follow-suspension.ts';
import { serveSuspension } from '../../functions/serve-suspension/serve-suspension.tsx';
import { disableStand } from './disable.ts';
import { fintech } from './enrolment.ts';
import { aContact, aPerson, nonce } from './people.ts';
import { cheap, password } from './people-world.ts';

const token = 'A'.repeat(27);
export const origin = 'https://pages.test';
const passwordHash = hashPassword(password, randomBytes(16), cheap);

export interface Visit {
  readonly method?: string;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly source?: string;
}

/** @param base where certificates stand; a sweep's, for what a PSC says */
export async function suspensionStand(
  role: 'network' | 'payoutOperator' = 'network',
  base = disableStand(role),
) {
  const { table, sealer, clock, queues } = base;
  const nodeFinId = role === 'network' ? 'SHINKANSEN' : 'BANCO_CL';
  const announce = async (entries: Parameters<typeof queues.announce>[0]) => {
    await queues.announce(entries);
  };
  const cipher = memoryCipher();
  const factorSigner = memoryP256Signer('test-factor');
  const secrets = new Map<string, string>();
  const alarms: string[] = [];
  const storesOver = (over: Table) => ({
    people: people(over, sealer),
    parties: base.ports.parties,
    links: links(over),
    factors: factors(over, sealer),
    failures: failures(over),
    apiKeys: apiKeys(over, sealer),
    ledger: ledger(over, sealer, announce),
    suspensions: suspensions(over, announce),
    disables: disableStore(over, announce),
  });
  const stores = storesOver(table);
  const checking = {
    ...stores,
    clock,
    factorSigner,
    node: nodeFinId,
    rpId: 'pages.test',
    challenges: passkeyChallenges(table),
    passwordFallback: 'allowed' as const,
    decryptSecret: (encrypted: string, personId: string) => cipher.decrypt(encrypted, { personId }),
  };
  const secondFactor: SecondFactor = {
    prove: async (question) => (await checkFactor(checking, question)) as Proof<typeof question.statement>,
  };
  const passkeys: Pick<PasskeyCeremonies, 'ask'> = {
    ask: (question) => answerTo(checking, { ask: 'passkey', ...question }) as Promise<PasskeyQuestion>,
  };
  const serving = {
    ...stores,
    clock,
    ids: base.ports.ids,
    role,
    nodeFinId,
    door: { origin, nodeFinId },
    nodeName: 'Red de Prueba',
    timeZone: 'America/Santiago',
    secondFactor,
    passkeys,
    passwordFallback: 'allowed' as 'allowed' | 'off',
    nonce,
    random: (bytes: number) => randomBytes(bytes),
  };
  const following = { ...serving, alarm: (participant: string) => void alarms.push(participant) };

  async function addPerson(change: Partial<Person> & { personId: string }): Promise<void> {
    const { personId } = change;
    const secret = newTotpSecret(randomBytes(20));
    secrets.set(personId, secret);
    const totpSecretEncrypted = await cipher.encrypt(secret, { personId });
    const factor = { personId, passwordHash, totpSecretEncrypted, setAt: clock.now(), version: 1 };
    const person = aPerson({ participant: fintech.finId, ...change });
    const power = person.power && { from: new Date('2026-01-01T00:00:00Z'), until: person.power.until };
    const grants = [
      { noun: 'person' as const, person: { ...person, power } },
      { noun: 'contact' as const, contact: aContact(personId) },
      { noun: 'factor' as const, factor },
    ];
    await stores.ledger.commit(grants, [], { evidence: [], outbox: [] });
  }

  async function addKey(keyId: string): Promise<void> {
    const grant = grantApiKey(
      { key: makeApiKey('local', randomBytes(32)), keyId, participant: fintech.finId },
      clock.now(),
    );
    const ring = await stores.apiKeys.heldBy(fintech.finId);
    await stores.ledger.commit([{ noun: 'apiKey', grant, ring }], [], { evidence: [], outbox: [] });
  }

  function eventOf(target: string, visit: Visit): APIGatewayProxyEvent {
    const url = new URL(target, origin);
    const [, , link] = url.pathname.split('/');
    const { form, headers, source = '192.0.2.1' } = visit;
    return {
      httpMethod: visit.method ?? (form ? 'POST' : 'GET'),
      path: url.pathname,
      pathParameters: link === undefined ? null : { proxy: link },
      queryStringParameters: Object.fromEntries(url.searchParams),
      headers: {
        cookie: `__Host-apodera-form-${nodeFinId.replace('_', '')}=${token}`,
        'accept-language': 'es-CL',
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin }),
        ...headers,
      },
      body: form ? new URLSearchParams({ form_token: token, ...form }).toString() : null,
      isBase64Encoded: false,
      requestContext: { identity: { sourceIp: source }, requestId: 'req-1' },
    } as unknown as APIGatewayProxyEvent;
  }

  const visit = (target: string, how: Visit = {}): Promise<PageAnswer> =>
    serveSuspension(serving, readPageRequest(eventOf(target, how)));
  /** Steps of the authenticator count once: each attempt is given its own half minute. */
  const totp = (personId: string) => {
    clock.advance(30);
    return totpAt(secrets.get(personId)!, clock.now());
  };
  const follow = (moment: FollowSuspensionInput['moment'], suspensionId: string) =>
    followSuspension(following, { participant: fintech.finId, suspensionId, moment });

  await addPerson({ personId: 'OFFICER', office: 'securityOfficer' });
  await addPerson({ personId: 'APODERADO' });
  await addPerson({ personId: 'OPERATOR', office: 'nodeOperator', participant: null });

  return {
    ...base,
    ...stores,
    serving,
    following,
    /** The same stores over a table that may die. */
    storesOver,
    alarms,
    factorSigner,
    addPerson,
    addKey,
    visit,
    totp,
    follow,
    secondFactor,
    /** The first word, on the page. */
    suspendAs: (personId: string, more: Visit = {}) => {
      const form = { email: `${personId}@example.com`, password, totp: totp(personId), cause: 'keysTaken' };
      return visit('/suspension', { ...more, form: { ...form, ...more.form } });
    },
    /** The second word, behind a link of this person's. */
    async say(personId: string, word: 'confirm' | 'dispute', more: Visit = {}) {
      const target = await linkOf(personId);
      return visit(target, { ...more, form: { word, password, totp: totp(personId), ...more.form } });
    },
    linkOf,
    standing: () => stores.suspensions.find(fintech.finId),
    /** Kinds of what is to be told, in the order in which it was written. */
    told: () => queues.announced.map(({ id }) => id.split('.').slice(0, 2).join('.')),
  };

  /** What the mail to this person holds. */
  async function linkOf(personId: string): Promise<string> {
    const suspension = (await stores.suspensions.find(fintech.finId))!;
    const linkId = nonce() as Parameters<typeof stores.links.put>[0];
    const target = {
      kind: 'suspension',
      participant: fintech.finId,
      suspensionId: suspension.id,
      personId,
    } as const;
    const expiresAt = new Date(clock.now().getTime() + 30 * 86_400_000);
    await stores.links.put(linkId, { target, createdAt: clock.now(), expiresAt });
    return `/suspension/${linkId}`;
  }
}

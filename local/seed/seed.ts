// What stands in a fresh local network? Node operators, trust anchors, two nodes that know each other, two participants
// with their people: all of it made through the same doors and acts as in production, none of it written to a table.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeManifest } from '../../core/certificate/anchors.ts';
import type { VirtualClock } from '../clock.ts';
import { callJson } from '../endpoints/call.ts';
import type { Laptop, Node } from '../laptop.ts';
import type { HolderInput } from '../psc/layouts.ts';
import type { TestPsc } from '../psc/test-psc.ts';
import { Administration, type NewPerson, type Once } from './administration.ts';
import { nodeIdentities, operatorsOf, type ParticipantSeed, participants } from './cast.ts';
import { Persona } from './persona.ts';

export interface SeededPerson {
  readonly node: string;
  readonly office: string;
  readonly participant: string | null;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** Base32, for an authenticator app. */
  readonly totp: string;
}

export interface SeededParticipant {
  readonly finId: string;
  readonly name: string;
  /** Each node gives its own. */
  readonly apiKeys: { readonly network: string; readonly operator: string };
  readonly officer: string;
  readonly apoderado: string;
  /** Whom the test PSC has to name in a signing certificate. */
  readonly holder: HolderInput;
}

export interface Seed {
  readonly people: readonly SeededPerson[];
  readonly participants: readonly SeededParticipant[];
}

export interface SeedParts {
  readonly laptop: Laptop;
  readonly psc: TestPsc;
  readonly clock: VirtualClock;
  readonly dataFolder: string;
  /** Hears what is being done, in the present tense. */
  readonly tell?: ((line: string) => void) | undefined;
}

/** One for all people of the laptop: it protects nothing. */
const password = 'montaña azul camina despacio';
const fileOf = (dataFolder: string) => join(dataFolder, 'seed.json');

export function readSeed(dataFolder: string): Seed | undefined {
  const file = fileOf(dataFolder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Seed) : undefined;
}

const markOf = (dataFolder: string) => join(dataFolder, 'seeding');

/** False while a seed is at work, and after one that was interrupted. */
export function seedingEnded(dataFolder: string): boolean {
  return !existsSync(markOf(dataFolder));
}

export async function seed(parts: SeedParts): Promise<Seed> {
  const around = { mail: parts.laptop.mail, clock: parts.clock };
  const [network, operator] = parts.laptop.nodes.map(
    (node) => new Administration(parts.laptop, node, around, password),
  ) as [Administration, Administration];
  mkdirSync(parts.dataFolder, { recursive: true });
  writeFileSync(markOf(parts.dataFolder), '');
  const tell = parts.tell ?? (() => undefined);
  for (const node of [network, operator]) {
    tell(`${node.node.name}: three node operators set their factors, two sign the trust anchors`);
    await open(node, parts);
  }
  tell('the two nodes pin each other’s certificate and exchange API keys');
  await introduce(network, operator, parts);
  const people: SeededPerson[] = [network, operator].flatMap(operatorsSeeded);
  const seeded: SeededParticipant[] = [];
  for (const participant of participants) {
    tell(`${participant.name}: security officer and apoderado are invited at both nodes`);
    const shown = await onboard(network, participant, [nodeIdentities.operator.finId], people);
    const there = await onboard(operator, participant, [], people);
    const { finId, name, holder } = participant;
    const emailOf = (office: string) => participant.people.find((one) => one.office === office)!.email;
    seeded.push({
      finId,
      name,
      apiKeys: { network: keyIn(shown), operator: keyIn(there) },
      officer: emailOf('securityOfficer'),
      apoderado: emailOf('apoderado'),
      holder,
    });
  }
  const result: Seed = { people, participants: seeded };
  writeFileSync(fileOf(parts.dataFolder), `${JSON.stringify(result, null, 2)}\n`, { mode: 0o600 });
  rmSync(markOf(parts.dataFolder));
  return result;
}

/** Node operators, and the anchors that everything else is proved against. */
async function open(node: Administration, { psc, clock }: SeedParts): Promise<void> {
  await node.bootstrap(operatorsOf(node.node.name));
  const manifest = writeManifest({
    version: 1,
    stage: 'local',
    issuedAt: clock.now(),
    anchors: psc.anchors,
    profiles: psc.profiles,
  });
  const parameters = { manifest: Buffer.from(manifest).toString('base64') };
  await node.act('anchors.change', parameters, 'Anclas de la PSC de prueba');
}

/** Each node pins its own certificate and the other's, and gives the other an API key. */
async function introduce(network: Administration, operator: Administration, parts: SeedParts): Promise<void> {
  const [first, second] = [await pinOf(network.node, parts), await pinOf(operator.node, parts)];
  for (const node of [network, operator]) {
    await node.act('peer.pin', first, 'Huella comparada por teléfono');
    await node.act('peer.pin', second, 'Huella comparada por teléfono');
  }
  await giveKey(network, operator);
  await giveKey(operator, network);
}

async function giveKey(from: Administration, to: Administration): Promise<void> {
  const [own, other] = [identityOf(from.node), identityOf(to.node)];
  const shown = await from.act('apiKey.issue', { participant: other.finId }, 'Primera clave entre nodos');
  await to.act(
    'peer.setApiKey',
    { fin_id: own.finId, api_key: keyIn(shown) },
    'Clave recibida del otro nodo',
  );
}

const keyIn = (shown: readonly Once[]) => shown.find(({ what }) => what === 'apiKey')!.secret;

const identityOf = (node: Node) => nodeIdentities[node.name as 'network' | 'operator'];

/** The node's message key lies in KMS; the test PSC certifies its public half. */
async function pinOf(node: Node, { laptop, psc }: SeedParts) {
  const identity = identityOf(node);
  const KeyId = node.stack.resource('MessageKey');
  const { PublicKey } = (await callJson(laptop.endpoints.url, 'kms', 'TrentService.GetPublicKey', {
    KeyId,
  })) as {
    PublicKey: string;
  };
  const issued = await psc.issue({
    holder: identity.holder,
    publicKey: Buffer.from(PublicKey, 'base64'),
    days: 730,
  });
  return {
    fin_id: identity.finId,
    fin_id_schema: identity.finIdSchema,
    kind: node.name === 'network' ? 'network' : 'payoutOperator',
    name: identity.name,
    country: 'CL',
    tax_id: identity.taxId,
    time_zone: 'America/Santiago',
    locale: 'es',
    api_url: node.apiOrigin,
    certificate_thumbprint: issued.thumbprint,
    certificate_chain: issued.chain.slice(0, 2).map((der) => Buffer.from(der).toString('base64')),
  };
}

async function onboard(
  node: Administration,
  participant: ParticipantSeed,
  payoutOperators: readonly string[],
  people: SeededPerson[],
): Promise<readonly Once[]> {
  const { finId, name, country, taxId, timeZone, locale } = participant;
  const profile = {
    fin_id: finId,
    fin_id_schema: 'SHINKANSEN',
    name,
    country,
    tax_id: taxId,
    time_zone: timeZone,
    locale,
    mtls: 'optional',
    rule: 'any',
    officer_confirmation: 'always',
    payout_operators: payoutOperators,
  };
  const invited = participant.people.map((person) => personOf(person, finId, node.around.clock));
  const shown = await node.act('participant.onboard', { profile, people: invited }, `Alta de ${name}`);
  for (const person of participant.people) {
    const persona = new Persona(person.email, node.around);
    const factors = await node.accept(persona, person.name, shown);
    people.push({
      node: node.node.name,
      office: person.office,
      participant: finId,
      name: person.name,
      email: person.email,
      password,
      totp: factors.totpSecret,
    });
  }
  const waiting = (await node.people(finId)).filter(({ state }) => state === 'unreleased');
  const release = { person_ids: waiting.map(({ person_id }) => person_id) };
  await node.act('person.release', release, `Personas de ${name} identificadas`);
  return shown;
}

function personOf(person: NewPerson, participant: string, clock: VirtualClock) {
  const from =
    person.office === 'apoderado' ? new Date(clock.now().getTime() - 3_600_000).toISOString() : null;
  return {
    office: person.office,
    participant,
    name: person.name,
    email: person.email,
    tax_id: person.taxId,
    tax_id_type: person.taxIdType,
    locale: person.locale,
    power_from: from,
    power_until: null,
  };
}

function operatorsSeeded(node: Administration): SeededPerson[] {
  return operatorsOf(node.node.name).map((person, at) => ({
    node: node.node.name,
    office: person.office,
    participant: null,
    name: person.name,
    email: person.email,
    password,
    totp: node.operators[at]!.factors!.totpSecret,
  }));
}

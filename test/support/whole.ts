// A running network of two nodes, as strangers meet it: machines over HTTP with an API key and a certificate, people
// through their mails and pages. Nothing here reads a table or calls a function.

import { constants, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import { signDetached } from '../../core/message/jws.ts';
import { parametersDigest, possessionStatement } from '../../core/message/possession.ts';
import { Administration } from '../../local/seed/administration.ts';
import { nodeIdentities, participants } from '../../local/seed/cast.ts';
import { Persona } from '../../local/seed/persona.ts';
import type { SeededParticipant } from '../../local/seed/seed.ts';
import { startWhole, type Whole } from '../../local/start.ts';
import type { SigningParty } from './signer.ts';

export type NodeName = 'network' | 'operator';
export type Issued = Awaited<ReturnType<Whole['psc']['issue']>>;

export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A certificate that the test PSC issued, with its key: what a participant's own system holds. */
export interface Holding extends Pick<SigningParty, 'sign' | 'certificateDer' | 'thumbprint'> {
  readonly issued: Issued;
  readonly privateKey: KeyObject;
  readonly use: 'signing' | 'transport';
}

export interface Submitted {
  readonly participant: SeededParticipant;
  readonly holding: Holding;
  readonly id: string;
  readonly code: string;
}

/** What travels between nodes arrives within this real time, on a busy machine too. */
const patienceMs = 90_000;

export async function aNetwork(buildFolder = '.cache/e2e'): Promise<Network> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-e2e-'));
  const whole = await startWhole({ dataFolder, buildFolder, ports: 'free' });
  // Where an hour passes, the minute's routines run once.
  whole.laptop.endpoints.scheduler.setGranularity(3600);
  return new Network(whole, dataFolder);
}

export class Network {
  readonly whole: Whole;
  readonly #dataFolder: string;
  readonly #personas = new Map<string, Persona>();

  constructor(whole: Whole, dataFolder: string) {
    this.whole = whole;
    this.#dataFolder = dataFolder;
  }

  async stop(): Promise<void> {
    await this.whole.stop();
    rmSync(this.#dataFolder, { recursive: true, force: true });
  }

  origin(node: NodeName, door: 'api' | 'pages'): string {
    const found = this.whole.laptop.nodes.find(({ name }) => name === node)!;
    return door === 'api' ? found.apiOrigin : found.pagesOrigin;
  }

  async ask(node: NodeName, path: string, init: RequestInit = {}): Promise<Heard> {
    const response = await fetch(this.origin(node, 'api') + path, init);
    const text = await response.text();
    const body = text.startsWith('{') ? (JSON.parse(text) as Heard['body']) : { text };
    return { status: response.status, headers: response.headers, body };
  }

  get(node: NodeName, participant: SeededParticipant, path: string): Promise<Heard> {
    return this.ask(node, path, { headers: { 'Shinkansen-Api-Key': participant.apiKeys[node] } });
  }

  /** @param body the exact bytes; signed where a certificate is given */
  async post(
    participant: SeededParticipant,
    path: string,
    body: Uint8Array,
    more: { readonly signer?: Holding; readonly headers?: Record<string, string> } = {},
  ): Promise<Heard> {
    const { signer, headers } = more;
    const signature = signer && (await signDetached(body, signer.certificateDer, signer));
    return this.ask('network', path, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: {
        'Shinkansen-Api-Key': participant.apiKeys.network,
        'Content-Type': 'application/json',
        ...(signature && { 'Shinkansen-JWS-Signature': signature }),
        ...headers,
      },
    });
  }

  /** `transport`: of the company, in Brazil. */
  async issue(participant: SeededParticipant, use: Holding['use'] = 'signing'): Promise<Holding> {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { taxId, name } = participants.find(({ finId }) => finId === participant.finId)!;
    const company = { kind: 'e-CNPJ', cnpj: taxId, companyName: name } as const;
    const { holder } = participant;
    const owner = use === 'transport' && holder.country === 'BR' ? { ...holder, ...company } : holder;
    // TLS goes by the machine's clock, which the network's may be ahead of.
    const early = use === 'transport' ? { notBefore: new Date(Date.now() - 3_600_000) } : {};
    const issued = await this.whole.psc.issue({ holder: owner, publicKey, use, ...early });
    const certificateDer = issued.chain[0]!;
    const thumbprint = issued.thumbprint as Holding['thumbprint'];
    return {
      issued,
      privateKey,
      use,
      certificateDer,
      thumbprint,
      sign: async (digest) => signPssDigest(privateKey, digest),
    };
  }

  envelope(participant: SeededParticipant, action: string, parameters: JsonObject): Uint8Array {
    return writeEnvelope(this.header(participant), { action, parameters });
  }

  header({ finId }: SeededParticipant) {
    const { network } = nodeIdentities;
    return {
      sender: { finId, finIdSchema: 'SHINKANSEN' },
      receiver: { finId: network.finId, finIdSchema: network.finIdSchema },
      messageId: randomUUID(),
      creationDate: this.whole.clock.now(),
    };
  }

  /** @param key absent: the certificate's own */
  enrolMessage(
    participant: SeededParticipant,
    { issued, privateKey, use }: Holding,
    key = privateKey,
  ): Uint8Array {
    const header = this.header(participant);
    const asked = {
      chain: issued.chain.map((der) => Buffer.from(der).toString('base64')),
      use,
      reason: 'primer certificado',
    };
    const statement = possessionStatement({
      thumbprint: issued.thumbprint,
      sender: header.sender.finId,
      receiver: header.receiver.finId,
      messageId: header.messageId,
      creationDate: header.creationDate.toISOString(),
      parametersSha256: parametersDigest(asked),
    });
    return writeEnvelope(header, {
      action: 'certificate.enrol',
      parameters: {
        ...asked,
        proof_of_possession: { alg: 'PS256', signature: pssOver(statement, key).toString('base64') },
      },
    });
  }

  async submit(
    participant: SeededParticipant,
    signer?: Holding,
    use: Holding['use'] = 'signing',
  ): Promise<Submitted> {
    const holding = await this.issue(participant, use);
    const body = this.enrolMessage(participant, holding);
    const heard = await this.post(participant, '/v1/certificates', body, signer ? { signer } : {});
    if (heard.status !== 202) throw new Error(`enrolment: ${heard.status} ${JSON.stringify(heard.body)}`);
    const { enrolment_id: id, confirmation_code: code } = heard.body;
    return { participant, holding, id: String(id), code: String(code) };
  }

  /** Steps 1 to 16, confirmed by everybody. */
  async enrolled(participant: SeededParticipant, signer?: Holding): Promise<Submitted> {
    const submitted = await this.submit(participant, signer);
    await this.decide('network', participant.officer, submitted.code);
    await this.decide('operator', participant.apoderado, submitted.code);
    await this.until(() => this.state('network', submitted), 'active');
    await this.until(() => this.state('operator', submitted), 'active');
    return submitted;
  }

  /** For TLS: the officer's word at the network alone. */
  async enrolledForTransport(participant: SeededParticipant): Promise<Submitted> {
    const submitted = await this.submit(participant, undefined, 'transport');
    await this.decide('network', participant.officer, submitted.code);
    await this.until(() => this.state('network', submitted), 'active');
    return submitted;
  }

  /** The person opens the next mailed link and decides. Gives the link. */
  async decide(node: NodeName, email: string, code: string, vote: 'confirm' | 'reject' = 'confirm') {
    const link = await this.taskLink(node, email);
    const { status } = await this.persona(email, node).decide(link, vote, code);
    if (status !== 303) throw new Error(`${email} at the ${node}: ${status}`);
    return link;
  }

  taskLink(node: NodeName, email: string): Promise<string> {
    return this.persona(email, node).nextLink(this.origin(node, 'pages'), '/tasks/');
  }

  async state(node: NodeName, { participant, holding }: Submitted): Promise<unknown> {
    const path = `/v1/certificates/${holding.thumbprint}`;
    return (await this.get(node, participant, path)).body.network_status;
  }

  /** `rejected, WITHDRAWN` */
  async ending(node: NodeName, { participant, id }: Submitted): Promise<string> {
    const { body } = await this.get(node, participant, `/v1/enrolments/${id}`);
    return `${body.network_status}, ${body.code}`;
  }

  /** Looks again until it is so. @throws Error with what was found instead */
  async until(look: () => Promise<unknown>, expected: unknown): Promise<void> {
    const end = performance.now() + patienceMs;
    let found = await look();
    while (found !== expected && performance.now() < end) {
      await pause(200);
      found = await look();
    }
    if (found !== expected) throw new Error(`expected "${expected}", found "${found}"`);
  }

  /** The node's operators, as they sign in and sign acts. */
  administration(node: NodeName): Administration {
    const { laptop, clock, seed } = this.whole;
    const found = laptop.nodes.find(({ name }) => name === node)!;
    const operators = seed.people.filter((one) => one.office === 'nodeOperator' && one.node === node);
    const around = { mail: laptop.mail, clock };
    const administration = new Administration(laptop, found, around, operators[0]!.password);
    administration.operators.push(...operators.map(({ email }) => this.persona(email, node)));
    return administration;
  }

  persona(email: string, node: NodeName): Persona {
    const name = `${node} ${email}`;
    const known = this.#personas.get(name);
    if (known) return known;
    const { laptop, clock, seed } = this.whole;
    const person = seed.people.find((one) => one.email === email && one.node === node);
    if (!person) throw new Error(`nobody has the address ${email} at the ${node}`);
    const factors = { password: person.password, totpSecret: person.totp };
    const persona = new Persona(email, { mail: laptop.mail, clock }, factors);
    this.#personas.set(name, persona);
    return persona;
  }
}

export function pssOver(bytes: Uint8Array, key: KeyObject): Buffer {
  return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
}

// What is told by `npm run demo`: each chapter acts through the doors as people and machines do, and verifies what
// became of it at both nodes through their APIs. A step that does not hold ends the demo with exit code 1.

import { constants, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { parametersDigest, possessionStatement } from '../../core/message/possession.ts';
import { askEdge } from '../edge/ask.ts';
import { nodeIdentities } from '../seed/cast.ts';
import { Persona } from '../seed/persona.ts';
import type { SeededParticipant } from '../seed/seed.ts';
import { heading } from '../seed/visitor.ts';
import type { Whole } from '../start.ts';
import type { Story } from './story.ts';

type NodeName = 'network' | 'operator';
type Answer = Record<string, unknown> & { readonly enrolment_id: string; readonly network_status: string };

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Submitted {
  readonly participant: SeededParticipant;
  readonly id: string;
  readonly thumbprint: string;
  readonly code: string;
  readonly issued: Issued;
  readonly key: KeyObject;
}

export class Chapters {
  readonly whole: Whole;
  readonly story: Story;
  readonly #personas = new Map<string, Persona>();

  constructor(whole: Whole, story: Story) {
    this.whole = whole;
    this.story = story;
  }

  /** Steps 1 to 16, confirmed by everybody. */
  async enrol(participant: SeededParticipant): Promise<Submitted> {
    const { story } = this;
    const submitted = await this.submit(participant);
    await this.officer(submitted, 'confirm');
    await this.apoderado(submitted, 'confirm');
    await story.verify('active at the network', () => this.state('network', submitted), 'active, valid');
    await story.verify(
      'active at the payout operator',
      () => this.state('operator', submitted),
      'active, valid',
    );
    return submitted;
  }

  async rejected(participant: SeededParticipant): Promise<void> {
    const { story } = this;
    const submitted = await this.submit(participant);
    await this.officer(submitted, 'confirm');
    await this.apoderado(submitted, 'reject');
    await story.verify(
      'rejected at the payout operator',
      () => this.ending('operator', submitted),
      'rejected, APODERADO_REJECTED',
    );
    await story.verify(
      'rejected at the network',
      () => this.ending('network', submitted),
      'rejected, OPERATORS_REJECTED',
    );
  }

  /** Virtual time: 73 hours in which nobody at the payout operator answers. */
  async unanswered(participant: SeededParticipant): Promise<void> {
    const { story, whole } = this;
    const submitted = await this.submit(participant);
    await this.officer(submitted, 'confirm');
    await this.persona(participant.apoderado, 'operator').nextLink(
      this.origin('operator', 'pages'),
      '/tasks/',
    );
    await story.tell('73 hours pass; reminders go out, nobody answers');
    await whole.clock.advance({ seconds: 73 * 3600 });
    await story.verify(
      'rejected at the payout operator',
      () => this.ending('operator', submitted),
      'rejected, NO_ANSWER',
    );
    await story.verify(
      'rejected at the network',
      () => this.ending('network', submitted),
      'rejected, OPERATORS_REJECTED',
    );
  }

  /** A certificate that the PSC has revoked does not enter. */
  async revokedBefore(participant: SeededParticipant): Promise<void> {
    const { story, whole } = this;
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const issued = await whole.psc.issue({ holder: participant.holder, publicKey: keys.publicKey });
    whole.psc.revoke(issued.serialNumber, 'keyCompromise');
    await story.tell('the PSC revokes a certificate that was just issued');
    const submitted = await this.send(participant, issued, keys.privateKey);
    await story.verify(
      'refused at the network',
      () => this.ending('network', submitted),
      'rejected, REVOKED_WHILE_PENDING',
    );
  }

  /** What somebody saw on the wire is useless without the key. */
  async stolen(participant: SeededParticipant): Promise<void> {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const thief = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const issued = await this.whole.psc.issue({ holder: participant.holder, publicKey: keys.publicKey });
    await this.story.verify(
      'refused: the sender does not hold the key',
      async () => {
        const answer = await this.post(participant, issued, thief.privateKey);
        return `${answer.status} ${(answer.body as { code?: string }).code}`;
      },
      '403 POSSESSION_NOT_PROVED',
    );
  }

  /** The code by which an enrolment of a good certificate is refused now. */
  async refusedAs(participant: SeededParticipant): Promise<string> {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const issued = await this.whole.psc.issue({ holder: participant.holder, publicKey });
    return String(((await this.post(participant, issued, privateKey)).body as { code?: string }).code);
  }

  async submit(participant: SeededParticipant): Promise<Submitted> {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const issued = await this.whole.psc.issue({ holder: participant.holder, publicKey: keys.publicKey });
    await this.story.tell(`${participant.name}: the PSC issues a certificate to ${participant.holder.name}`);
    return this.send(participant, issued, keys.privateKey);
  }

  async send(participant: SeededParticipant, issued: Issued, key: KeyObject): Promise<Submitted> {
    const { status, body } = await this.post(participant, issued, key);
    const answer = body as Answer;
    if (status !== 202) throw new Error(`enrolment: ${status} ${JSON.stringify(body)}`);
    await this.story.tell(
      `${participant.name} submits it; its own system shows the code ${answer.confirmation_code}`,
    );
    const { enrolment_id: id } = answer;
    const code = String(answer.confirmation_code);
    return { participant, id, thumbprint: issued.thumbprint, code, issued, key };
  }

  async officer({ participant, code }: Submitted, vote: 'confirm' | 'reject'): Promise<void> {
    await this.decide('network', participant.officer, code, vote);
  }

  async apoderado({ participant, code }: Submitted, vote: 'confirm' | 'reject'): Promise<void> {
    await this.decide('operator', participant.apoderado, code, vote);
  }

  async decide(node: NodeName, email: string, code: string, vote: 'confirm' | 'reject'): Promise<void> {
    const persona = this.persona(email, node);
    const link = await persona.nextLink(this.origin(node, 'pages'), '/tasks/');
    for (let opened = 0; opened < 3; opened++) await persona.visitor.open(link);
    const page = await persona.decide(link, vote, code);
    if (page.status >= 400) throw new Error(`${email} at the ${node}: ${heading(page)}`);
    await this.story.tell(
      `${email} opens the mailed link at the ${node} and ${vote}s with password and authenticator`,
    );
  }

  async state(node: NodeName, submitted: Submitted): Promise<string> {
    const answer = await this.get(node, submitted.participant, `/v1/certificates/${submitted.thumbprint}`);
    return `${answer.network_status}, ${answer.validity}`;
  }

  async ending(node: NodeName, submitted: Submitted): Promise<string> {
    const answer = await this.get(node, submitted.participant, `/v1/enrolments/${submitted.id}`);
    return `${answer.network_status}, ${answer.code}`;
  }

  persona(email: string, node: NodeName): Persona {
    const name = `${node} ${email}`;
    const known = this.#personas.get(name);
    if (known) return known;
    const person = this.whole.seed.people.find((one) => one.email === email && one.node === node);
    if (!person) throw new Error(`nobody has the address ${email} at the ${node}`);
    const { laptop, clock } = this.whole;
    const factors = { password: person.password, totpSecret: person.totp };
    const persona = new Persona(email, { mail: laptop.mail, clock }, factors);
    this.#personas.set(name, persona);
    return persona;
  }

  origin(node: NodeName, door: 'api' | 'pages'): string {
    const found = this.whole.laptop.nodes.find(({ name }) => name === node)!;
    return door === 'api' ? found.apiOrigin : found.pagesOrigin;
  }

  async get(node: NodeName, participant: SeededParticipant, path: string): Promise<Record<string, unknown>> {
    const { body } = await this.ask(node, participant, path);
    return body as Record<string, unknown>;
  }

  /** As the participant's own system: through the mTLS edge at the network, where this machine can run it. */
  async ask(node: NodeName, { apiKeys }: SeededParticipant, path: string, sent: Sent = {}) {
    const { edge } = this.whole;
    const headers = { 'Shinkansen-Api-Key': apiKeys[node], ...sent.headers };
    const asked = { ...(sent.body && { method: 'POST', body: sent.body }), headers };
    if (node === 'network' && !('missing' in edge)) {
      const { status, text } = await askEdge(edge, path, asked);
      return { status, body: JSON.parse(text) as unknown };
    }
    const response = await fetch(this.origin(node, 'api') + path, asked as RequestInit);
    return { status: response.status, body: (await response.json()) as unknown };
  }

  async post(participant: SeededParticipant, issued: Issued, key: KeyObject) {
    const network = nodeIdentities.network;
    const sender = { finId: participant.finId, finIdSchema: 'SHINKANSEN' };
    const header = {
      sender,
      receiver: { finId: network.finId, finIdSchema: network.finIdSchema },
      messageId: randomUUID(),
      creationDate: this.whole.clock.now(),
    };
    const asked = {
      chain: issued.chain.map((der) => Buffer.from(der).toString('base64')),
      use: 'signing',
      reason: 'primer certificado',
    };
    const statement = possessionStatement({
      thumbprint: issued.thumbprint,
      sender: sender.finId,
      receiver: network.finId,
      messageId: header.messageId,
      creationDate: header.creationDate.toISOString(),
      parametersSha256: parametersDigest(asked),
    });
    const signature = sign('sha256', statement, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    });
    const body = writeEnvelope(header, {
      action: 'certificate.enrol',
      parameters: {
        ...asked,
        proof_of_possession: { alg: 'PS256', signature: signature.toString('base64') },
      },
    });
    const headers = { 'Content-Type': 'application/json' };
    return this.ask('network', participant, '/v1/certificates', { headers, body });
  }
}

type Issued = Awaited<ReturnType<Whole['psc']['issue']>>;

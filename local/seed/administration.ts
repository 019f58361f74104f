// The node operators of one local node, from bootstrap to signed acts: through the pages and the administration's own
// API, as in production. What an act shows once (codes, API keys) is handed back to the caller.

import { callFunction } from '../lambda/call-function.ts';
import type { Laptop, Node } from '../laptop.ts';
import { type Factors, Persona, type Surroundings } from './persona.ts';

export interface NewPerson {
  readonly office: 'securityOfficer' | 'apoderado' | 'nodeOperator';
  readonly name: string;
  readonly email: string;
  readonly taxId: string;
  readonly taxIdType: string;
  readonly locale: 'es' | 'pt' | 'en';
}

export interface Once {
  readonly what: 'invitationCode' | 'apiKey';
  readonly of: string;
  readonly id: string;
  readonly secret: string;
}

export interface SuspensionSeen {
  readonly participant: string;
  readonly suspension_id: string;
  readonly state: string;
  readonly by: string;
  readonly overdue_at: string | null;
  readonly carried_out_at: string | null;
}

interface Bootstrapped {
  readonly outcome: string;
  readonly result?: { readonly once: readonly Once[] };
  readonly code?: string;
}

export class Administration {
  readonly node: Node;
  readonly around: Surroundings;
  readonly password: string;
  readonly operators: Persona[] = [];
  readonly #laptop: Laptop;
  readonly #sessions = new Map<Persona, string>();

  constructor(laptop: Laptop, node: Node, around: Surroundings, password: string) {
    this.#laptop = laptop;
    this.node = node;
    this.around = around;
    this.password = password;
  }

  async bootstrap(people: readonly NewPerson[]): Promise<void> {
    const operators = people.map((person) => ({
      name: person.name,
      email: person.email,
      tax_id: person.taxId,
      tax_id_type: person.taxIdType,
      locale: person.locale,
    }));
    const name = this.node.host.functionName('BootstrapNodeFunction');
    const answer = await callFunction<Bootstrapped>(this.#laptop.endpoints.url, name, { operators });
    if (!answer.result) throw new Error(`bootstrap of ${this.node.name}: ${answer.code}`);
    for (const person of people) {
      const persona = new Persona(person.email, this.around);
      await this.accept(persona, person.name, answer.result.once);
      this.operators.push(persona);
    }
  }

  /** @param once what the act that invited this person showed */
  async accept(persona: Persona, name: string, once: readonly Once[]): Promise<Factors> {
    const code = once.find((one) => one.what === 'invitationCode' && one.of === name);
    if (!code) throw new Error(`nobody was told the invitation code of ${name}`);
    const link = await persona.nextLink(this.node.pagesOrigin, '/invitations/');
    return persona.acceptInvitation(link, code.secret, this.password);
  }

  /** Proposed by the first operator, signed by the first two; one signature suffices to take something away. */
  async act(kind: string, parameters: object, reason: string, signatures = 2): Promise<readonly Once[]> {
    const signers = this.operators.slice(0, signatures);
    const proposed = await this.#call(signers[0]!, 'acts', { kind, parameters, reason });
    const { act_id, hash } = proposed as { act_id: string; hash: string };
    const shown: Once[] = [];
    for (const operator of signers) {
      // Before the code is read: signing in takes one too.
      await this.#session(operator);
      const signature = {
        vote: 'confirm',
        act_hash: hash,
        password: this.password,
        totp: await operator.code(),
      };
      const { once } = (await this.#call(operator, `acts/${act_id}/votes`, signature)) as { once: Once[] };
      shown.push(...once);
    }
    return shown;
  }

  async people(participant: string): Promise<readonly { person_id: string; state: string; name: string }[]> {
    const first = this.operators[0]!;
    const path = `people?participant=${encodeURIComponent(participant)}`;
    const { people } = (await this.#call(first, path)) as {
      people: { person_id: string; state: string; name: string }[];
    };
    return people;
  }

  async suspensions(): Promise<readonly SuspensionSeen[]> {
    const { suspensions } = (await this.#call(this.operators[0]!, 'suspensions')) as {
      suspensions: readonly SuspensionSeen[];
    };
    return suspensions;
  }

  async #session(operator: Persona): Promise<string> {
    const known = this.#sessions.get(operator);
    if (known) return known;
    await operator.signIn(this.node.pagesOrigin);
    const session = operator.visitor.cookie('session') ?? '';
    this.#sessions.set(operator, session);
    return session;
  }

  async #call(operator: Persona, path: string, body?: object): Promise<unknown> {
    const session = await this.#session(operator);
    const url = `${this.node.pagesOrigin}/admin/api/${path}`;
    return operator.visitor.call(body ? 'POST' : 'GET', url, body, { authorization: `Bearer ${session}` });
  }
}

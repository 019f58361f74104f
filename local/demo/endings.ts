// The demo's chapters on how a certificate ends without a message: by the people of a company, on a page and with no
// system, key or API key of it; and by the time, a year of it. Both nodes are asked what became of it.

import { X509Certificate } from 'node:crypto';
import { Administration, type SuspensionSeen } from '../seed/administration.ts';
import type { SeededParticipant } from '../seed/seed.ts';
import type { Chapters, Submitted } from './chapters.ts';

type NodeName = 'network' | 'operator';

export class Endings {
  readonly #chapters: Chapters;

  constructor(chapters: Chapters) {
    this.#chapters = chapters;
  }

  async byPage(participant: SeededParticipant): Promise<void> {
    const { story } = this.#chapters;
    const pages = this.#chapters.origin('network', 'pages');
    const officer = this.#chapters.persona(participant.officer, 'network');
    await officer.suspend(pages);
    await story.tell(`${participant.officer} opens ${pages}/suspension and stops ${participant.name}`);
    await story.verify(
      'nothing of it is accepted',
      () => this.#chapters.refusedAs(participant),
      'PARTICIPANT_SUSPENDED',
    );
    await story.verify(
      'frozen at the payout operator',
      () => this.#state('operator', participant),
      'unconfirmed',
    );
    const apoderado = this.#chapters.persona(participant.apoderado, 'network');
    const link = await apoderado.nextLink(pages, '/suspension/');
    await apoderado.answerSuspension(link, 'confirm');
    await story.tell(`${participant.apoderado} confirms it, behind a mailed link`);
    for (const node of ['network', 'operator'] as const) {
      await story.verify(`all is ended at the ${node}`, () => this.#state(node, participant), 'carried out');
      await story.verify(
        `its API key opens nothing at the ${node}`,
        () => this.#keyAt(node, participant),
        'ACCESS_DENIED',
      );
    }
  }

  /** The daily routine says what time has done, and reminds before it does. */
  async aYear(submitted: Submitted): Promise<void> {
    const { story, whole } = this.#chapters;
    const { participant } = submitted;
    const end = new X509Certificate(submitted.issued.der).validToDate;
    const at = (days: number) => new Date(end.getTime() - days * 86_400_000);
    // What runs each minute or day runs once a fortnight while nothing is due, and once a day from then on.
    const { scheduler } = whole.laptop.endpoints;
    const [began, from] = [performance.now(), whole.clock.now()];
    scheduler.setGranularity(14 * 86_400);
    await story.tell(`${participant.name} goes on working; months pass`);
    await whole.clock.advance({ to: at(61) });
    scheduler.setGranularity(86_400);
    for (const [step, days] of [59, 29, 13, 6].entries()) {
      await whole.clock.advance({ to: at(days) });
      await story.verify(
        `${days} days before its end ${participant.officer} has been reminded, by each node`,
        async () => `${this.#reminders(participant.officer) / 2} times`,
        `${step + 1} times`,
      );
    }
    await whole.clock.advance({ to: at(-2) });
    await story.tell('the certificate has expired; nobody renewed it');
    const days = Math.round((whole.clock.now().getTime() - from.getTime()) / 86_400_000);
    const seconds = Math.round((performance.now() - began) / 1000);
    await story.tell(`${days} days of both nodes took this machine ${seconds} s`);
    // API keys last 90 days: two operators issue another one, so that somebody can ask.
    for (const node of ['network', 'operator'] as const) {
      const act = { participant: participant.finId };
      const [once] = await this.#administration(node).act('apiKey.issue', act, 'Para consultar el registro');
      const key = once!.secret;
      await story.verify(
        `ended at the ${node}`,
        () => this.#stateBy(node, key, submitted.thumbprint),
        'disabled, expired',
      );
    }
  }

  /** Both nodes remind, each by its own records. */
  #reminders(email: string): number {
    const { mail } = this.#chapters.whole.laptop;
    return mail
      .inbox()
      .filter(({ destination, subject }) => destination.to.includes(email) && subject.includes(' vence el '))
      .length;
  }

  async #stateBy(node: NodeName, key: string, thumbprint: string): Promise<string> {
    const url = `${this.#chapters.origin(node, 'api')}/v1/certificates/${thumbprint}`;
    const response = await fetch(url, { headers: { 'Shinkansen-Api-Key': key } });
    const { network_status, validity } = (await response.json()) as Record<string, unknown>;
    return `${network_status}, ${validity}`;
  }

  async #keyAt(node: NodeName, participant: SeededParticipant): Promise<string> {
    return String((await this.#chapters.get(node, participant, '/v1/certificates')).code);
  }

  async #state(node: NodeName, { finId }: SeededParticipant): Promise<string> {
    const found = (await this.#administration(node).suspensions()).find(
      ({ participant }: SuspensionSeen) => participant === finId,
    );
    return found?.carried_out_at ? 'carried out' : (found?.state ?? 'not suspended');
  }

  #administration(node: NodeName): Administration {
    const { laptop, clock, seed } = this.#chapters.whole;
    const found = laptop.nodes.find(({ name }) => name === node)!;
    const operators = seed.people.filter((one) => one.office === 'nodeOperator' && one.node === node);
    const around = { mail: laptop.mail, clock };
    const administration = new Administration(laptop, found, around, operators[0]!.password);
    administration.operators.push(...operators.map(({ email }) => this.#chapters.persona(email, node)));
    return administration;
  }
}

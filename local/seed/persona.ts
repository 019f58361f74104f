// A person of the local network: reads mail, sets up password and authenticator, signs in, confirms. Each code of the
// authenticator counts once (S14), so that acting twice within half a minute moves the virtual clock on.

import { totpAt } from '../../core/people/totp.ts';
import type { VirtualClock } from '../clock.ts';
import type { Mail, MailServer } from '../mail/mail.ts';
import { heading, type PageSeen, Visitor } from './visitor.ts';

export interface Factors {
  readonly password: string;
  /** Base32, as an authenticator app takes it. */
  readonly totpSecret: string;
}

export interface Surroundings {
  readonly mail: Pick<MailServer, 'inbox' | 'waitFor'>;
  readonly clock: VirtualClock;
}

const stepMs = 30_000;
const [minuteMs, hourMs] = [60_000, 3_600_000];
/** A mail that does not come within this real time will not come. */
const mailWaitMs = 90_000;

export class Persona {
  readonly email: string;
  readonly around: Surroundings;
  readonly visitor = new Visitor();
  factors: Factors | undefined;
  #lastStep = 0;
  readonly #read = new Set<string>();

  constructor(email: string, around: Surroundings, factors?: Factors) {
    this.email = email;
    this.around = around;
    this.factors = factors;
  }

  /** The next link of that kind from that node, in the mails that this person has not followed yet. */
  async nextLink(pagesOrigin: string, path: '/tasks/' | '/invitations/' | '/suspension/'): Promise<string> {
    const fits = (mail: Mail) =>
      mail.destination.to.includes(this.email) &&
      !this.#read.has(mail.messageId) &&
      linkIn(mail, pagesOrigin + path) !== undefined;
    if (path === '/tasks/') await this.#letTheHourPass(fits);
    const mail = await this.around.mail.waitFor(fits, AbortSignal.timeout(mailWaitMs));
    this.#read.add(mail.messageId);
    return linkIn(mail, pagesOrigin + path)!;
  }

  /** S29: after some mails in a day the others come as one digest when the hour is over. */
  async #letTheHourPass(fits: (mail: Mail) => boolean): Promise<void> {
    const { mail, clock } = this.around;
    await clock.settled();
    if (mail.inbox().some(fits)) return;
    // Where time jumps, the routine that looks for what is due may run once an hour (Scheduler.setGranularity).
    const hours = Math.floor(clock.now().getTime() / hourMs) + 2;
    await clock.advance({ to: new Date(hours * hourMs + minuteMs) });
  }

  /** Follows an invitation: the code came another way, the factors are set by this person alone. */
  async acceptInvitation(link: string, code: string, password: string): Promise<Factors> {
    const asked = await this.visitor.submit(await this.visitor.open(link), {
      invitation_code: code,
      step: 'code',
    });
    const totpSecret = /name="totp_secret"[^>]*value="([A-Z2-7]+)"/.exec(asked.html)?.[1];
    if (!totpSecret) throw new Error(`invitation of ${this.email}: ${heading(asked)}`);
    this.factors = { password, totpSecret };
    const set = await this.visitor.submit(asked, {
      password,
      password_again: password,
      totp: await this.code(),
      step: 'set',
    });
    if (set.status !== 303) throw new Error(`invitation of ${this.email}: ${heading(set)}`);
    return this.factors;
  }

  /** The next code of the authenticator, one that was not used yet. */
  async code(): Promise<string> {
    const { clock } = this.around;
    const step = () => Math.floor(clock.now().getTime() / stepMs);
    if (step() <= this.#lastStep) await clock.advance({ to: new Date((this.#lastStep + 1) * stepMs) });
    this.#lastStep = step();
    return totpAt(this.factors!.totpSecret, clock.now());
  }

  async signIn(pagesOrigin: string): Promise<void> {
    const page = await this.visitor.open(`${pagesOrigin}/sign-in`);
    const { password } = this.factors!;
    const signed = await this.visitor.submit(page, { email: this.email, password, totp: await this.code() });
    if (signed.status !== 303) throw new Error(`sign-in of ${this.email}: ${heading(signed)}`);
  }

  /** Opens a task's page and decides it. */
  async decide(link: string, vote: 'confirm' | 'reject', confirmationCode: string): Promise<PageSeen> {
    const page = await this.visitor.open(link);
    return this.visitor.submit(page, {
      code: confirmationCode,
      password: this.factors!.password,
      totp: await this.code(),
      vote,
      ...(vote === 'reject' && { cause: 'notExpected' }),
    });
  }

  /** M8, the first word: nothing of the company is needed. Gives the person's own link to what stands. */
  async suspend(pagesOrigin: string): Promise<string> {
    const page = await this.visitor.open(`${pagesOrigin}/suspension`);
    const typed = { email: this.email, password: this.factors!.password, totp: await this.code() };
    const seen = await this.visitor.submit(page, { ...typed, cause: 'keysTaken' });
    if (seen.status !== 303) throw new Error(`suspension by ${this.email}: ${heading(seen)}`);
    return seen.location!;
  }

  /** The second word, behind the link of a mail. */
  async answerSuspension(link: string, word: 'confirm' | 'dispute'): Promise<void> {
    const page = await this.visitor.open(link);
    const { password } = this.factors!;
    const seen = await this.visitor.submit(page, { password, totp: await this.code(), word });
    if (seen.status !== 303) throw new Error(`second word of ${this.email}: ${heading(seen)}`);
  }

  /** Signs an act of the node operators. */
  async signAct(actUrl: string): Promise<PageSeen> {
    const page = await this.visitor.open(actUrl);
    const signed = await this.visitor.submit(page, {
      password: this.factors!.password,
      totp: await this.code(),
      vote: 'confirm',
    });
    if (signed.status >= 400) throw new Error(`${this.email} at ${actUrl}: ${heading(signed)}`);
    return signed;
  }
}

function linkIn(mail: Mail, beginning: string): string | undefined {
  return (mail.body.text ?? '').split(/\s+/).find((word) => word.startsWith(beginning));
}

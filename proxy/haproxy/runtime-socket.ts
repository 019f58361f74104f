// How is a running HAProxy changed? Commands over its unix socket, one connection each. What does not fit into its
// buffer is refused here: the caller starts a successor instead.

import { connect } from 'node:net';

/** Payload and command together: HAProxy reads one buffer (tune.bufsize), and keeps some for itself. */
export const largestPayload = 24_000;

export class RuntimeSocket {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The answer, trimmed. @throws Error when HAProxy does not answer in 5 s */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#path);
      let answer = '';
      socket.setTimeout(5_000, () => socket.destroy(new Error('HAProxy does not answer on its socket')));
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('utf8');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer.trim()));
      socket.end(`${command}\n`);
    });
  }

  /** All entries of a map in one step: no request sees a half. */
  async replaceMap(file: string, entries: Iterable<readonly [string, string]>): Promise<void> {
    const prepared = await this.ask(`prepare map ${file}`);
    const version = /created: (\d+)/.exec(prepared)?.[1];
    if (!version) throw new Error(`HAProxy prepares no map: ${prepared}`);
    let lines = '';
    const flush = async (): Promise<void> => {
      if (lines !== '') quiet(await this.ask(`add map @${version} ${file} <<\n${lines}`));
      lines = '';
    };
    for (const [key, value] of entries) {
      lines += `${key} ${value}\n`;
      if (lines.length > largestPayload - 200) await flush();
    }
    await flush();
    quiet(await this.ask(`commit map @${version} ${file}`));
  }

  /** Ends what a front end has carried for longer, however busy it is. @returns how many exchanges that were */
  async endOlder(frontend: string, seconds: number): Promise<number> {
    const exchanges = await this.ask('show sess');
    const old = exchanges.split('\n').flatMap((line) => {
      const [, id, of, age = ''] = /^(0x[0-9a-f]+): .* fe=(\S+) .* age=(\S+) /.exec(line) ?? [];
      return of === frontend && secondsOf(age) >= seconds ? [`shutdown session ${id}`] : [];
    });
    for (let at = 0; at < old.length; at += 500) await this.ask(old.slice(at, at + 500).join(';'));
    return old.length;
  }

  async setAuthorities(file: string, pem: string): Promise<void> {
    await this.#exchange('ca-file', file, pem);
  }

  async setLists(file: string, pem: string): Promise<void> {
    await this.#exchange('crl-file', file, pem);
  }

  /** Staged, then put in force; left as it was when HAProxy does not like it. */
  async #exchange(kind: 'ca-file' | 'crl-file', file: string, pem: string): Promise<void> {
    if (pem.length > largestPayload) throw new Error(`${kind} ${file} is too large for the runtime socket`);
    // An empty line ends the payload.
    const payload = pem.replace(/\n\n+/g, '\n').trim();
    const staged = await this.ask(`set ssl ${kind} ${file} <<\n${payload}\n`);
    if (!/transaction (created|updated)/i.test(staged)) {
      await this.ask(`abort ssl ${kind} ${file}`);
      throw new Error(`HAProxy refuses the ${kind}: ${staged}`);
    }
    const committed = await this.ask(`commit ssl ${kind} ${file}`);
    if (!/Success/.test(committed)) {
      await this.ask(`abort ssl ${kind} ${file}`);
      throw new Error(`HAProxy does not take the ${kind} over: ${committed}`);
    }
  }
}

/** `59s`, `1m5s`, `2h3m`, `1d4h`: HAProxy tells the two largest units. */
function secondsOf(age: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  return [...age.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0);
}

function quiet(answer: string): void {
  if (answer !== '') throw new Error(`HAProxy: ${answer}`);
}

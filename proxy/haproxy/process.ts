// Who starts, replaces and ends HAProxy? One process without -W and -D, for nothing may fork after the PKCS #11 module
// has loaded. A successor takes the listening sockets over, so that no connection is refused between the two.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { files } from '../config.ts';
import { RuntimeSocket } from './runtime-socket.ts';

const run = promisify(execFile);

export interface HaproxyOptions {
  readonly runFolder: string;
  /** `haproxy` by default. */
  readonly program?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Its lines: the log of requests, and its warnings. */
  readonly say: (line: string) => void;
  /** It ended and nobody asked it to. */
  readonly died: (code: number | null, signal: string | null) => void;
}

const startSeconds = 20;

export class Haproxy {
  readonly runtime: RuntimeSocket;
  readonly #options: HaproxyOptions;
  #child: ChildProcess | undefined;
  readonly #asked = new WeakSet<ChildProcess>();
  readonly #leaving = new Set<ChildProcess>();

  constructor(options: HaproxyOptions) {
    this.#options = options;
    this.runtime = new RuntimeSocket(join(options.runFolder, files.socket));
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws Error with what HAProxy says about its configuration, or when it does not serve in 20 s */
  async start(): Promise<void> {
    await this.#check();
    await this.#launch([]);
  }

  /** The rendered files have changed by more than the runtime socket can carry. */
  async replace(): Promise<void> {
    const before = this.#child;
    if (!before?.pid) return this.start();
    await this.#check();
    this.#asked.add(before);
    this.#leaving.add(before);
    before.once('exit', () => this.#leaving.delete(before));
    const socket = join(this.#options.runFolder, files.socket);
    try {
      await this.#launch(['-x', socket, '-sf', String(before.pid)]);
    } catch (error) {
      // It serves on, and its end would be nobody's wish.
      this.#asked.delete(before);
      this.#leaving.delete(before);
      throw error;
    }
  }

  /** Accepts nothing more, lets what runs end, then ends it all the same. */
  async stop(graceMilliseconds = 0): Promise<void> {
    const all = [this.#child, ...this.#leaving].filter((child) => child !== undefined);
    this.#child = undefined;
    for (const child of all) this.#asked.add(child);
    await Promise.all(all.map((child) => end(child, graceMilliseconds)));
  }

  async #check(): Promise<void> {
    const { program = 'haproxy', environment } = this.#options;
    try {
      const checking = run(program, ['-c', '-f', this.#file()], { env: { ...environment }, timeout: 20_000 });
      // Where a PIN was refused, the provider asks for another one, and waits.
      checking.child.stdin?.end();
      await checking;
    } catch (error) {
      const { stderr = '', message } = error as Error & { stderr?: string };
      const alerts = stderr.split('\n').filter((line) => line.includes('[ALERT]'));
      throw new Error(`HAProxy refuses its configuration: ${alerts.slice(0, 3).join(' ') || message}`);
    }
  }

  #file(): string {
    return join(this.#options.runFolder, files.haproxy);
  }

  async #launch(more: readonly string[]): Promise<void> {
    const { program = 'haproxy', environment, say, died } = this.#options;
    // It dies with this process, however that ends: nobody else would tell it who is refused.
    const bound = ['--pdeathsig', 'KILL', program];
    const child = spawn('setpriv', [...bound, '-db', '-f', this.#file(), ...more], {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) lines(stream!, say);
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = new Error(`HAProxy does not start: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      failure ??= new Error(`HAProxy ended (${code ?? signal}) instead of serving`);
      if (!this.#asked.has(child) && this.#child === child) died(code, signal);
    });
    const end = performance.now() + startSeconds * 1000;
    for (;;) {
      if (failure) throw failure;
      const told = await this.runtime.ask('show info').catch(() => '');
      if (new RegExp(`^Pid: ${child.pid}$`, 'm').test(told)) break;
      if (performance.now() > end) {
        child.kill('SIGKILL');
        throw new Error(`HAProxy does not serve after ${startSeconds} s`);
      }
      await delay(20);
    }
    this.#child = child;
  }
}

async function end(child: ChildProcess, graceMilliseconds: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(graceMilliseconds > 0 ? 'SIGUSR1' : 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds || 2_000);
  await ended;
  clearTimeout(timer);
}

function lines(stream: NodeJS.ReadableStream, say: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop()!;
    for (const line of parts) if (line !== '') say(line);
  });
}

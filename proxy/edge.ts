// What is a running edge, and how does it change while it runs? Files rendered, HAProxy started, then each change by
// the runtime socket or, where it is too large for that, by a successor. When and why to change: control.ts.

import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Thumbprint } from '../core/certificate/thumbprint.ts';
import type { EdgeKey } from '../core/edge-identity.ts';
import { checkConfig, type EdgeConfig, files, type ServedName } from './config.ts';
import { Haproxy, type HaproxyOptions } from './haproxy/process.ts';
import { largestPayload } from './haproxy/runtime-socket.ts';
import { type Hsm, HsmError } from './hsm/hsm.ts';
import { findKey, type HsmKey, requireMatch } from './hsm/key.ts';
import { probe } from './hsm/sign.ts';
import { answerFile, ownAnswers } from './render/answers.ts';
import { crtList, haproxyCfg } from './render/haproxy-cfg.ts';
import { keyUri, keyUriPem, opensslCnf } from './render/openssl-cnf.ts';
import type { CheckedTrust } from './trust.ts';

export interface EdgeParts {
  readonly config: EdgeConfig;
  readonly hsm: Hsm;
  readonly pin: string;
  /** The newest: the one to sign with. */
  readonly macKey: EdgeKey;
  readonly trust: CheckedTrust;
  /** Certificates refused from the first request on. */
  readonly refused: Iterable<Thumbprint>;
  readonly process: Pick<HaproxyOptions, 'program' | 'say' | 'died'>;
  /** SOFTHSM2_CONF, PATH and the like. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export class Edge {
  readonly #parts: EdgeParts;
  readonly #haproxy: Haproxy;
  #names: readonly ServedName[];
  #keys: readonly HsmKey[];
  #trust: CheckedTrust;
  #macKey: EdgeKey;
  #refused: ReadonlySet<Thumbprint>;

  /** @throws HsmError when a key is missing, does not sign, or is not its certificate's; Error on a bad configuration */
  static async start(parts: EdgeParts): Promise<Edge> {
    const edge = new Edge(parts);
    edge.#write();
    await edge.#haproxy.start();
    return edge;
  }

  private constructor(parts: EdgeParts) {
    this.#parts = parts;
    this.#names = checkConfig(parts.config).names;
    this.#keys = this.#names.map((name) => provedKey(parts.hsm, name));
    this.#trust = parts.trust;
    this.#macKey = parts.macKey;
    this.#refused = new Set(parts.refused);
    const { runFolder } = parts.config;
    const environment = { ...parts.environment, OPENSSL_CONF: join(runFolder, files.openssl) };
    this.#haproxy = new Haproxy({ runFolder, environment, ...parts.process });
  }

  get pid(): number | undefined {
    return this.#haproxy.pid;
  }

  get refused(): ReadonlySet<Thumbprint> {
    return this.#refused;
  }

  /** When the first list of the pair in force is late. */
  get listsFreshUntil(): Date {
    return this.#trust.freshUntil;
  }

  /** Each key signs. @throws HsmError */
  probeKeys(): void {
    for (const key of this.#keys) probe(this.#parts.hsm, key);
  }

  /** From the next request on, whatever connection it comes by. */
  async refuse(thumbprints: Iterable<Thumbprint>): Promise<void> {
    this.#refused = new Set(thumbprints);
    await this.#haproxy.runtime.replaceMap(this.#path(files.refused), this.#refusedEntries());
    // A successor reads the file.
    this.#put(files.refused, this.#refusedEntries().map(line).join(''));
  }

  /** Thumbprints of the client certificates seen in the last ten minutes. */
  async seenClients(): Promise<readonly Thumbprint[]> {
    const table = await this.#haproxy.runtime.ask('show table seen_clients');
    return [...table.matchAll(/ key=([A-Za-z0-9_-]{43}) /g)].map(([, key]) => key as Thumbprint);
  }

  /** Ready until then, if nothing moves it on. A date in the past: not ready at once. */
  async setReadyUntil(until: Date): Promise<void> {
    const seconds = String(Math.floor(until.getTime() / 1000));
    await this.#haproxy.runtime.replaceMap(this.#path(files.ready), [['until', seconds]]);
    this.#put(files.ready, `until ${seconds}\n`);
  }

  async setMacKey(key: EdgeKey): Promise<void> {
    this.#macKey = key;
    this.#put(files.macKey, line(macEntry(key)));
    await this.#haproxy.runtime.replaceMap(this.#path(files.macKey), [macEntry(key)]);
  }

  /** A new chain for a name, of the same or another key. @throws HsmError before anything has changed */
  async setCertificate(name: ServedName): Promise<void> {
    const names = this.#names.map((each) => (each.host === name.host ? name : each));
    const keys = names.map((each) => provedKey(this.#parts.hsm, each));
    [this.#names, this.#keys] = [names, keys];
    this.#writeCertificate(name);
    await this.#haproxy.replace();
  }

  /** Authorities and lists as a pair: at no moment has an authority no list. */
  async setTrust(next: CheckedTrust): Promise<void> {
    const before = this.#trust;
    this.#trust = next;
    this.#put(files.trust, next.authoritiesPem);
    this.#put(files.lists, next.listsPem);
    const both = before.listsPem === next.listsPem ? next.listsPem : before.listsPem + next.listsPem;
    if (Math.max(both.length, next.authoritiesPem.length) > largestPayload) return this.#haproxy.replace();
    const { runtime } = this.#haproxy;
    await runtime.setLists(this.#path(files.lists), both);
    await runtime.setAuthorities(this.#path(files.trust), next.authoritiesPem);
    await runtime.setLists(this.#path(files.lists), next.listsPem);
  }

  /**
   * A successor takes over with sessions of its own at the HSM: what brings a lost one back. Connections of the old
   * process end within a minute. `set ssl cert` is not used: measured with pkcs11-provider 1.0, every second commit
   * leaves a key that does not sign, and under load HAProxy 2.6 ends in a segmentation fault.
   */
  replace(): Promise<void> {
    return this.#haproxy.replace();
  }

  stop(graceMilliseconds = 0): Promise<void> {
    return this.#haproxy.stop(graceMilliseconds);
  }

  #write(): void {
    const { config, pin } = this.#parts;
    mkdirSync(config.runFolder, { recursive: true, mode: 0o700 });
    chmodSync(config.runFolder, 0o700);
    this.#put(files.pin, pin);
    this.#put(files.openssl, opensslCnf(config, this.#path(files.pin)));
    this.#put(files.haproxy, haproxyCfg(config));
    this.#put(files.crtList, crtList(config));
    this.#put(files.trust, this.#trust.authoritiesPem);
    this.#put(files.lists, this.#trust.listsPem);
    this.#put(files.refused, this.#refusedEntries().map(line).join(''));
    this.#put(files.macKey, line(macEntry(this.#macKey)));
    this.#put(files.ready, 'until 0\n');
    for (const given of ownAnswers) this.#put(`${given.status}.http`, answerFile(given));
    for (const name of this.#names) this.#writeCertificate(name);
  }

  #writeCertificate(name: ServedName): void {
    const file = files.certificate(name.host);
    this.#put(file, `${name.chainPem.trim()}\n`);
    this.#put(`${file}.key`, this.#keyPem(name));
  }

  #keyPem({ key }: ServedName): string {
    return keyUriPem(keyUri(this.#parts.hsm.token, key));
  }

  #refusedEntries(): (readonly [string, string])[] {
    return [...this.#refused].map((thumbprint) => [thumbprint, '1'] as const);
  }

  #path(file: string): string {
    return join(this.#parts.config.runFolder, file);
  }

  /** Never half a file, and readable by this user alone. */
  #put(file: string, text: string): void {
    const path = this.#path(file);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

function provedKey(hsm: Hsm, { host, key: name, chainPem }: ServedName): HsmKey {
  try {
    const key = findKey(hsm, name);
    requireMatch(key, chainPem);
    probe(hsm, key);
    return key;
  } catch (error) {
    throw new HsmError(`"${host}" cannot be served: ${(error as Error).message}`, { cause: error });
  }
}

const macEntry = ({ id, secret }: EdgeKey): readonly [string, string] => [
  'key',
  `${id}:${Buffer.from(secret).toString('base64')}`,
];
const line = ([key, value]: readonly [string, string]): string => `${key} ${value}\n`;

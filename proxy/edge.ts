// What is a running edge, and how does it change while it runs? Files rendered, HAProxy started, then each change by
// the runtime socket or, where it is too large for that, by a successor. When and why to change: control.ts.

import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Thumbprint } from '../core/certificate/thumbprint.ts';
import type { EdgeKey } from '../core/edge-identity.ts';
import { Canaries, type HeldTrust } from './canary.ts';
import { checkConfig, type EdgeConfig, files, type ServedName } from './config.ts';
import { proveLists } from './handshake.ts';
import { requireHeld } from './haproxy/held-trust.ts';
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
  readonly #canaries = new Canaries();
  #trust: CheckedTrust;
  #held: HeldTrust;
  #macKey: EdgeKey;
  #refused: ReadonlySet<Thumbprint>;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws HsmError when a key is missing, does not sign, or is not its certificate's; Error on a bad configuration */
  static async start(parts: EdgeParts): Promise<Edge> {
    const edge = new Edge(parts);
    edge.#write();
    await edge.#haproxy.start();
    await edge.#requireHeld().catch(async (error: Error) => {
      await edge.stop();
      throw error;
    });
    return edge;
  }

  private constructor(parts: EdgeParts) {
    this.#parts = parts;
    this.#names = checkConfig(parts.config).names;
    this.#keys = this.#names.map((name) => provedKey(parts.hsm, name));
    this.#trust = parts.trust;
    this.#held = this.#withCanaries(parts.trust);
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

  /** When the first of them has so little of its life left that somebody should look. */
  get listsWarnFrom(): Date {
    return this.#trust.warnFrom;
  }

  /** When the last of the served certificates begins. */
  get certificatesFrom(): Date {
    return new Date(Math.max(...this.#names.map((name) => validityOf(name).from.getTime())));
  }

  /** When the first of the served certificates ends. */
  get certificatesUntil(): Date {
    return new Date(Math.min(...this.#names.map((name) => validityOf(name).until.getTime())));
  }

  /** Names that answer at present: without a truststore nobody can present a certificate. */
  get servedHosts(): readonly string[] {
    return servedNames(this.#names, this.#trust).map(({ host }) => host);
  }

  /** Each key signs. @throws HsmError */
  probeKeys(): void {
    for (const key of this.#keys) probe(this.#parts.hsm, key);
  }

  /** The session was lost: a new one, and in it the keys are found again. @throws HsmError */
  reopenHsm(): void {
    this.#parts.hsm.reopen();
    this.#keys = this.#names.map((name) => provedKey(this.#parts.hsm, name));
  }

  /** From the next request on, whatever connection it comes by. */
  refuse(thumbprints: Iterable<Thumbprint>): Promise<void> {
    return this.#oneByOne(async () => {
      const refused = new Set(thumbprints);
      const entries = [...refused].map((thumbprint) => [thumbprint, '1'] as const);
      // A successor reads the file.
      this.#put(files.refused, entries.map(line).join(''));
      await this.#haproxy.runtime.replaceMap(this.#path(files.refused), entries);
      this.#refused = refused;
    });
  }

  /** Thumbprints of the client certificates seen in the last ten minutes. */
  async seenClients(): Promise<readonly Thumbprint[]> {
    const table = await this.#haproxy.runtime.ask('show table seen_clients');
    return [...table.matchAll(/ key=([A-Za-z0-9_-]{43}) /g)].map(([, key]) => key as Thumbprint);
  }

  /** Ready until then, if nothing moves it on. A date in the past: not ready at once. */
  setReadyUntil(until: Date): Promise<void> {
    return this.#oneByOne(async () => {
      const seconds = String(Math.floor(until.getTime() / 1000));
      await this.#haproxy.runtime.replaceMap(this.#path(files.ready), [['until', seconds]]);
      this.#put(files.ready, `until ${seconds}\n`);
    });
  }

  setMacKey(key: EdgeKey): Promise<void> {
    return this.#oneByOne(async () => {
      this.#macKey = key;
      this.#put(files.macKey, line(macEntry(key)));
      await this.#haproxy.runtime.replaceMap(this.#path(files.macKey), [macEntry(key)]);
    });
  }

  /** With `shiftedTime` alone: how far the API's clock is ahead of this machine's. */
  setTimeOffset(seconds: number): Promise<void> {
    return this.#oneByOne(async () => {
      const entry = ['seconds', String(Math.round(seconds))] as const;
      this.#put(files.timeOffset, line(entry));
      await this.#haproxy.runtime.replaceMap(this.#path(files.timeOffset), [entry]);
    });
  }

  /** A new chain for a name, of the same or another key. @throws as setNames */
  async setCertificate(name: ServedName): Promise<void> {
    await this.setNames(this.#names.map((each) => (each.host === name.host ? name : each)));
  }

  /** Other names, chains or keys. @throws Error, HsmError; what was served goes on then */
  setNames(names: readonly ServedName[]): Promise<void> {
    return this.#oneByOne(async () => {
      checkConfig({ ...this.#parts.config, names });
      for (const name of names) requireValid(name, new Date());
      const keys = names.map((each) => provedKey(this.#parts.hsm, each));
      const [namesBefore, keysBefore] = [this.#names, this.#keys];
      this.#putNames(names, keys);
      try {
        await this.#haproxy.replace();
      } catch (error) {
        this.#putNames(namesBefore, keysBefore);
        throw error;
      }
    });
  }

  #putNames(names: readonly ServedName[], keys: readonly HsmKey[]): void {
    [this.#names, this.#keys] = [names, keys];
    for (const name of names) this.#writeCertificate(name);
    this.#putList();
  }

  /**
   * Authorities and lists as a pair: at no moment has an authority no list. Done when HAProxy says that it holds them,
   * and turns a client away whom they name. @throws Error, and the old pair stays
   */
  setTrust(trust: CheckedTrust): Promise<void> {
    return this.#oneByOne(async () => {
      const [trustBefore, heldBefore] = [this.#trust, this.#held];
      this.#putTrust(trust, this.#withCanaries(trust));
      try {
        await this.#takeOver(heldBefore, this.#held);
        await this.#requireHeld();
      } catch (error) {
        this.#putTrust(trustBefore, heldBefore);
        throw error;
      }
    });
  }

  /** TLS goes by the machine's clock, whatever another one says. */
  #withCanaries(trust: CheckedTrust): HeldTrust {
    return this.#canaries.into(trust, new Date());
  }

  async #takeOver(before: HeldTrust, next: HeldTrust): Promise<void> {
    const both = before.listsPem === next.listsPem ? next.listsPem : before.listsPem + next.listsPem;
    const tooLarge = Math.max(both.length, next.authoritiesPem.length) > largestPayload;
    if (tooLarge || before.isEmpty || next.isEmpty) return this.#haproxy.replace();
    const { runtime } = this.#haproxy;
    await runtime.setLists(this.#path(files.lists), both);
    await runtime.setAuthorities(this.#path(files.trust), next.authoritiesPem);
    await runtime.setLists(this.#path(files.lists), next.listsPem);
  }

  async #requireHeld(): Promise<void> {
    const { canaries, listsPem } = this.#held;
    const at = { authorities: this.#path(files.trust), lists: this.#path(files.lists) };
    // Lists of megabytes are not read back: the successor that took them over read nothing else.
    if (canaries && listsPem.length <= largestPayload)
      await requireHeld(this.#haproxy.runtime, at, this.#held);
    const asks = this.#names.find(({ clientCertificate }) => clientCertificate !== 'none');
    if (canaries && asks) await proveLists(this.#parts.config, asks.host, canaries);
  }

  #putTrust(trust: CheckedTrust, held: HeldTrust): void {
    [this.#trust, this.#held] = [trust, held];
    this.#put(files.trust, held.authoritiesPem);
    this.#put(files.lists, held.listsPem);
    this.#putList();
  }

  #putList(): void {
    const { config } = this.#parts;
    const names = servedNames(this.#names, this.#trust);
    this.#put(files.crtList, crtList({ ...config, names }));
  }

  /** HAProxy ended by itself: once more, with the files as they stand. */
  restart(): Promise<void> {
    return this.#oneByOne(() => this.#haproxy.start());
  }

  /** HAProxy knows no limit for a whole body: one byte at a time it would hold a place, and the API's, for ever. */
  endLongRequests(): Promise<number> {
    return this.#haproxy.runtime.endOlder('edge', this.#parts.config.limits.requestSeconds);
  }

  /** HAProxy's counters, one line each: `show stat`. */
  statistics(): Promise<string> {
    return this.#haproxy.runtime.ask('show stat');
  }

  /**
   * A successor takes over with sessions of its own at the HSM: what brings a lost one back. Connections of the old
   * process end within a minute. `set ssl cert` is not used: measured with pkcs11-provider 1.0, every second commit
   * leaves a key that does not sign, and under load HAProxy 2.6 ends in a segmentation fault.
   */
  replace(): Promise<void> {
    return this.#oneByOne(() => this.#haproxy.replace());
  }

  stop(graceMilliseconds = 0): Promise<void> {
    return this.#haproxy.stop(graceMilliseconds);
  }

  /** A change that met a successor half started would reach the one process or the other, and not both. */
  #oneByOne(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => {});
    return done;
  }

  #write(): void {
    const { config, pin } = this.#parts;
    mkdirSync(config.runFolder, { recursive: true, mode: 0o700 });
    chmodSync(config.runFolder, 0o700);
    this.#put(files.pin, pin);
    this.#put(files.openssl, opensslCnf(config, this.#path(files.pin)));
    this.#put(files.haproxy, haproxyCfg(config));
    this.#putTrust(this.#trust, this.#held);
    this.#put(files.refused, this.#refusedEntries().map(line).join(''));
    this.#put(files.macKey, line(macEntry(this.#macKey)));
    this.#put(files.ready, 'until 0\n');
    if (config.shiftedTime) this.#put(files.timeOffset, 'seconds 0\n');
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

/** OpenSSL takes no empty file of CAs: until somebody is enrolled, names ask for no certificate or do not answer. */
function servedNames(names: readonly ServedName[], { isEmpty }: CheckedTrust): readonly ServedName[] {
  if (!isEmpty) return names;
  return names
    .filter(({ clientCertificate }) => clientCertificate !== 'required')
    .map((name) => ({ ...name, clientCertificate: 'none' as const }));
}

function validityOf({ chainPem }: ServedName): { readonly from: Date; readonly until: Date } {
  const { validFromDate: from, validToDate: until } = new X509Certificate(chainPem);
  return { from, until };
}

/** Nobody would take it: what is served is better. */
function requireValid(name: ServedName, now: Date): void {
  const { from, until } = validityOf(name);
  if (from <= now && now < until) return;
  const validity = `${from.toISOString()} to ${until.toISOString()}`;
  throw new Error(`"${name.host}" cannot be served: its certificate is valid from ${validity}`);
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

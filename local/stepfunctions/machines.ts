// Which state machines, versions and aliases are there, and which definition does an ARN start? A running execution
// keeps the revision that it started with. Executions stand in engine.ts.

import { randomUUID } from 'node:crypto';
import type { Definition } from './definition.ts';
import { ApiError } from './errors.ts';
import { readDefinition } from './validate.ts';

export interface Version {
  readonly number: number;
  readonly revisionId: string;
  readonly description?: string;
  readonly createdAt: number;
}

export interface Alias {
  readonly name: string;
  readonly version: number;
  readonly description?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** As journalled; every change writes the whole machine again. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly revisionId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly loggingConfiguration?: unknown;
  readonly tracingConfiguration?: unknown;
  readonly lastVersion: number;
  readonly versions: readonly Version[];
  readonly aliases: readonly Alias[];
}

export type MachineRecord =
  | { kind: 'revision'; id: string; text: string }
  | { kind: 'machine'; machine: Machine }
  | { kind: 'machineDeleted'; arn: string };

/** What an ARN of a machine, version or alias stands for. */
export interface Target {
  readonly machine: Machine;
  readonly revisionId: string;
  readonly versionArn?: string;
  readonly aliasArn?: string;
}

export class Machines {
  readonly #machines = new Map<string, Machine>();
  readonly #revisions = new Map<string, { text: string; definition: Definition }>();
  readonly #write: (record: MachineRecord) => Promise<void>;

  constructor(write: (record: MachineRecord) => Promise<void>) {
    this.#write = write;
  }

  apply(record: MachineRecord): void {
    if (record.kind === 'revision') {
      this.#revisions.set(record.id, { text: record.text, definition: readDefinition(record.text) });
    } else if (record.kind === 'machine') this.#machines.set(record.machine.arn, record.machine);
    else this.#machines.delete(record.arn);
  }

  all(): Machine[] {
    return [...this.#machines.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  get(arn: string): Machine | undefined {
    return this.#machines.get(arn);
  }

  revision(id: string): { text: string; definition: Definition } {
    return this.#revisions.get(id)!;
  }

  /** ApiError `StateMachineDoesNotExist` for what is not there. */
  target(arn: string): Target {
    const parts = arn.split(':');
    if (parts[5] !== 'stateMachine' || parts.length < 7 || parts.length > 8) {
      throw new ApiError('InvalidArn', `Invalid Arn: '${arn}'`);
    }
    const machine = this.#machines.get(parts.slice(0, 7).join(':'));
    const qualifier = parts[7];
    if (machine && qualifier === undefined) return { machine, revisionId: machine.revisionId };
    const alias = machine?.aliases.find((one) => one.name === qualifier);
    const wanted = alias ? alias.version : Number(qualifier);
    const version = machine?.versions.find((one) => one.number === wanted);
    if (!machine || !version) {
      throw new ApiError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    const versionArn = `${machine.arn}:${version.number}`;
    return { machine, revisionId: version.revisionId, versionArn, ...(alias ? { aliasArn: arn } : {}) };
  }

  async put(machine: Machine): Promise<Machine> {
    await this.#record({ kind: 'machine', machine });
    return machine;
  }

  async remove(arn: string): Promise<void> {
    await this.#record({ kind: 'machineDeleted', arn });
  }

  /** The id of a revision with this text; ApiError `InvalidDefinition` when the text is none. */
  async revise(text: string, current?: string): Promise<string> {
    readDefinition(text);
    if (current && this.revision(current).text === text) return current;
    const id = randomUUID();
    await this.#record({ kind: 'revision', id, text });
    return id;
  }

  /** A new version of the current revision; the last one again if it already is of that revision. */
  async publish(
    arn: string,
    now: number,
    given: { description?: string; revisionId?: string },
  ): Promise<{ machine: Machine; version: Version }> {
    const machine = this.target(arn).machine;
    if (given.revisionId && given.revisionId !== machine.revisionId) {
      throw new ApiError('ConflictException', 'The revision id is not the current one');
    }
    const last = machine.versions.at(-1);
    if (last?.revisionId === machine.revisionId) return { machine, version: last };
    const version: Version = {
      number: machine.lastVersion + 1,
      revisionId: machine.revisionId,
      createdAt: now,
      ...(given.description === undefined ? {} : { description: given.description }),
    };
    const versions = [...machine.versions, version];
    return { machine: await this.put({ ...machine, lastVersion: version.number, versions }), version };
  }

  async #record(record: MachineRecord): Promise<void> {
    this.apply(record);
    await this.#write(record);
  }
}

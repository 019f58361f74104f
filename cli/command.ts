// What is a command? `apodera <noun> <verb>`: one file per noun in commands/, its default export a Noun. A verb
// says what it takes, and gives back one result in two forms: for people and, with --json, for machines.

import type { ExitCode } from './exit-codes.ts';
import { UsageError } from './exit-codes.ts';
import type { Style } from './style.ts';
import type { Terminal } from './terminal.ts';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** `--crl a --crl b`. */
  readonly multiple?: boolean;
  readonly required?: boolean;
  /** What stands for the value in the usage, `<file>`. */
  readonly value?: string;
  readonly help: string;
}

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
}

export interface Outcome {
  /** DONE when absent. */
  readonly exitCode?: ExitCode;
  /** The one JSON document that --json prints. */
  readonly json: unknown;
  readonly text: string;
}

export interface Verb {
  readonly summary: string;
  readonly positionals?: readonly Positional[];
  readonly options?: Readonly<Record<string, Option>>;
  /** Further lines of the verb's help. */
  readonly notes?: string;
  run(call: Call): Promise<Outcome>;
}

export interface Noun {
  readonly summary: string;
  readonly verbs: Readonly<Record<string, Verb>>;
}

/** One invocation. Throw a Refusal (exit 3), a Transient (4) or a UsageError (2); anything else is a fault. */
export class Call {
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  readonly style: Style;
  readonly json: boolean;
  readonly #values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

  constructor(
    values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>,
    positionals: readonly string[],
    terminal: Terminal,
    style: Style,
  ) {
    this.#values = values;
    this.positionals = positionals;
    this.terminal = terminal;
    this.style = style;
    this.json = values.json === true;
  }

  text(option: string): string | undefined {
    const value = this.#values[option];
    return typeof value === 'string' ? value : undefined;
  }

  required(option: string): string {
    const value = this.text(option);
    if (value === undefined || value === '') throw new UsageError(`"--${option}" is missing`);
    return value;
  }

  flag(option: string): boolean {
    return this.#values[option] === true;
  }

  list(option: string): readonly string[] {
    const value = this.#values[option];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  oneOf<T extends string>(option: string, values: readonly T[], byDefault?: T): T {
    const value = this.text(option) ?? byDefault;
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) {
      throw new UsageError(`"--${option}": expected ${values.join(', ')}, found "${value ?? 'nothing'}"`);
    }
    return found;
  }

  /** The argument at that place; presence was checked by the dispatcher unless it is optional. */
  argument(at: number): string {
    return this.positionals[at] ?? '';
  }
}

// A terminal that nobody sits at: what was printed, and the secrets that will be typed.

import { dispatch } from '../../cli/dispatch.ts';
import { UsageError } from '../../cli/exit-codes.ts';
import type { Terminal } from '../../cli/terminal.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface Sitting {
  readonly env?: Readonly<Record<string, string>>;
  readonly typed?: readonly string[];
  readonly tty?: boolean;
  readonly now?: Date;
  readonly input?: string | Uint8Array;
}

/** `apodera <words>` in this process. */
export async function apodera(words: readonly string[], sitting: Sitting = {}): Promise<Ran> {
  const { terminal, printed } = terminalFor(sitting);
  const exitCode = await dispatch(words, terminal);
  return { exitCode, ...printed };
}

export function terminalFor(sitting: Sitting): { terminal: Terminal; printed: { out: string; err: string } } {
  const typed = [...(sitting.typed ?? [])];
  const printed = { out: '', err: '' };
  const terminal: Terminal = {
    env: sitting.env ?? {},
    outIsTty: sitting.tty ?? false,
    errIsTty: sitting.tty ?? false,
    now: () => sitting.now ?? new Date('2026-06-01T00:00:00Z'),
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    readInput: async () => Buffer.from(sitting.input ?? ''),
    askSecret: async () => {
      const next = typed.shift();
      if (next === undefined) throw new UsageError('no terminal to ask for a password');
      return next;
    },
  };
  return { terminal, printed };
}

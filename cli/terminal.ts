// What does a command reach of the machine? Standard streams, environment, clock, and a person who types a secret
// without seeing it. Tests hand in one of their own.

import { UsageError } from './exit-codes.ts';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Colours and progress only where this is true. */
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  now(): Date;
  out(text: string): void;
  err(text: string): void;
  /** Everything on standard input. */
  readInput(): Promise<Buffer>;
  /** Asks on the terminal without echo. @throws UsageError where nobody can type. */
  askSecret(question: string): Promise<string>;
}

export function processTerminal(): Terminal {
  return {
    env: process.env,
    outIsTty: process.stdout.isTTY === true,
    errIsTty: process.stderr.isTTY === true,
    now: () => new Date(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    askSecret,
  };
}

function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new UsageError(
      `no terminal to ask for the ${question.replace(/: $/, '')}: name a variable or a file, its "-env" or "-file" option`,
    );
  }
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (act: () => void) => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.off('data', onData);
      stderr.write('\n');
      act();
    };
    const onData = (chunk: Buffer) => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') return finish(() => resolve(typed));
        if (character === '\u0003') return finish(() => reject(new UsageError('interrupted')));
        typed = character === '\u007f' || character === '\b' ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on('data', onData);
  });
}

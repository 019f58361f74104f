import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadNoun, nounNames } from '../../cli/dispatch.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { serve } from '../support/http-server.ts';
import { apodera } from '../support/terminal.ts';

describe('the command line', () => {
  test('lists every verb and every exit code in its help', async () => {
    const { exitCode, out } = await apodera(['help']);
    expect(exitCode).toBe(exitCodes.DONE);
    for (const name of nounNames()) {
      for (const verb of Object.keys((await loadNoun(name)).verbs)) expect(out).toContain(`${name} ${verb}`);
    }
    for (const code of Object.values(exitCodes)) expect(out).toMatch(new RegExp(`^ +${code} `, 'm'));
  });

  test('explains each verb with each of its options', async () => {
    for (const name of nounNames()) {
      for (const [verbName, verb] of Object.entries((await loadNoun(name)).verbs)) {
        const { exitCode, out } = await apodera([name, verbName, '--help']);
        expect(exitCode).toBe(exitCodes.DONE);
        for (const option of Object.keys(verb.options ?? {})) expect(out).toContain(`--${option}`);
      }
    }
  });

  test('"help" before a noun or a verb tells what "--help" after it does', async () => {
    expect((await apodera(['help', 'payout'])).out).toBe((await apodera(['payout', '--help'])).out);
    const { out } = await apodera(['help', 'payout', 'send']);
    expect(out).toBe((await apodera(['payout', 'send', '--help'])).out);
    expect((await apodera(['help', 'nonsense'])).exitCode).toBe(exitCodes.USAGE);
  });

  test('the usage names options only where there are any, and those that one of two needs say so', async () => {
    expect((await apodera(['admin', 'acts', '--help'])).out).toBe(
      'acts that wait for a signature\n\nUsage: apodera admin acts\n',
    );
    const { out } = await apodera(['key', 'csr', '--help']);
    expect(out).toMatch(/--key <file> .*needed, unless --module is/);
  });

  test.each(['-', '--'])('takes a thumbprint that begins with %s for what it is', async (beginning) => {
    const thumbprint = beginning.padEnd(43, 'x');
    const env = { APODERA_API: 'http://127.0.0.1:1', APODERA_PARTICIPANT: 'P', APODERA_API_KEY: 'k' };
    const disable = ['certificate', 'disable', thumbprint, '--cause', 'other', '--reason', 'r'];
    expect((await apodera(disable, { env })).exitCode).toBe(exitCodes.UNAVAILABLE);
    // As whoever knows the custom writes it.
    const last = ['certificate', 'disable', '--cause', 'other', '--reason', 'r', '--', thumbprint];
    expect((await apodera(last, { env })).exitCode).toBe(exitCodes.UNAVAILABLE);
    const words = ['--chain', '/', '--reason', 'r', '--replaces', thumbprint, '--json'];
    const { out } = await apodera(['enrolment', 'submit', ...words], { env });
    expect(out).toContain('is a folder');
  });

  test.each<[string[], string]>([
    [['nonsense'], '"nonsense"'],
    [['../dispatch', 'x'], '"../dispatch"'],
    [['key', 'toString'], '"toString"'],
    [['key', 'create', '--out', 'x', '--frobnicate'], '--frobnicate'],
    [['key', 'create', '--out', 'x', 'surplus'], '"surplus"'],
    [['key', 'csr'], '"--subject"'],
    [['key', 'protect', '--out', 'x'], '"<file>"'],
    [['key', 'create', '--out', 'x', '--password', 'secret'], '--password'],
  ])('refuses %j with exit code 2, naming what it is', async (words, named) => {
    const { exitCode, out, err } = await apodera(words, { typed: ['correct horse battery'] });
    expect(exitCode).toBe(exitCodes.USAGE);
    expect(out).toBe('');
    expect(err).toMatch(/^apodera: /);
    expect(err).toContain(named);
  });

  test('says in words which file is not there, or is none', async () => {
    const missing = await apodera(['certificate', 'explain', '/no/such/chain.pem']);
    expect([missing.exitCode, missing.err]).toEqual([
      exitCodes.USAGE,
      'apodera: "/no/such/chain.pem" is not there: no such file or folder\n',
    ]);
    const folder = await apodera(['key', 'csr', '--subject', 'CN=x', '--out', 'y', '--key', '/']);
    expect(folder.exitCode).toBe(exitCodes.USAGE);
    expect(folder.err).toContain('is a folder; expected a file');
  });

  test('tells an address that is none, and one that is not an API, from an API that is silent', async () => {
    const { at } = await serve((_, response) => response.writeHead(404).end('<html>'));
    const list = (api: string) =>
      apodera(['certificate', 'list'], {
        env: { APODERA_API: api, APODERA_PARTICIPANT: 'A', APODERA_API_KEY: 'k' },
      });
    for (const [api, exitCode, words] of [
      ['localhost:4100', exitCodes.USAGE, 'expected an address such as https://api.example'],
      [at(), exitCodes.USAGE, 'no API of a node; name the address of its API, not of its pages'],
      ['http://127.0.0.1:9', exitCodes.UNAVAILABLE, 'ECONNREFUSED'],
    ] as const)
      expect(await list(api)).toMatchObject({ exitCode, err: expect.stringContaining(words) });
  });

  test('gives one JSON document on standard output with --json, errors too', async () => {
    const { exitCode, out, err } = await apodera(['key', 'create', '--json']);
    expect(exitCode).toBe(exitCodes.USAGE);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'USAGE' } });
    expect(err).toBe('');
  });

  test('colours nothing but a terminal, and not there when NO_COLOR is set', async () => {
    expect((await apodera(['x'], { tty: true })).err).toContain('\u001b[31m');
    expect((await apodera(['x'])).err).not.toContain('\u001b');
    expect((await apodera(['x'], { tty: true, env: { NO_COLOR: '1' } })).err).not.toContain('\u001b');
  });

  test('starts as a program under the Node that runs this and, through its launcher, under an older one', () => {
    const launcher = join(import.meta.dirname, '../../cli/apodera.mjs');
    const version = execFileSync(process.execPath, [launcher, '--version'], { encoding: 'utf8' });
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
    // A Node without type stripping: the flag makes this one such.
    const without = spawnSync(process.execPath, ['--no-experimental-strip-types', launcher, '--version'], {
      encoding: 'utf8',
    });
    const bundled = existsSync(join(import.meta.dirname, '../../node_modules/node/bin/node'));
    expect(without.stdout + without.stderr).toBe(
      bundled ? version : expect.stringContaining('needs Node 24'),
    );
  });
});

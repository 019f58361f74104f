// What `npm start` prints has to work as it is printed: each command's verb and options are there.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Whole } from '../../local/start.ts';
import { welcome, writeParticipantVariables } from '../../local/welcome.ts';
import { apodera } from '../support/terminal.ts';

const person = (node: string, office: string, participant: string | null, email: string) => {
  const [name = ''] = email.split('@');
  return { node, office, participant, email, name, password: 'p', totp: 'AAAA' };
};
const whole = {
  laptop: {
    nodes: [
      { name: 'network', apiOrigin: 'http://localhost:1', pagesOrigin: 'http://localhost:2' },
      { name: 'operator', apiOrigin: 'http://localhost:3', pagesOrigin: 'http://localhost:4' },
    ],
    mail: { url: 'http://127.0.0.1:5' },
  },
  psc: { url: 'http://127.0.0.1:6' },
  bank: { url: 'http://127.0.0.1:7' },
  edge: { missing: 'No.' },
  seed: {
    people: [
      person('network', 'nodeOperator', null, 'carla@red.example'),
      person('operator', 'nodeOperator', null, 'daniel@andino.example'),
      person('network', 'securityOfficer', 'AURORA', 'olga@aurora.example'),
      person('operator', 'apoderado', 'AURORA', 'maria@aurora.example'),
    ],
    participants: [
      {
        finId: 'AURORA',
        name: 'Fintech Aurora',
        apiKeys: { network: 'one', operator: 'two' },
        officer: 'olga@aurora.example',
        apoderado: 'maria@aurora.example',
        holder: {},
      },
    ],
  },
} as unknown as Whole;

/** Words as a shell splits them, as far as these commands need one. */
const wordsOf = (command: string) =>
  [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);

test('each command of the first screen has a verb and options that there are', async () => {
  const commands = [...welcome(whole, 'T1', '1.0').matchAll(/npx apodera ([^;\n)]*?)(?= {2}|[;\n)])/g)];
  expect(commands.length).toBeGreaterThan(9);
  for (const [, command] of commands) {
    const { exitCode, err } = await apodera([...wordsOf(command!), '--help']);
    expect([command, exitCode, err]).toEqual([command, 0, '']);
  }
});

test('it names a page for the officer, the apoderado and the node operators', () => {
  const text = welcome(whole, 'T1', '1.0');
  for (const page of [
    'http://localhost:2/console',
    'http://localhost:4/console',
    'http://localhost:2/suspension',
  ])
    expect(text).toContain(page);
  for (const { email } of whole.seed.people) expect(text).toContain(email);
});

test('a participant finds the variables of both nodes in files of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-welcome-'));
  writeParticipantVariables(folder, whole);
  expect(readFileSync(join(folder, 'AURORA.env'), 'utf8')).toContain(
    "export APODERA_API='http://localhost:1'\nexport APODERA_NETWORK='SHINKANSEN'\nexport APODERA_API_KEY='one'\n",
  );
  expect(readFileSync(join(folder, 'AURORA.operator.env'), 'utf8')).toContain(
    "export APODERA_API='http://localhost:3'\nexport APODERA_NETWORK='BANCO_ANDINO'\nexport APODERA_API_KEY='two'\n",
  );
  rmSync(folder, { recursive: true });
});

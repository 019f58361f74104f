import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packBytes, unpackBytes } from '../../adapters/dynamodb/packed.ts';
import { askEdge } from '../../local/edge/ask.ts';
import type { RunningEdge } from '../../local/edge/edge.ts';
import { Administration } from '../../local/seed/administration.ts';
import { Persona } from '../../local/seed/persona.ts';
import type { SeededParticipant } from '../../local/seed/seed.ts';
import { startWhole, type Whole } from '../../local/start.ts';
import { checkToken, newToken } from '../../local/stepfunctions/token.ts';
import { files } from '../../proxy/config.ts';
import { requireEdgeMachine } from '../support/edge-machine.ts';
import { Network } from '../support/whole.ts';

// What only one person, one system or Step Functions may know stands in no log line, no stored item and no object,
// after a run in which people were invited, signed in, signed acts, confirmed an enrolment at both nodes, rejected one,
// asked the browser for the command line's code, and stopped their company with both words.
let folder: string;
let whole: Whole;
let edge: RunningEdge;
let net: Network;
/** What nothing may hold, by what it is. */
const secrets = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'apodera-secrets-'));
  requireEdgeMachine();
  whole = await startWhole({ dataFolder: folder, buildFolder: '.cache/e2e', ports: 'free', edge: true });
  if ('missing' in whole.edge) throw new Error(whole.edge.missing);
  edge = whole.edge;
  whole.laptop.endpoints.scheduler.setGranularity(3600);
  net = new Network(whole, folder);
  const participant = whole.seed.participants[0]!;
  await net.enrolled(participant);
  await net.decide('network', participant.officer, (await net.submit(participant)).code, 'reject');
  await administer(participant.finId);
  await throughTheEdge(participant);
  await suspended(participant);
  await whole.clock.settled();
  for (const { email, password, totp } of whole.seed.people) {
    secrets.set(`password of ${email}`, password);
    secrets.set(`authenticator of ${email}`, totp);
  }
  for (const { finId, apiKeys } of whole.seed.participants)
    for (const [node, key] of Object.entries(apiKeys)) secrets.set(`API key of ${finId} at the ${node}`, key);
  for (const mail of whole.laptop.mail.inbox())
    for (const [, path, id] of (mail.body.text ?? '').matchAll(
      /\/(tasks|invitations|suspension)\/([\w-]{22,})/g,
    ))
      secrets.set(`link ${path} of ${mail.messageId} ${id!.slice(0, 4)}`, id!);
});

afterAll(async () => {
  await net?.stop();
});

/** Somebody is invited and sets their factors; an API key is issued; sessions are opened. */
async function administer(participant: string): Promise<void> {
  const { laptop, clock, seed } = whole;
  const operators = seed.people.filter((one) => one.office === 'nodeOperator' && one.node === 'network');
  const around = { mail: laptop.mail, clock };
  const administration = new Administration(laptop, laptop.nodes[0]!, around, operators[0]!.password);
  administration.operators.push(...operators.map(({ email }) => net.persona(email, 'network')));
  const [name, email] = ['Rosa Pinto', 'rosa@aurora.example'];
  const person = {
    ...{ office: 'securityOfficer', participant, name, email, tax_id: '22333444-K', tax_id_type: 'CLID' },
    ...{ locale: 'es', power_from: null, power_until: null },
  };
  const invited = await administration.act('person.invite', person, 'segunda oficial');
  const persona = new Persona(email, around);
  await administration.accept(persona, name, invited);
  secrets.set(`authenticator of ${email}`, persona.factors!.totpSecret);
  const keys = await administration.act('apiKey.issue', { participant }, 'otra llave');
  for (const { what, secret } of [...invited, ...keys]) secrets.set(`${what} shown once`, secret);
  for (const { visitor, email: operator } of administration.operators) {
    const session = visitor.cookie('session');
    if (session) secrets.set(`session of ${operator}`, session);
  }
}

/** The command line's code, which the browser is sent with; then the emergency suspension, both words. */
async function suspended({ officer, apoderado }: SeededParticipant): Promise<void> {
  const origin = net.origin('network', 'pages');
  const operator = net.persona('carla@red.example', 'network');
  const asked = new URLSearchParams({
    ...{ client: 'cli', redirect_uri: 'http://127.0.0.1:51000/done', code_challenge: 'c'.repeat(43) },
    ...{ code_challenge_method: 'S256', state: 's'.repeat(22) },
  });
  const page = await operator.visitor.open(`${origin}/sign-in?${asked}`);
  const typed = { email: operator.email, password: operator.factors!.password, totp: await operator.code() };
  const { location } = await operator.visitor.submit(page, typed);
  secrets.set('sign-in code', new URL(location!).searchParams.get('code')!);
  await net.persona(officer, 'network').suspend(origin);
  const other = net.persona(apoderado, 'network');
  await other.answerSuspension(await other.nextLink(origin, '/suspension/'), 'confirm');
}

/** Asked with an API key, told of a revocation, its process replaced: what it logs, it has logged. */
async function throughTheEdge({ apiKeys }: SeededParticipant): Promise<void> {
  const headers = { 'shinkansen-api-key': apiKeys.network };
  expect((await askEdge(edge, '/v1/certificates?code=one', { headers })).status).toBe(200);
  expect(
    (await askEdge(edge, '/v1/certificates', { headers: { ...headers, 'x-edge-mac': 'x' } })).status,
  ).toBe(200);
  expect((await askEdge(edge, '/v1/certificates', { headers: { 'shinkansen-api-key': 'x' } })).status).toBe(
    403,
  );
  await edge.edge.replace();
  const held = (file: string) => readFileSync(join(folder, 'edge', 'run', file), 'utf8');
  secrets.set('PIN of the HSM', held(files.pin));
  secrets.set('MAC key of the edge', held(files.macKey).trim().split(':').at(-1)!);
}

interface Place {
  readonly where: string;
  readonly text: string;
}

function logs(): Place[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && file.name.endsWith('.log'))
    .map((file) => ({
      where: relative(folder, join(file.parentPath, file.name)),
      text: readFileSync(join(file.parentPath, file.name), 'utf8'),
    }));
}

/** Bytes are read as text too, plain, as base64, and as what they are once inflated. */
const textOf = (item: object) =>
  JSON.stringify(item, (_, value: unknown) =>
    value instanceof Uint8Array
      ? [value, unpackBytes(value) ?? []].map((each) => Buffer.from(each).toString('latin1'))
      : value,
  );

async function items(): Promise<Place[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: whole.laptop.dynamodbUrl, region: 'us-east-1', credentials });
  const found: Place[] = [];
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  for (const TableName of TableNames)
    for await (const { Items = [] } of paginateScan({ client }, { TableName }))
      for (const item of Items)
        found.push({
          where: `${TableName} ${item.pk?.S} ${item.sk?.S}`,
          text: textOf(item),
        });
  return found;
}

/** Evidence, large messages, manifests. */
function objects(): Place[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && relative(folder, file.parentPath).split('/').includes('s3'))
    .map((file) => ({
      where: relative(folder, join(file.parentPath, file.name)),
      text: readFileSync(join(file.parentPath, file.name), 'latin1'),
    }));
}

/** Task tokens know themselves by their checksum, whichever they are. */
function taskTokensIn(text: string): readonly string[] {
  return [...text.matchAll(/[A-Za-z0-9+/]{358}[A-Za-z0-9+/=]{2}/g)]
    .map(([token]) => token)
    .filter((token) => {
      try {
        return checkToken(token) === token;
      } catch {
        return false;
      }
    });
}

function leaks(places: readonly Place[]): readonly string[] {
  return places.flatMap(({ where, text }) => [
    ...[...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => `${where}: ${what}`),
    ...taskTokensIn(text).map(() => `${where}: a task token`),
  ]);
}

test('no log line, stored item or object holds a secret of a person, a system or the workflow', async () => {
  const [logged, stored, kept] = [logs(), await items(), objects()];
  // There is something to be found in, and something to be found.
  expect(logged.some(({ where, text }) => where === 'edge/edge.log' && text.includes('EDGE_REQUEST'))).toBe(
    true,
  );
  expect([logged.length > 20, stored.length > 200, kept.length > 0]).toEqual([true, true, true]);
  const kinds = new Set([...secrets.keys()].map((name) => name.split(' ')[0]));
  expect([...kinds].toSorted()).toEqual(
    [
      'API',
      'MAC',
      'PIN',
      'apiKey',
      'authenticator',
      'invitationCode',
      'link',
      'password',
      'session',
      'sign-in',
    ].toSorted(),
  );
  const links = [...secrets.keys()].flatMap((name) => (name.startsWith('link') ? [name.split(' ')[1]] : []));
  expect([...new Set(links)].toSorted()).toEqual(['invitations', 'suspension', 'tasks']);
  expect([...secrets.values()].filter((secret) => secret.length < 12)).toEqual([]);
  expect(leaks([...logged, ...stored, ...kept])).toEqual([]);
});

test('no argument, variable or readable file of a process of the edge holds the PIN or the MAC key', () => {
  const { pid } = edge.edge;
  const places = ['cmdline', 'environ'].map((name) => ({
    where: `HAProxy ${name}`,
    text: readFileSync(`/proc/${pid}/${name}`, 'latin1'),
  }));
  expect(places.map(({ text }) => text.length > 50)).toEqual([true, true]);
  expect(leaks(places)).toEqual([]);
  const run = join(folder, 'edge', 'run');
  expect(statSync(run).mode & 0o777).toBe(0o700);
  const modes = readdirSync(run).map((file) => [file, statSync(join(run, file)).mode & 0o077]);
  expect(modes.filter(([, others]) => others !== 0)).toEqual([]);
  const rendered = [files.haproxy, files.openssl, files.crtList].map((file) => ({
    where: file,
    text: readFileSync(join(run, file), 'utf8'),
  }));
  expect(leaks(rendered)).toEqual([]);
});

test('what would be found is found: a token, a link and an API key in a line of a log', () => {
  const [link] = [...secrets].find(([name]) => name.startsWith('link'))!.slice(1);
  const [key] = [...secrets].find(([name]) => name.startsWith('API key'))!.slice(1);
  const text = `{"message":"${newToken()}","link":"${link}","key":"${key}"}`;
  expect(leaks([{ where: 'a.log', text }]).length).toBeGreaterThanOrEqual(3);
  const packed = packBytes(Buffer.from(text.repeat(2)))!;
  expect(Buffer.from(packed).includes(key!)).toBe(false);
  expect(
    leaks([{ where: 'an item', text: textOf({ bytes: Uint8Array.from(packed) }) }]).length,
  ).toBeGreaterThanOrEqual(3);
});

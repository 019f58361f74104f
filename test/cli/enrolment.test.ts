import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { encryptedPem } from '../../cli/keys/key-file.ts';
import { confirmationCode } from '../../core/message/code.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import { parametersDigest, possessionStatement, verifyPossession } from '../../core/message/possession.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { issueLeaf, makeAuthority, someHolder } from '../support/certificates.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-enrolment-'));
const root = makeAuthority({ name: 'Raiz de prueba' });
const leaf = issueLeaf(root, { holder: someHolder });
let server: Server;
let env: Record<string, string>;
let heard: Buffer[];
/** What the network says; the code is made of the message that it heard, unless it lies. */
let lie: string | undefined;

/** What changes from one look to the next. */
let progress: { busy?: true; [member: string]: unknown }[];
const at = '2026-06-01T12:00:00.000Z';
const steps = (numbers: number[]) => numbers.map((number) => ({ number, outcome: 'DONE', at }));

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (body.length > 0) heard.push(body);
    const answer = answerTo(body);
    const status = answer.busy ? 503 : body.length > 0 ? 202 : 200;
    response.writeHead(status).end(JSON.stringify(answer));
  });
  const api = await listen(server);
  env = { APODERA_API: api, APODERA_PARTICIPANT: 'FINTECH_CL', APODERA_API_KEY: 'apo_dev_key' };
  writeFileSync(join(folder, 'chain.pem'), leaf.chainPem);
  writeFileSync(join(folder, 'key.pem'), await encryptedPem(leaf.key, 'correct horse battery'));
});
afterAll(async () => {
  await closeServer(server);
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  heard = [];
  progress = [];
  lie = undefined;
});

function answerTo(body: Buffer) {
  const messageId = body.length > 0 ? readEnvelope(body).header.messageId : 'm';
  const own = confirmationCode({ thumbprint: leaf.thumbprint, messageId, enrolmentId: 'E1' });
  return {
    enrolment_id: 'E1',
    network_status: 'pending',
    validity: 'valid',
    thumbprint: leaf.thumbprint,
    psc: 'PSC de prueba',
    confirmation_code: lie ?? own,
    operators: [],
    use: 'signing',
    created_at: at,
    steps: steps([1, 2, 6, 3, 4]),
    ...progress.shift(),
  };
}

const submit = () =>
  apodera(
    [
      ...['enrolment', 'submit', '--chain', join(folder, 'chain.pem'), '--key', join(folder, 'key.pem')],
      ...['--use', 'transport', '--reason', 'canal nuevo'],
    ],
    { env, typed: ['correct horse battery'] },
  );

test('S18 the code that is shown is made of what was sent and of the id that came back', async () => {
  const { exitCode, out } = await submit();
  expect(exitCode).toBe(exitCodes.DONE);
  const { messageId } = readEnvelope(heard[0]!).header;
  expect(out).toContain(confirmationCode({ thumbprint: leaf.thumbprint, messageId, enrolmentId: 'E1' }));
});

test('S18 N: a network that shows another code is not believed', async () => {
  lie = 'AAAAAA';
  const { exitCode, out, err } = await submit();
  expect(exitCode).toBe(exitCodes.FAULT);
  expect(out).toBe('');
  expect(err).toContain('shows another confirmation code (AAAAAA)');
});

test('S11 the proof of possession covers use and reason', async () => {
  await submit();
  const { header, document } = readEnvelope(heard[0]!);
  const parameters = document.parameters as {
    proof_of_possession: { alg: string; signature: string };
    use: string;
  };
  const claim = {
    thumbprint: leaf.thumbprint,
    sender: header.sender.finId,
    receiver: header.receiver.finId,
    messageId: header.messageId,
    creationDate: header.creationDateText,
    parametersSha256: parametersDigest(parameters),
  };
  const publicKey = createPublicKey(leaf.key);
  expect(verifyPossession(claim, parameters.proof_of_possession, publicKey)).toBeDefined();
  const other = { ...claim, parametersSha256: parametersDigest({ ...parameters, use: 'signing' }) };
  expect(possessionStatement(other)).not.toEqual(possessionStatement(claim));
  expect(() => verifyPossession(other, parameters.proof_of_possession, publicKey)).toThrow();
});

const stepLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => /^ +\d+ /.test(line))
    .map((line) => line.trim().split(/ {2,}/));

test('all sixteen steps are told, in the order of their numbers, with what each waits for', async () => {
  const { out } = await apodera(['enrolment', 'show', 'E1'], { env });
  const lines = stepLines(out);
  expect(lines.map(([name]) => Number.parseInt(name!, 10))).toEqual(numbers(1, 16));
  expect(lines[0]).toEqual(['1 received', 'DONE', at]);
  expect(lines[4]).toEqual(['5 security officer asked', 'waits for the security officer']);
  expect(lines[15]).toEqual(['16 settled, participant told', 'to come']);
});

test('people find on their page, in the same groups, what the command line shows of the certificate', async () => {
  const hex = Buffer.from(leaf.thumbprint, 'base64url').toString('hex');
  const { out } = await apodera(['enrolment', 'show', 'E1'], { env });
  expect(out).toContain(`${hex.slice(0, 8)} ${hex.slice(8, 16)} ${hex.slice(16, 24)}`);
});

test('a payout operator tells its own steps, and which are the network’s', async () => {
  const own = [7, 8, 10, 9].map((number) => ({ number, outcome: 'DONE', at }));
  progress = [
    { network_status: 'active', steps: [...own, { number: 14, outcome: 'ACTIVE', at }, ...steps([15])] },
  ];
  const lines = stepLines((await apodera(['enrolment', 'show', 'E1'], { env })).out);
  const at5and13 = [lines[4], lines[12], lines[13]].map((line) => line!.slice(1));
  expect(at5and13).toEqual([['at the network'], ['DONE'], ['ACTIVE', at]]);
});

test('who watches is told of each step as it moves, and of the end once', async () => {
  const operators = (status: string) => [{ fin_id: 'BANCO_CL', status, at }];
  progress = [
    {},
    { operators: operators('waiting') },
    { operators: operators('pending') },
    {
      network_status: 'active',
      operators: operators('accepted'),
      steps: [...steps([1, 2, 6, 3, 4]), { number: 16, outcome: 'ACTIVE', at }, ...steps([16])],
    },
  ];
  const { exitCode, out, err } = await apodera(['enrolment', 'watch', 'E1'], { env });
  expect(exitCode).toBe(exitCodes.DONE);
  const between = stepLines(err.slice(err.indexOf('Waiting for the people')));
  expect(between).toEqual([
    ['5 security officer asked', 'DONE'],
    ['7 sent to payout operator', 'waits for the payout operator'],
    ['7 sent to payout operator', 'DONE'],
    ['8 validated there', 'DONE'],
    ['10 chain stored there', 'DONE'],
    ['11 payout operator answered', 'PENDING', at],
    ['13 apoderado asked', 'waits for the apoderado'],
  ]);
  expect(stepLines(out).filter(([name]) => name!.startsWith('16'))).toEqual([
    ['16 settled, participant told', 'ACTIVE', at],
  ]);
});

test('who watches goes on where one answer does not come, and where the first does not, not', async () => {
  progress = [{}, { busy: true }, { busy: true }, { network_status: 'active' }];
  const { exitCode, err } = await apodera(['enrolment', 'watch', 'E1'], { env });
  expect(exitCode).toBe(exitCodes.DONE);
  expect(err.match(/still waiting/g)).toHaveLength(1);
  progress = [{ busy: true }];
  expect((await apodera(['enrolment', 'watch', 'E1'], { env })).exitCode).toBe(exitCodes.UNAVAILABLE);
});

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('which lists and responders were not heard is told while it waits for them', async () => {
  progress = [{ unheard: [{ source: 'http://crl.psc.example/ca.crl', code: 'UNREACHABLE' }] }];
  const { out } = await apodera(['enrolment', 'show', 'E1'], { env });
  expect(out).toMatch(/not heard +http:\/\/crl\.psc\.example\/ca\.crl {2}UNREACHABLE/);
});

test.each([true, false])(
  'the list of certificates says whether the participant is suspended: %s',
  async (suspended) => {
    const one = {
      thumbprint: 'T1',
      network_status: 'active',
      validity: 'valid',
      use: 'signing',
      not_after: at,
    };
    progress = [{ certificates: [one], suspended, warnings: [], next_cursor: null }];
    const { out } = await apodera(['certificate', 'list'], { env });
    expect(out.startsWith('You are suspended at this node')).toBe(suspended);
    expect(out).toContain('T1  active, valid');
  },
);

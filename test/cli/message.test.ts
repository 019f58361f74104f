import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { admitPayout } from '../../functions/admit-payout/admit-payout.ts';
import { readBody } from '../../local/endpoints/wire.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { debtor, payoutMessage, payoutWorld } from '../support/payouts.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-message-'));
const place = (name: string, content?: string | Uint8Array) => {
  if (content !== undefined) writeFileSync(join(folder, name), content);
  return join(folder, name);
};
let world: Awaited<ReturnType<typeof payoutWorld>>;
let server: Server;
let api: string;
let signer: string[];
beforeAll(async () => {
  world = await payoutWorld();
  const key = world.leaf.key.export({ type: 'pkcs8', format: 'pem' }) as string;
  signer = ['--key', place('key.pem', key), '--certificate', place('certificate.pem', world.leaf.pem)];
  server = createServer(async (request, response) => {
    const body = await readBody(request);
    const signature = String(request.headers['shinkansen-jws-signature']);
    const admitted = await admitPayout(world.ports, { body, signature, caller: world.caller });
    const refused = admitted.outcome === 'REFUSED';
    response.writeHead(refused ? 400 : admitted.outcome === 'KNOWN' ? 409 : 200);
    response.end(
      JSON.stringify(refused ? { code: admitted.refusals[0].code } : { transactions: admitted.transactions }),
    );
  });
  api = await listen(server);
});
afterAll(async () => {
  await closeServer(server);
  rmSync(folder, { recursive: true });
});

describe('apodera payout send', () => {
  const send = (file: string, json = true) => {
    const env = {
      APODERA_API: api,
      APODERA_API_KEY: 'k',
      APODERA_PARTICIPANT: debtor,
    };
    return apodera(['payout', 'send', file, ...signer, ...(json ? ['--json'] : [])], { env });
  };

  test('sends the bytes of the file, and sent again prints the same ids', async () => {
    const file = place('payouts.json', payoutMessage({ payouts: [{ id: 't-1' }] }));
    const [first, second] = [await send(file), await send(file)];
    expect([first.exitCode, second.exitCode]).toEqual([exitCodes.DONE, exitCodes.DONE]);
    expect(first.out).toContain('t-1');
    expect(second.out).toBe(first.out);
  });

  test('says whether it was recorded now or before, and how to follow it', async () => {
    const file = place('again.json', payoutMessage({ messageId: 'again', payouts: [{ id: 't-again' }] }));
    const [first, second] = [await send(file, false), await send(file, false)];
    expect(first.out).toMatch(/^recorded: .*\n.*\n +t-again .*\n\n.*apodera payout show t-again\n$/);
    expect(second.out).toMatch(/^already recorded: nothing was sent twice/);
    expect(second.out.split('\n').slice(1)).toEqual(first.out.split('\n').slice(1));
  });

  test('signs for no certificate that the key does not belong to, and sends nothing', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const key = place('other.pem', other.export({ type: 'pkcs8', format: 'pem' }) as string);
    const file = place('not-sent.json', payoutMessage({ payouts: [{ id: 't-not-sent' }] }));
    const env = { APODERA_API: 'http://127.0.0.1:9', APODERA_API_KEY: 'k', APODERA_PARTICIPANT: debtor };
    for (const words of [
      ['payout', 'send'],
      ['message', 'sign'],
    ]) {
      const ran = await apodera([...words, file, '--key', key, ...signer.slice(2)], { env });
      expect([ran.exitCode, ran.err]).toEqual([
        exitCodes.USAGE,
        `apodera: the private key does not belong to the certificate of "${place('certificate.pem')}"\n`,
      ]);
    }
  });

  test('names the code of what is refused', async () => {
    const refused = await send(place('zero.json', payoutMessage({ payouts: [{ amount: '0' }] })));
    expect(refused.exitCode).toBe(exitCodes.REFUSED);
    expect(refused.out + refused.err).toContain('AMOUNT_NOT_POSITIVE');
  });
});

describe('apodera message', () => {
  test('verifies what it signed, and diagnoses what a tool did to it', async () => {
    const file = place('body.json', payoutMessage());
    const signed = await apodera(['message', 'sign', file, ...signer]);
    expect(signed.exitCode).toBe(exitCodes.DONE);
    const check = ['--signature', place('signature', signed.out), ...signer.slice(2)];
    expect((await apodera(['message', 'verify', file, ...check])).exitCode).toBe(exitCodes.DONE);
    const changed = place('changed.json', JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 2));
    // What was signed is in the published clients' spelling, what lies here is indented.
    const compact = place('compact.json', JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))));
    const over = await apodera(['message', 'sign', compact, ...signer]);
    const other = ['--signature', place('other', over.out), ...signer.slice(2)];
    expect((await apodera(['message', 'verify', changed, ...other])).exitCode).toBe(exitCodes.REFUSED);
    const said = await apodera(['message', 'diagnose', changed, ...other]);
    expect([said.exitCode, said.out]).toEqual([
      exitCodes.REFUSED,
      expect.stringContaining('RESERIALISED') as string,
    ]);
    expect((await apodera(['message', 'diagnose', file, ...check])).out).toContain('HOLDS');
  });
});

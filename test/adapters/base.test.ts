import { constants, createHash, verify } from 'node:crypto';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../adapters/clock.ts';
import { readConfig } from '../../adapters/config.ts';
import { ulids } from '../../adapters/ids.ts';
import { logCodes } from '../../adapters/log-codes.ts';
import { fitFields } from '../../adapters/logger.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryP256Signer, memoryRsaSigner } from '../../adapters/memory/signer.ts';
import { closeServer, listen } from '../../local/loopback.ts';

describe('the configuration', () => {
  test('gives what was asked for, with its types and defaults', () => {
    const environment = { NODE_ROLE: 'network', TABLE_NAME: 'node' };
    expect(readConfig(['nodeRole', 'tableName', 'confirmationTimeoutSeconds'], environment)).toEqual({
      nodeRole: 'network',
      tableName: 'node',
      confirmationTimeoutSeconds: 259_200,
    });
  });

  test('names every variable that is missing or wrong, and no value', () => {
    const environment = { NODE_ROLE: 'bank', CONFIRMATION_TIMEOUT_SECONDS: '-1' };
    const read = () => readConfig(['nodeRole', 'tableName', 'confirmationTimeoutSeconds'], environment);
    expect(read).toThrow(/"NODE_ROLE".*"TABLE_NAME" is not set.*"CONFIRMATION_TIMEOUT_SECONDS"/);
    expect(read).not.toThrow(/bank/);
  });
});

describe('the clock', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  test('is the machine’s own unless a virtual one is named', () => {
    const before = Date.now();
    const told = nodeClock({}).now().getTime();
    expect([before <= told, told <= Date.now()]).toEqual([true, true]);
  });

  test.each(['dev', 'prod', undefined])('refuses a virtual clock at a node whose stage is %s', (stage) => {
    expect(() => nodeClock({ APODERA_CLOCK_URL: 'http://127.0.0.1:1', NODE_STAGE: stage })).toThrow(
      /local only/,
    );
  });

  test('follows the virtual clock as of each invocation', async () => {
    let now = '2030-01-01T00:00:00.000Z';
    const server = createServer((request, answer) =>
      answer.end(JSON.stringify(request.url === '/now' ? { now } : {})),
    );
    stops.push(() => closeServer(server));
    const clock = nodeClock({ APODERA_CLOCK_URL: await listen(server), NODE_STAGE: 'local' });
    await clock.tune();
    expect(clock.now().getUTCFullYear()).toBe(2030);
    now = '2031-01-01T00:00:00.000Z';
    await clock.tune();
    expect(clock.now().getUTCFullYear()).toBe(2031);
  });
});

describe('ids', () => {
  const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

  test('are 26 characters that sort by time and tell it', () => {
    const clock = memoryClock();
    const ids = ulids(clock);
    const first = ids.next();
    clock.advance(1);
    const second = ids.next();
    expect(first).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(first < second).toBe(true);
    const time = [...second.slice(0, 10)].reduce((sum, one) => sum * 32 + crockford.indexOf(one), 0);
    expect(time).toBe(clock.now().getTime());
    expect(ids.next()).not.toBe(ids.next());
  });
});

describe('the log', () => {
  test('every code has one sentence', () => {
    for (const [, sentence] of Object.values(logCodes)) expect(sentence).toMatch(/^[A-Z].*[^.]\.$/);
    expect(Object.keys(logCodes)).toEqual(Object.keys(logCodes).sort());
  });

  test('cuts away what no id or count looks like', () => {
    const fields = {
      enrolmentId: 'ENR1',
      count: 3,
      error: '-----BEGIN PRIVATE KEY-----',
      source: 'http://psc.example/crl?a=1',
      kind: 'x'.repeat(129),
      scope: 'María José Pérez Soto',
      item: '{"whole":"event"}',
      personId: 'maria@example.com',
      reference: { object: true },
    };
    expect(fitFields(fields as never)).toEqual({
      enrolmentId: 'ENR1',
      count: 3,
      error: 'unfit',
      source: 'http://psc.example/crl?a=1',
      kind: 'unfit',
      scope: 'unfit',
      item: 'unfit',
      personId: 'unfit',
    });
  });
});

describe('signers of this process', () => {
  const rsa = memoryRsaSigner();
  const p256 = memoryP256Signer();

  test('sign digests as OpenSSL verifies messages, whatever the message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (message) => {
        const digest = createHash('sha256').update(message).digest();
        expect(verify('sha256', message, p256.publicKey, await p256.sign(digest))).toBe(true);
        const pss = { key: rsa.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
        expect(verify('sha256', message, pss, await rsa.sign(digest))).toBe(true);
      }),
    );
  });
});

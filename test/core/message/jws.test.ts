import fc from 'fast-check';
import { CompactSign, FlattenedSign, flattenedVerify, importX509 } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { readDetachedJws, signDetached, verifyDetached } from '../../../core/message/jws.ts';
import { refusalCode } from '../../support/refusal-code.ts';
import { type SigningParty, signingParty } from '../../support/signer.ts';

let party: SigningParty;
let other: SigningParty;
const body = Buffer.from('{"document": {"header": {}, "note": "caf\\u00e9"}}\r\n\u0000\u0080', 'latin1');

beforeAll(async () => {
  [party, other] = await Promise.all([signingParty(), signingParty()]);
});

const code = (run: () => unknown) => refusalCode(run, 'ACCEPTED');

const verifyWith = (header: string, bytes: Uint8Array = body, key = party) =>
  verifyDetached(readDetachedJws(header), bytes, key);

/** Signs any protected header with the party's key, as a careless or hostile client could. */
async function signHeader(header: unknown, raw?: string): Promise<string> {
  const text = raw ?? JSON.stringify(header);
  const protectedHeader = Buffer.from(text).toString('base64url');
  const { createHash } = await import('node:crypto');
  const digest = createHash('sha256').update(`${protectedHeader}.`).update(body).digest();
  return `${protectedHeader}..${Buffer.from(await party.sign(digest)).toString('base64url')}`;
}

const x5c = () => [Buffer.from(party.certificateDer).toString('base64')];
const good = () => ({ alg: 'PS256', b64: false, crit: ['b64'], x5c: x5c() });

describe('with jose as peer', () => {
  test('verifies what jose signs', async () => {
    const jws = await new FlattenedSign(body).setProtectedHeader(good()).sign(party.privateKey);
    expect(verifyWith(`${jws.protected}..${jws.signature}`).thumbprint).toBe(party.thumbprint);
  });

  test('jose verifies what signDetached signs, and the header has the published order', async () => {
    const header = await signDetached(body, party.certificateDer, party);
    const [protectedHeader, , signature] = header.split('.') as [string, string, string];
    const pem = `-----BEGIN CERTIFICATE-----\n${x5c()[0]}\n-----END CERTIFICATE-----`;
    const key = await importX509(pem, 'PS256');
    await flattenedVerify({ protected: protectedHeader, payload: body, signature }, key);
    expect(Buffer.from(protectedHeader, 'base64url').toString()).toBe(JSON.stringify(good()));
  });

  test('refuses a compact JWS that carries its payload', async () => {
    const jws = await new CompactSign(body)
      .setProtectedHeader({ alg: 'PS256', x5c: x5c() })
      .sign(party.privateKey);
    expect(code(() => readDetachedJws(jws))).toBe('SIGNATURE_MALFORMED');
  });
});

describe('the profile', () => {
  test('tolerates further certificates and unknown names that crit does not list', async () => {
    const header = await signHeader({ ...good(), x5c: [...x5c(), 'AAAA'], typ: 'JOSE', kid: '1' });
    expect(verifyWith(header).signature).toBe(header);
  });

  const changes: Record<string, (header: Record<string, unknown>) => unknown> = {
    'alg RS256': (h) => ({ ...h, alg: 'RS256' }),
    'alg none': (h) => ({ ...h, alg: 'none' }),
    'no alg': ({ alg: _, ...h }) => h,
    'b64 true': (h) => ({ ...h, b64: true }),
    'no b64': ({ b64: _, ...h }) => h,
    'no crit': ({ crit: _, ...h }) => h,
    'an unknown name in crit': (h) => ({ ...h, crit: ['b64', 'exp'], exp: 1 }),
    'an empty crit': (h) => ({ ...h, crit: [] }),
    'crit naming b64 twice': (h) => ({ ...h, crit: ['b64', 'b64'] }),
    'no x5c': ({ x5c: _, ...h }) => h,
    'an empty x5c': (h) => ({ ...h, x5c: [] }),
    'x5c as a bare string': (h) => ({ ...h, x5c: x5c()[0] }),
    'x5c in base64url': (h) => ({ ...h, x5c: [Buffer.from(party.certificateDer).toString('base64url')] }),
    'x5c as PEM': (h) => ({ ...h, x5c: [`-----BEGIN CERTIFICATE-----\n${x5c()[0]}`] }),
    'nine certificates': (h) => ({ ...h, x5c: [...x5c(), ...Array(8).fill('AAAA')] }),
  };
  for (const [name, change] of Object.entries(changes)) {
    test(`refuses ${name}`, async () => {
      const header = await signHeader(change(good()));
      expect(code(() => verifyWith(header))).toBe('SIGNATURE_PROFILE');
    });
  }

  test('refuses a protected header that names the same key twice', async () => {
    const header = await signHeader({}, JSON.stringify(good()).replace('{', '{"alg":"none",'));
    expect(code(() => verifyWith(header))).toBe('SIGNATURE_MALFORMED');
  });

  test('refuses a header that is missing, padded, spaced, in two parts, with a middle, or too long', async () => {
    const header = await signHeader(good());
    expect(code(() => readDetachedJws(undefined))).toBe('SIGNATURE_MISSING');
    expect(code(() => readDetachedJws(''))).toBe('SIGNATURE_MISSING');
    const wrong = [
      `${header}=`,
      ` ${header}`,
      `${header}\n`,
      header.replace('..', '.'),
      header.replace('..', '.e30.'),
    ];
    for (const value of [...wrong, '..', 'a..', `${header}${'A'.repeat(8000)}`]) {
      expect(code(() => readDetachedJws(value))).toBe('SIGNATURE_MALFORMED');
    }
  });
});

describe('the signature', () => {
  test('refuses any changed, added or removed byte of the body', async () => {
    const header = await signDetached(body, party.certificateDer, party);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const mutated = Buffer.from(body);
        mutated[at]! ^= flip;
        expect(code(() => verifyWith(header, mutated))).toBe('SIGNATURE_INVALID');
      }),
      { numRuns: 300 },
    );
    for (const changed of [
      Buffer.concat([body, Buffer.from('\n')]),
      body.subarray(1),
      body.subarray(0, -1),
    ]) {
      expect(code(() => verifyWith(header, changed))).toBe('SIGNATURE_INVALID');
    }
  });

  test('refuses any changed character of the header', async () => {
    const header = await signDetached(body, party.certificateDer, party);
    fc.assert(
      fc.property(
        fc.nat(header.length - 1),
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary-ascii' }),
        (at, put) => {
          fc.pre(header[at] !== put);
          const mutated = header.slice(0, at) + put + header.slice(at + 1);
          expect(code(() => verifyWith(mutated))).not.toBe('ACCEPTED');
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("refuses another party's key, and a certificate that is not the one to verify with", async () => {
    const header = await signDetached(body, party.certificateDer, other);
    expect(code(() => verifyWith(header))).toBe('SIGNATURE_INVALID');
    expect(code(() => verifyWith(header, body, other))).toBe('SIGNATURE_OTHER_CERTIFICATE');
  });

  test('refuses a salt of another length than the hash', async () => {
    const { constants, sign } = await import('node:crypto');
    const protectedHeader = Buffer.from(JSON.stringify(good())).toString('base64url');
    const input = Buffer.concat([Buffer.from(`${protectedHeader}.`), body]);
    const key = { key: party.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 };
    const header = `${protectedHeader}..${sign('sha256', input, key).toString('base64url')}`;
    expect(code(() => verifyWith(header))).toBe('SIGNATURE_INVALID');
  });

  test.each([['RSA of 1024 bits', 1024] as const, ['an EC key', 'P-256'] as const])(
    'refuses %s',
    async (_, kind) => {
      const weak = await signingParty(kind);
      const header = await signDetached(body, weak.certificateDer, party);
      expect(code(() => verifyWith(header, body, weak))).toBe('SIGNING_KEY_UNSUITABLE');
    },
  );
});

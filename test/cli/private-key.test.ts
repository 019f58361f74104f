import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Call } from '../../cli/command.ts';
import { encryptedPem } from '../../cli/keys/key-file.ts';
import { withToken } from '../../cli/keys/pkcs11.ts';
import { type PrivateKey, withPrivateKey } from '../../cli/keys/private-key.ts';
import { signDigestPss } from '../../cli/keys/pss.ts';
import { styleFor } from '../../cli/style.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { readDetachedJws, signDetached, verifyDetached } from '../../core/message/jws.ts';
import { possessionStatement, verifyPossession } from '../../core/message/possession.ts';
import { issueLeaf, type KeyKind, makeAuthority, testKey } from '../support/certificates.ts';
import { openSoftHsm, pkcs11, softHsmModule, tokenLabel, tokenPin } from '../support/soft-hsm.ts';
import { terminalFor } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-private-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

const password = 'correct horse battery';
const root = makeAuthority({ name: 'Private Key Root' });
const claim = {
  thumbprint: 'x'.repeat(43) as Thumbprint,
  sender: 'FINTECH',
  receiver: 'SHINKANSEN',
  messageId: 'm-1',
  creationDate: '2026-06-01T00:00:00Z',
  parametersSha256: 'p'.repeat(43),
};

function opened<T>(options: Record<string, string>, use: (key: PrivateKey) => Promise<T>): Promise<T> {
  const { terminal } = terminalFor({ env: { SECRET: password, PIN: tokenPin } });
  return withPrivateKey(new Call(options, [], terminal, styleFor(false)), use);
}

async function keyFile(kind: KeyKind): Promise<Record<string, string>> {
  const file = join(folder, `${kind}.pem`);
  writeFileSync(file, await encryptedPem(testKey(kind), password));
  return { key: file, 'password-env': 'SECRET' };
}

/** Signs a message and a possession with the key, and lets the node's own rules judge them. */
async function judge(key: PrivateKey): Promise<void> {
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), type: 'spki', format: 'der' });
  const proof = {
    alg: key.possessionAlgorithm,
    signature: await key.signPossession(possessionStatement(claim)),
  };
  expect(verifyPossession(claim, proof, publicKey)).toBeDefined();
  const body = Buffer.from('{"document":{}}');
  const { der } = issueLeaf(root, { spki: key.spki });
  const header = await signDetached(body, der, key);
  const signed = { publicKey, thumbprint: thumbprintOf(der) };
  expect(verifyDetached(readDetachedJws(header), body, signed).body).toBe(body);
}

describe('the private key of a command', () => {
  test('in a file signs messages and possession as the rules want them', async () => {
    await opened(await keyFile('rsa-2048'), judge);
  });

  test.each(['ec-p256', 'ec-p384'] as const)(
    'of %s proves possession, and signs no message',
    async (kind) => {
      await opened(await keyFile(kind), async (key) => {
        const proof = {
          alg: key.possessionAlgorithm,
          signature: await key.signPossession(possessionStatement(claim)),
        };
        expect(verifyPossession(claim, proof, createPublicKey(testKey(kind)))).toBeDefined();
        await expect(key.sign(Buffer.alloc(32))).rejects.toThrow('RSA keys only');
      });
    },
  );

  test.each([[{}], [{ key: 'a', module: 'b' }]])('is named in one place: %j is refused', async (options) => {
    await expect(opened(options as Record<string, string>, judge)).rejects.toThrow('name the private key');
  });

  test.each(['rsa-2048', 'rsa-3072'] as const)(
    'makes of a digest with %s what OpenSSL verifies as PSS',
    (kind) => {
      const key = testKey(kind);
      const message = Buffer.from('message');
      const signature = signDigestPss(key, createHash('sha256').update(message).digest());
      const pss = { key: createPublicKey(key), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      expect(verify('sha256', message, pss, signature)).toBe(true);
      expect(() => signDigestPss(key, message)).toThrow(RangeError);
    },
  );
});

if (softHsmModule) {
  const module = softHsmModule;
  describe('the private key of a command, in an HSM', () => {
    let close: () => void;
    beforeAll(() => {
      close = openSoftHsm(folder);
    });
    afterAll(() => close());

    test('signs messages and possession as the rules want them, and cannot be taken out', async () => {
      const choice = { module, token: tokenLabel, pin: tokenPin };
      const made = await withToken(choice, (token) => token.createRsaKey('camila', 2048));
      const options = { module, token: tokenLabel, label: 'camila', 'pin-env': 'PIN' };
      await opened(options, async (key) => {
        expect(Buffer.from(key.spki).equals(made.spki)).toBe(true);
        await judge(key);
      });
      expect(() => privateExponent(module)).toThrow('CKR_ATTRIBUTE_SENSITIVE');
    });
  });
}

/** What a thief with the PIN would ask the module for. */
function privateExponent(module: string): Buffer {
  const library = pkcs11!;
  const thief = new library.PKCS11();
  thief.load(module);
  thief.C_Initialize();
  try {
    const slot = thief
      .C_GetSlotList(true)
      .find((each) => thief.C_GetTokenInfo(each).label.trim() === tokenLabel)!;
    const session = thief.C_OpenSession(slot, library.CKF_SERIAL_SESSION);
    thief.C_Login(session, library.CKU_USER, tokenPin);
    thief.C_FindObjectsInit(session, [{ type: library.CKA_CLASS, value: library.CKO_PRIVATE_KEY }]);
    const [key] = thief.C_FindObjects(session, 1);
    const [exponent] = thief.C_GetAttributeValue(session, key!, [{ type: library.CKA_PRIVATE_EXPONENT }]);
    return exponent!.value as Buffer;
  } finally {
    thief.C_Finalize();
    thief.close();
  }
}

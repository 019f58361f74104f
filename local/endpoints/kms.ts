// What does KMS do for the code? It signs digests (RSA PSS, ECDSA P-256), shows public keys, encrypts small
// values under a context, makes data keys and MACs. Policies, grants, rotation and deletion are not here.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { signDigestPss } from '../../cli/keys/pss.ts';
import {
  type Key,
  type KeyRing,
  type KeySpec,
  type KmsOptions,
  openKeyRing,
  signingAlgorithms,
  usage,
} from './kms-keys.ts';
import { signDigestEcdsa, signDigestPkcs1 } from './kms-signatures.ts';
import {
  AwsError,
  bytes,
  type Json,
  jsonService,
  type Operations,
  type ServiceHandler,
  text,
} from './wire.ts';

export interface Kms {
  readonly handler: ServiceHandler;
  /** Idempotent by alias (`alias/...`): the key behind it, made now (from `privateKeyPem` if given) when there is none. */
  seedKey(seed: { alias: string; spec: KeySpec; privateKeyPem?: string }): { keyId: string; arn: string };
  close(): void;
}

export function openKms(options: KmsOptions): Kms {
  const ring = openKeyRing(options);
  return {
    handler: jsonService({ ...keyOperations(ring), ...signing(ring), ...encryption(ring), ...macs(ring) }),
    seedKey({ alias, spec, privateKeyPem }) {
      const known = ring.aliasTarget(alias);
      const id = known ?? ring.create(spec, alias, privateKeyPem).id;
      if (!known) ring.setAlias(alias, id);
      return { keyId: id, arn: ring.arnOf(id) };
    },
    close: () => ring.close(),
  };
}

const keyNamed = (ring: KeyRing, input: Json, expectedUsage: string): Key =>
  requireUsage(ring.find(text(input, 'KeyId')), expectedUsage);

function keyOperations(ring: KeyRing): Operations {
  return {
    CreateKey(input) {
      return { KeyMetadata: ring.metadata(ring.create(specOf(input), String(input.Description ?? ''))) };
    },
    CreateAlias(input) {
      const alias = text(input, 'AliasName');
      if (ring.aliasTarget(alias)) throw new AwsError('AlreadyExistsException', `Alias "${alias}" exists.`);
      ring.setAlias(alias, ring.find(text(input, 'TargetKeyId')).id);
    },
    DescribeKey: (input) => ({ KeyMetadata: ring.metadata(ring.find(text(input, 'KeyId'))) }),
  };
}

function signing(ring: KeyRing): Operations {
  return {
    GetPublicKey(input) {
      const key = keyNamed(ring, input, 'SIGN_VERIFY');
      const der = createPublicKey(ring.privateKey(key)).export({ type: 'spki', format: 'der' });
      const { KeyUsage, KeySpec, SigningAlgorithms } = ring.metadata(key);
      return {
        KeyId: ring.arnOf(key.id),
        PublicKey: der.toString('base64'),
        KeyUsage,
        KeySpec,
        SigningAlgorithms,
      };
    },
    Sign(input) {
      const key = keyNamed(ring, input, 'SIGN_VERIFY');
      const digest = digestToSign(key, input);
      const algorithm = text(input, 'SigningAlgorithm');
      const signature = Buffer.from(signers[algorithm]!(ring.privateKey(key), digest)).toString('base64');
      return { KeyId: ring.arnOf(key.id), Signature: signature, SigningAlgorithm: algorithm };
    },
  };
}

const signers: Readonly<Record<string, (key: KeyObject, digest: Buffer) => Uint8Array>> = {
  RSASSA_PSS_SHA_256: signDigestPss,
  RSASSA_PKCS1_V1_5_SHA_256: signDigestPkcs1,
  ECDSA_SHA_256: signDigestEcdsa,
};

function encryption(ring: KeyRing): Operations {
  return {
    Encrypt(input) {
      const key = keyNamed(ring, input, 'ENCRYPT_DECRYPT');
      const plaintext = bytes(input, 'Plaintext');
      if (plaintext.length > 4096)
        throw new AwsError('ValidationException', '"Plaintext" exceeds 4096 bytes.');
      const blob = seal(key, plaintext, contextOf(input)).toString('base64');
      return { KeyId: ring.arnOf(key.id), CiphertextBlob: blob, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    },
    Decrypt(input) {
      const blob = bytes(input, 'CiphertextBlob');
      const key = ring.byId(blob.subarray(0, 36).toString('latin1'));
      if (!key)
        throw new AwsError('InvalidCiphertextException', 'The ciphertext names no key of this endpoint.');
      if (input.KeyId && ring.find(text(input, 'KeyId')).id !== key.id) {
        throw new AwsError('IncorrectKeyException', 'The ciphertext was made by another key.');
      }
      const plaintext = unseal(key, blob, contextOf(input)).toString('base64');
      return { KeyId: ring.arnOf(key.id), Plaintext: plaintext, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    },
    GenerateDataKey(input) {
      const key = keyNamed(ring, input, 'ENCRYPT_DECRYPT');
      const plaintext = randomBytes(dataKeyBytes(input));
      const blob = seal(key, plaintext, contextOf(input)).toString('base64');
      return { KeyId: ring.arnOf(key.id), CiphertextBlob: blob, Plaintext: plaintext.toString('base64') };
    },
  };
}

function macs(ring: KeyRing): Operations {
  return {
    GenerateMac(input) {
      const key = keyNamed(ring, input, 'GENERATE_VERIFY_MAC');
      return {
        KeyId: ring.arnOf(key.id),
        MacAlgorithm: 'HMAC_SHA_256',
        Mac: macOf(key, input).toString('base64'),
      };
    },
    VerifyMac(input) {
      const key = keyNamed(ring, input, 'GENERATE_VERIFY_MAC');
      const [given, expected] = [bytes(input, 'Mac'), macOf(key, input)];
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new AwsError('KMSInvalidMacException', 'The MAC does not match.');
      }
      return { KeyId: ring.arnOf(key.id), MacAlgorithm: 'HMAC_SHA_256', MacValid: true };
    },
  };
}

function specOf(input: Json): KeySpec {
  const spec = String(input.KeySpec ?? 'SYMMETRIC_DEFAULT');
  if (!Object.hasOwn(usage, spec))
    throw new AwsError('ValidationException', `"KeySpec" ${spec} is not supported here.`);
  return spec as KeySpec;
}

function requireUsage(key: Key, expected: string): Key {
  if (usage[key.spec] === expected) return key;
  throw new AwsError(
    'InvalidKeyUsageException',
    `Key "${key.id}" is for ${usage[key.spec]}, not ${expected}.`,
  );
}

function digestToSign(key: Key, input: Json): Buffer {
  if (input.MessageType !== 'DIGEST') {
    throw new AwsError(
      'ValidationException',
      '"MessageType" must be DIGEST: the local endpoint signs nothing else.',
    );
  }
  const known = signingAlgorithms[key.spec] ?? [];
  if (!known.includes(String(input.SigningAlgorithm)))
    throw new AwsError('InvalidKeyUsageException', `"SigningAlgorithm" must be ${known.join(' or ')}.`);
  const digest = bytes(input, 'Message');
  if (digest.length !== 32)
    throw new AwsError('ValidationException', '"Message" must be a digest of 32 bytes.');
  return digest;
}

function dataKeyBytes(input: Json): number {
  const length =
    input.KeySpec === 'AES_256' ? 32 : input.KeySpec === 'AES_128' ? 16 : Number(input.NumberOfBytes);
  if (length > 0 && length <= 1024) return length;
  throw new AwsError('ValidationException', '"KeySpec" or "NumberOfBytes" (1 to 1024) is required.');
}

function macOf(key: Key, input: Json): Buffer {
  if (input.MacAlgorithm !== 'HMAC_SHA_256')
    throw new AwsError('InvalidKeyUsageException', '"MacAlgorithm" must be HMAC_SHA_256.');
  return createHmac('sha256', Buffer.from(key.secret, 'base64')).update(bytes(input, 'Message')).digest();
}

/** Pairs in order of their names, so that the order in which the caller wrote them does not count. */
function contextOf(input: Json): Buffer {
  return Buffer.from(
    JSON.stringify(Object.entries(input.EncryptionContext ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

/** Blob: key id (36) ‖ iv (12) ‖ tag (16) ‖ AES-256-GCM ciphertext. */
function seal(key: Key, plaintext: Buffer, context: Buffer): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.secret, 'base64'), iv).setAAD(context);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id, 'latin1'), iv, cipher.getAuthTag(), body]);
}

function unseal(key: Key, blob: Buffer, context: Buffer): Buffer {
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      Buffer.from(key.secret, 'base64'),
      blob.subarray(36, 48),
    );
    decipher.setAAD(context).setAuthTag(blob.subarray(48, 64));
    return Buffer.concat([decipher.update(blob.subarray(64)), decipher.final()]);
  } catch {
    throw new AwsError(
      'InvalidCiphertextException',
      'The ciphertext or its encryption context is not the original.',
    );
  }
}

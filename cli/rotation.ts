// A whole rotation in one command: a new key, the PSC's certificate for it, its enrolment signed by the old one, the wait
// for the people who confirm, and the change of the files that the participant's system signs with. Each step leaves its
// file in one folder before the next begins, so that the same command again goes on where it stopped.

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLeaf } from '../core/certificate/bundle.ts';
import type { ParsedCertificate } from '../core/certificate/certificate.ts';
import { readChain } from '../core/certificate/chain-file.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { buildRequest } from '../core/certificate/request.ts';
import { thumbprintOf } from '../core/certificate/thumbprint.ts';
import { Refusal } from '../core/errors.ts';
import { signDetached } from '../core/message/jws.ts';
import { enrolmentLimits } from '../core/policy.ts';
import type { Call, Option, Outcome } from './command.ts';
import { enrolRequest, sendEnrolment, watchEnrolment, watchOptions } from './enrolling.ts';
import { exitCodes, UsageError } from './exit-codes.ts';
import { encryptedPem, generateKey, keyTypes, pem, readKeyFile, writeNew } from './keys/key-file.ts';
import { type Token, type TokenKey, withToken } from './keys/pkcs11.ts';
import {
  keyOfFile,
  keyOfToken,
  type PrivateKey,
  requireKeyOf,
  tokenChoice,
  tokenOptions,
} from './keys/private-key.ts';
import { readSubject } from './keys/subject.ts';
import { apiOptions, type NodeApi, nodeApi } from './node-api.ts';
import { readSecret, secretOptions } from './password.ts';

export const rotationOptions: Record<string, Option> = {
  key: {
    type: 'string',
    short: 'k',
    value: '<file>',
    help: 'private key in use, PEM; needed, unless --module and --label name it',
  },
  certificate: { type: 'string', value: '<file>', required: true, help: 'certificate in use, PEM' },
  replaces: {
    type: 'string',
    value: '<x5t#S256>',
    help: 'its thumbprint, as the reminder names it: checked against the file',
  },
  folder: {
    type: 'string',
    value: '<folder>',
    required: true,
    help: 'for the new key, its request, the chain: empty at first, the same to go on',
  },
  psc: {
    type: 'string',
    value: '<command>',
    help: 'asks the PSC: takes the request (PEM) on standard input, prints the chain (PEM)',
  },
  chain: { type: 'string', value: '<file>', help: "the PSC's answer, PEM, where it came by another way" },
  subject: { type: 'string', value: '<name>', help: "of the request; the old certificate's by default" },
  'new-label': {
    type: 'string',
    value: '<label>',
    help: 'needed with --module: the new key is made in the token under it, and none is in a file',
  },
  type: { type: 'string', value: '<type>', help: `${keyTypes.join(', ')}; rsa-2048 by default` },
  reason: {
    type: 'string',
    value: '<text>',
    required: true,
    help: 'why; shown to the people who confirm, so in their language',
  },
  'keep-files': { type: 'boolean', help: 'leave --key and --certificate as they are' },
  ...secretOptions('password'),
  ...secretOptions('new-password'),
  ...tokenOptions,
  ...watchOptions,
  ...apiOptions,
};

export async function rotate(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const place = placesIn(call.required('folder'));
  if (existsSync(place.done))
    throw new UsageError(
      `the rotation in "${call.text('folder')}" is done: name an empty folder for the next`,
    );
  const [certificate] = readChain(readFileSync(call.required('certificate')));
  const old = parseCertificate(certificate!);
  const replaces = thumbprintOf(old.der);
  if ((call.text('replaces') ?? replaces) !== replaces)
    throw new UsageError(`"--replaces": the file "${call.text('certificate')}" holds ${replaces}`);
  if (
    !existsSync(place.message) &&
    !(await withKeys(call, place, (keys) => prepared(call, api, place, old, keys)))
  )
    return {
      json: { state: 'REQUEST_WRITTEN', request: place.request, replaces },
      text: `Have the PSC certify ${place.request}, then run the same command with --chain.`,
      exitCode: exitCodes.PENDING,
    };
  const outcome = await watchEnrolment(call, api, await sent(api, place));
  const { network_status: state, thumbprint } = outcome.json as Record<string, unknown>;
  if (state !== 'active') return outcome;
  const switched = call.flag('keep-files') ? [] : switchFiles(call, place, replaces);
  const lines = switched.map((line) => `\n${line}`).join('');
  return {
    ...outcome,
    json: { ...(outcome.json as object), replaces, switched: switched.length > 0 },
    text: `${thumbprint} has taken over from ${replaces}, which goes on working beside it for ${enrolmentLimits.rotationOverlapDays} days.${lines}`,
  };
}

/** What is kept of the rotation before anything is sent. @returns false where the PSC has not answered */
async function prepared(
  call: Call,
  api: NodeApi,
  place: Places,
  old: ParsedCertificate,
  { fresh, signer }: Keys,
): Promise<boolean> {
  if (!existsSync(place.request)) writeNew(place.request, await requestFor(call, old, fresh), 0o644);
  if (!existsSync(place.chain) && !(await chainFrom(call, place))) return false;
  const chain = readChain(readFileSync(place.chain));
  const reason = call.required('reason');
  const asked = { chain, use: 'signing' as const, reason, replaces: thumbprintOf(old.der) };
  const { body, ...names } = await enrolRequest(api, asked, fresh);
  const key = await signer();
  requireKeyOf(call.required('certificate'), old.der, key.spki);
  const signature = await signDetached(body, old.der, key);
  const kept = { ...names, body: Buffer.from(body).toString('base64'), signature };
  writeNew(place.message, JSON.stringify(kept), 0o600);
  return true;
}

type Places = ReturnType<typeof placesIn>;

function placesIn(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(folder, name);
  return {
    key: file('key.pem'),
    label: file('label'),
    request: file('request.pem'),
    chain: file('chain.pem'),
    message: file('message.json'),
    done: file('done'),
  };
}

interface Keys {
  readonly fresh: PrivateKey;
  /** The one in use; it is asked for only when something is to be signed. */
  readonly signer: () => Promise<PrivateKey>;
}

/** Each in a file or in the token, which is closed again before people are waited for. */
async function withKeys<T>(call: Call, place: Places, use: (keys: Keys) => Promise<T>): Promise<T> {
  const inFile = async () =>
    keyOfFile(await readKeyFile(call.required('key'), () => readSecret(call, 'password')));
  if (call.text('module') === undefined) {
    call.required('key');
    return use({ fresh: await newKeyFile(call, place), signer: inFile });
  }
  const labels = { old: call.text('label'), fresh: call.required('new-label') };
  if ((labels.old === undefined) === (call.text('key') === undefined))
    throw new UsageError('name the key in use: "--label" in the token, or "--key" for a file');
  return withToken(await tokenChoice(call), (token) =>
    use({
      fresh: keyOfToken(newTokenKey(call, place, token, labels.fresh)),
      signer: labels.old === undefined ? inFile : async () => keyOfToken(token.key(labels.old!)),
    }),
  );
}

async function newKeyFile(call: Call, { key: file }: Places): Promise<PrivateKey> {
  if (existsSync(file)) return keyOfFile(await readKeyFile(file, () => readSecret(call, 'new-password')));
  const password = await readSecret(call, 'new-password', { twice: true });
  const key = await generateKey(call.oneOf('type', keyTypes, 'rsa-2048'));
  writeNew(file, await encryptedPem(key, password), 0o600);
  return keyOfFile(key);
}

/** The label is written down before the key is made: found again it is this rotation's, otherwise somebody else's. */
function newTokenKey(call: Call, { label: file }: Places, token: Token, label: string): TokenKey {
  const isOurs = existsSync(file);
  if (isOurs && readFileSync(file, 'utf8') !== label)
    throw new UsageError(`"--new-label": this rotation makes "${readFileSync(file, 'utf8')}"`);
  if (token.has(label)) {
    if (isOurs) return token.key(label);
    throw new UsageError(`"--new-label": the token has a key "${label}" already`);
  }
  const type = call.oneOf('type', keyTypes, 'rsa-2048');
  if (!type.startsWith('rsa-')) throw new UsageError('"--type": keys in a token are RSA here');
  if (!isOurs) writeNew(file, label, 0o600);
  return token.createRsaKey(label, Number(type.slice(4)));
}

async function requestFor(call: Call, old: ParsedCertificate, key: PrivateKey): Promise<string> {
  const given = call.text('subject');
  const own = old.subject.rdns.flat().map(({ oid, text }) => ({ type: oid, value: text }));
  const der = await buildRequest({
    subject: given === undefined ? own : readSubject(given),
    spki: key.spki,
    algorithm: key.requestAlgorithm,
    sign: (bytes) => key.signRequest(bytes),
  });
  return pem('CERTIFICATE REQUEST', der);
}

/** What is not a chain is kept by nobody. @returns false where nobody was named to ask */
async function chainFrom(call: Call, place: Places): Promise<boolean> {
  const [command, file] = [call.text('psc'), call.text('chain')];
  if (command === undefined && file === undefined) return false;
  const text =
    file === undefined ? await answerOf(command!, readFileSync(place.request)) : readFileSync(file);
  try {
    findLeaf(readChain(text).map(parseCertificate));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new UsageError(
      `${file ? `"${file}"` : 'what "--psc" printed'} is no certificate chain: ${error.message}`,
    );
  }
  writeNew(place.chain, text.toString('utf8'), 0o644);
  return true;
}

function answerOf(command: string, request: Uint8Array): Promise<Buffer> {
  const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A command that does not read its input has its own reasons.
  child.stdin.on('error', () => undefined);
  child.stdin.end(request);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(Buffer.concat(chunks))
        : reject(new UsageError(`"--psc": the command ended with ${code}`)),
    );
  });
}

interface Kept {
  readonly body: string;
  readonly signature: string;
  readonly thumbprint: string;
  readonly messageId: string;
}

/** The very bytes that were kept: sent twice, they are one message. @returns the enrolment's id */
async function sent(api: NodeApi, place: Places): Promise<string> {
  const { body, ...kept } = JSON.parse(readFileSync(place.message, 'utf8')) as Kept;
  const request = { ...kept, thumbprint: kept.thumbprint as never, body: Buffer.from(body, 'base64') };
  return String((await sendEnrolment(api, request)).enrolment_id);
}

/** The old pair is kept beside the new one; each file changes in one step, and done twice nothing is lost. */
function switchFiles(call: Call, place: Places, replaces: string): string[] {
  const told: string[] = [];
  const label = call.text('new-label');
  for (const [option, fresh] of [['key', place.key] as const, ['certificate', place.chain] as const]) {
    if (option === 'key' && call.text('module') !== undefined) {
      told.push(`the new key is "${label}" in the token; the old one stays where it is`);
      continue;
    }
    const file = call.required(option);
    const before = `${file}.${replaces.slice(0, 8)}`;
    if (!existsSync(before)) copyFileSync(file, before);
    const next = `${file}.next`;
    writeFileSync(next, readFileSync(fresh), { mode: option === 'key' ? 0o600 : 0o644 });
    renameSync(next, file);
    told.push(`${file} is the new one; the old one is ${before}`);
  }
  writeFileSync(place.done, replaces);
  return told;
}

// What do the people of a key ceremony type? One command at a time against the HSM, apart from any serving process:
//   node proxy/ceremony.ts generate  --label <label> --kind P-256
//   node proxy/ceremony.ts csr       --label <label> --host <name> --out <file>
//   node proxy/ceremony.ts match     --label <label> --chain <file>
//   node proxy/ceremony.ts self-test --label <label>
//   node proxy/ceremony.ts install   --label <label> --chain <file> --host <name> --name <name> --parameters <prefix>
//   node proxy/ceremony.ts transport --label <label> --out <file>
//   node proxy/ceremony.ts import    --label <label> --transport <label> --wrapped <file>
//   node proxy/ceremony.ts destroy   --label <label>
// each with --module <path> [--token <label>] --pin-env <variable>; and, at the holder of a key to import, without an HSM:
//   node proxy/ceremony.ts wrap      --key <file> --transport <file> --out <file> [--passphrase-env <variable>]
// PIN and passphrase come from the environment, never from a line.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Hsm } from './hsm/hsm.ts';
import { importKey, makeTransportKey, readPrivateKey, type WrappedKey, wrapKey } from './hsm/import.ts';
import { destroyKey, findKey, generateKey, type KeyKind, keyKinds, requireMatch } from './hsm/key.ts';
import { requestIn, selfTest } from './hsm/sign.ts';

const options = {
  module: { type: 'string' },
  token: { type: 'string' },
  'pin-env': { type: 'string' },
  label: { type: 'string' },
  kind: { type: 'string', default: 'P-256' },
  host: { type: 'string' },
  out: { type: 'string' },
  chain: { type: 'string' },
  name: { type: 'string' },
  parameters: { type: 'string' },
  transport: { type: 'string' },
  wrapped: { type: 'string' },
  key: { type: 'string' },
  'passphrase-env': { type: 'string' },
} as const;
type Given = Partial<Record<keyof typeof options, string>>;

const commands: Record<string, (hsm: Hsm, given: Given) => Promise<string> | string> = {
  generate(hsm, given) {
    const kind = keyKinds.find((each) => each === given.kind) as KeyKind | undefined;
    if (!kind) throw new Error(`"--kind": expected one of ${keyKinds.join(', ')}, found "${given.kind}"`);
    const label = need(given, 'label');
    generateKey(hsm, label, kind);
    return `key "${label}" (${kind}) made in token "${hsm.token}"; it cannot leave it`;
  },
  async csr(hsm, given) {
    const [label, host, out] = [need(given, 'label'), need(given, 'host'), need(given, 'out')];
    const der = await requestIn(hsm, findKey(hsm, { label }), [{ type: 'CN', value: host }]);
    const body = Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g)!
      .join('\n');
    writeFileSync(out, `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`);
    return `request for "${host}", signed in the HSM, in ${out}`;
  },
  match(hsm, given) {
    const key = findKey(hsm, { label: need(given, 'label') });
    const { subject } = requireMatch(key, readFileSync(need(given, 'chain'), 'utf8'));
    return `the key belongs to the certificate of "${subject.replaceAll('\n', ', ')}"`;
  },
  async install(hsm, given) {
    const [label, name] = [need(given, 'label'), need(given, 'name')];
    const host = need(given, 'host').toLowerCase();
    const chainPem = readFileSync(need(given, 'chain'), 'utf8');
    requireMatch(findKey(hsm, { label }), chainPem);
    requireServable(chainPem, host, new Date());
    // Only here: nothing else of a ceremony needs AWS.
    const { SSMClient } = await import('@aws-sdk/client-ssm');
    const { installChain } = await import('./given/install.ts');
    const installed = { host, keyLabel: label, name, chainPem };
    const version = await installChain(new SSMClient(), need(given, 'parameters'), installed);
    return `"${host}" is served with it from version ${version} of the names on`;
  },
  transport(hsm, given) {
    const [label, out] = [need(given, 'label'), need(given, 'out')];
    const key = makeTransportKey(hsm, label);
    writeFileSync(out, key.export({ type: 'spki', format: 'pem' }));
    return `transport key "${label}" made in token "${hsm.token}"; its public half is in ${out}`;
  },
  import(hsm, given) {
    const [label, transport] = [need(given, 'label'), need(given, 'transport')];
    const wrapped = JSON.parse(readFileSync(need(given, 'wrapped'), 'utf8')) as WrappedKey;
    importKey(hsm, transport, label, wrapped);
    return `key "${label}" came into token "${hsm.token}" and cannot leave it; "${transport}" is gone; a copy may be left outside`;
  },
  destroy(hsm, given) {
    const label = need(given, 'label');
    destroyKey(hsm, label);
    return `key "${label}" is gone from token "${hsm.token}" for ever`;
  },
  'self-test'(hsm, given) {
    const results = selfTest(hsm, findKey(hsm, { label: need(given, 'label') }));
    if (results.some(({ problem }) => problem)) process.exitCode = 1;
    return results.map(({ algorithm, problem }) => `${algorithm}: ${problem ?? 'works'}`).join('\n');
  },
};

function need(given: Given, name: keyof typeof options): string {
  const value = given[name];
  if (!value) throw new Error(`"--${name}" is needed`);
  return value;
}

/** With names that no task can serve, what serves goes on, and no new task becomes ready. @throws Error */
function requireServable(chainPem: string, host: string, now: Date): void {
  const blocks = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const chain = blocks.map((pem) => new X509Certificate(pem));
  if (!chain[0]?.checkHost(host)) throw new Error(`the certificate is not one of "${host}"`);
  for (const [at, { subject, validFromDate: from, validToDate: until }] of chain.entries()) {
    const of = `the certificate of "${subject.replaceAll('\n', ', ')}"`;
    if (now < from || until <= now)
      throw new Error(`${of} is valid from ${from.toISOString()} to ${until.toISOString()}`);
    const issuer = chain[at + 1];
    if (issuer && !chain[at]!.checkIssued(issuer)) throw new Error(`${of} is not followed by its issuer's`);
  }
}

/** At the holder's: the key leaves this machine for the HSM alone. */
function wrap(given: Given): string {
  const [file, out] = [need(given, 'key'), need(given, 'out')];
  const variable = given['passphrase-env'];
  const key = readPrivateKey(readFileSync(file, 'utf8'), variable && process.env[variable]);
  const transport = createPublicKey(readFileSync(need(given, 'transport')));
  writeFileSync(out, JSON.stringify(wrapKey(transport, key)), { mode: 0o600 });
  return `wrapped in ${out}; destroy ${file} and every copy of it once the key is in the HSM`;
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ options, allowPositionals: true });
  if (positionals[0] === 'wrap') return void console.log(wrap(values));
  const command = commands[positionals[0] ?? ''];
  if (!command) throw new Error(`expected one of ${[...Object.keys(commands), 'wrap'].join(', ')}`);
  const variable = need(values, 'pin-env');
  const pin = process.env[variable];
  if (!pin) throw new Error(`"--pin-env": the variable ${variable} is empty`);
  const token = values.token === undefined ? {} : { token: values.token };
  const hsm = Hsm.open({ module: need(values, 'module'), ...token, pin });
  try {
    console.log(await command(hsm, values));
  } finally {
    hsm.end();
  }
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

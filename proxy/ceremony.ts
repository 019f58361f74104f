// What do the people of a key ceremony type? One command at a time against the HSM, apart from any serving process:
//   node proxy/ceremony.ts generate  --label <label> --kind P-256
//   node proxy/ceremony.ts csr       --label <label> --host <name> --out <file>
//   node proxy/ceremony.ts match     --label <label> --chain <file>
//   node proxy/ceremony.ts self-test --label <label>
// each with --module <path> [--token <label>] --pin-env <variable>. The PIN comes from the environment, never from a line.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Hsm } from './hsm/hsm.ts';
import { findKey, generateKey, type KeyKind, keyKinds, requireMatch } from './hsm/key.ts';
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

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ options, allowPositionals: true });
  const command = commands[positionals[0] ?? ''];
  if (!command) throw new Error(`expected one of ${Object.keys(commands).join(', ')}`);
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

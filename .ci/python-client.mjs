// The network's official Python client (PyPI, pinned), unmodified but for base URL and CA file, against a network of
// its own behind the mTLS edge: pays, receives and verifies signed responses, survives 409, 400 and 403. Needs Python 3
// with venv; a virtual environment under .cache/ keeps the client.

import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { signDigestPss } from '../cli/keys/pss.ts';
import { writeEnvelope } from '../core/message/envelope.ts';
import { signDetached } from '../core/message/jws.ts';
import { Chapters } from '../local/demo/chapters.ts';
import { Story } from '../local/demo/story.ts';
import { nodeIdentities, participants } from '../local/seed/cast.ts';
import { startWhole } from '../local/start.ts';

/** Everything that the client needs, as it was tested: a newer version of any is another client. */
const pinned = [
  'python-shinkansen==0.9.0',
  'jwcrypto==1.6.1',
  'cryptography==50.0.2',
  'requests==2.34.2',
  'urllib3==2.8.0',
  'certifi==2026.10.18',
];
const environment = resolve('.cache/python-client');
const python = join(environment, 'bin/python');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error || status !== 0) throw new Error(`${command}: ${error?.message ?? `exit ${status}`}`);
}

if (!existsSync(python)) run('python3', ['-m', 'venv', environment]);
run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...pinned]);

const folder = mkdtempSync(join(tmpdir(), 'apodera-python-'));
const file = (name, content) => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};
const pem = (der) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)
    .join('\n')}\n-----END CERTIFICATE-----\n`;

const whole = await startWhole({ dataFolder: join(folder, 'data'), ports: 'free', edge: true });
let code = 1;
try {
  if ('missing' in whole.edge) throw new Error(`no edge: ${whole.edge.missing}`);
  const chapters = new Chapters(whole, new Story(whole.clock, false));
  const submitted = await chapters.enrol(whole.seed.participants[0]);
  code = await client(chapters, submitted);
} finally {
  await whole.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);

async function client(chapters, { participant, issued, key }) {
  const network = await chapters.get('network', participant, '/v1/network/certificates');
  const config = {
    base_url: `${whole.edge.origin}/v1`,
    api_key: participant.apiKeys.network,
    participant: participant.finId,
    tax_id: participants.find(({ finId }) => finId === participant.finId).taxId,
    operator: nodeIdentities.operator.finId,
    account: '4242424242',
    foreign_account: '5151515151',
    key_file: file('key.pem', key.export({ type: 'pkcs8', format: 'pem' })),
    certificate_file: file('certificate.pem', pem(issued.chain[0])),
    network_certificate_files: network.certificates.map(({ certificate }, at) =>
      file(`network-${at}.pem`, pem(Buffer.from(certificate, 'base64'))),
    ),
  };
  const child = spawn(python, ['test/interop/client.py', JSON.stringify(config)], {
    env: { PATH: process.env.PATH, REQUESTS_CA_BUNDLE: whole.edge.caFile },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.on('exit', (status) => done(status ?? 1)));
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    if (!line.startsWith('{')) console.log(line);
    else {
      await register(chapters, { participant, issued, key }, JSON.parse(line).port);
      child.stdin.write('go\n');
    }
  }
  return ended;
}

/** By a signed message, as every participant registers one. */
async function register(chapters, { participant, issued, key }, port) {
  const header = {
    sender: { finId: participant.finId, finIdSchema: 'SHINKANSEN' },
    receiver: { finId: nodeIdentities.network.finId, finIdSchema: nodeIdentities.network.finIdSchema },
    messageId: randomUUID(),
    creationDate: whole.clock.now(),
  };
  const parameters = { purpose: 'payouts', url: `http://127.0.0.1:${port}/shinkansen/messages/` };
  const body = writeEnvelope(header, { action: 'webhook.register', parameters });
  const response = await fetch(`${chapters.origin('network', 'api')}/v1/webhooks`, {
    method: 'POST',
    headers: {
      'Shinkansen-Api-Key': participant.apiKeys.network,
      'Shinkansen-JWS-Signature': await signDetached(body, issued.chain[0], {
        sign: async (digest) => signDigestPss(key, digest),
      }),
      'Content-Type': 'application/json',
    },
    body,
  });
  if (response.status !== 200) throw new Error(`webhook: ${response.status} ${await response.text()}`);
}

// Does a scanner that is not ours find anything in the edge's TLS? sslyze against a whole edge with SoftHSM: old
// protocols, weak suites and curves, compression, renegotiation, Heartbleed, CCS injection, ROBOT, early data.
// Run: node .ci/tls-scan.mjs [path of sslyze]. Exit code 1 on a finding of medium or worse.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hosts, startStand } from '../test/support/edge-stand.ts';

const sslyze = process.argv[2] ?? '.venv/bin/sslyze';
const folder = mkdtempSync(join(tmpdir(), 'apodera-scan-'));

/** Each finding in one line; empty: nothing of medium or worse. */
function findings(result) {
  const found = [];
  const of = (name) => {
    const { status, result: answer } = result[name];
    if (status !== 'COMPLETED') found.push(`${name}: the scan itself ${status}`);
    return answer ?? {};
  };
  for (const old of ['ssl_3_0', 'tls_1_0', 'tls_1_1'])
    for (const { cipher_suite } of of(`${old}_cipher_suites`).accepted_cipher_suites ?? [])
      found.push(`${old} is spoken, with ${cipher_suite.name}`);
  const suites = ['tls_1_2', 'tls_1_3'].flatMap(
    (name) => of(`${name}_cipher_suites`).accepted_cipher_suites ?? [],
  );
  if (suites.length === 0) found.push('no suite of TLS 1.2 or 1.3 was accepted: nothing was scanned');
  for (const { cipher_suite, ephemeral_key } of suites) {
    if (!/GCM|CHACHA20/.test(cipher_suite.name)) found.push(`${cipher_suite.name} does not authenticate`);
    if (cipher_suite.is_anonymous || cipher_suite.key_size < 128) found.push(`${cipher_suite.name} is weak`);
    if (ephemeral_key && ephemeral_key.size < 224)
      found.push(`${cipher_suite.name} with a short ephemeral key`);
    if (!ephemeral_key && !/^TLS_AES|^TLS_CHACHA/.test(cipher_suite.name))
      found.push(`${cipher_suite.name} has no forward secrecy`);
  }
  if (of('tls_compression').supports_compression) found.push('compression (CRIME)');
  if (of('tls_1_3_early_data').supports_early_data) found.push('early data can be replayed');
  if (of('openssl_ccs_injection').is_vulnerable_to_ccs_injection) found.push('CCS injection');
  if (of('heartbleed').is_vulnerable_to_heartbleed) found.push('Heartbleed');
  if (/VULNERABLE_(WEAK|STRONG)/.test(of('robot').robot_result)) found.push('ROBOT');
  const renegotiation = of('session_renegotiation');
  if (renegotiation.is_vulnerable_to_client_renegotiation_dos) found.push('renegotiation by the client');
  if (renegotiation.supports_secure_renegotiation === false) found.push('no secure renegotiation');
  if (of('tls_extended_master_secret').supports_ems_extension === false)
    found.push('no extended master secret');
  for (const { name, size } of of('elliptic_curves').supported_curves ?? [])
    if (size < 224) found.push(`the curve ${name} is too small`);
  return found;
}

// SSL 2.0 is in no OpenSSL of today, and sslyze cannot ask for it with a client's certificate.
const versions = ['sslv3', 'tlsv1', 'tlsv1_1', 'tlsv1_2', 'tlsv1_3'];
const flaws = [
  'compression',
  'early_data',
  'openssl_ccs',
  'heartbleed',
  'robot',
  'reneg',
  'elliptic_curves',
  'ems',
];
const scans = ['quiet', ...versions, ...flaws].map((name) => `--${name}`);

// A scanner asks for hundreds of handshakes at once: what it looks at is TLS, not a source's share.
const stand = await startStand({ limits: { newConnections: 100_000 } });
const client = await stand.client();
// One name asks for it, and refuses who has none before anything can be scanned.
const [cert, key] = ['cert', 'key'].map((name) => {
  writeFileSync(join(folder, name), client[name]);
  return join(folder, name);
});
let failed = 0;
try {
  for (const name of Object.values(hosts)) {
    const file = join(folder, `${name}.json`);
    const args = [...scans, '--cert', cert, '--key', key, '--json_out', file, '--sni', name];
    // Its own exit code compares with Mozilla's lists, the certificate's issuer included, which is a test's here.
    await promisify(execFile)(sslyze, [...args, `127.0.0.1:${stand.port}`], { timeout: 300_000 }).catch(
      () => {},
    );
    const { server_scan_results: results } = JSON.parse(readFileSync(file, 'utf8'));
    const found = results.length === 0 ? ['nothing was scanned'] : [];
    for (const { scan_result: result, scan_status: status } of results)
      found.push(...(result ? findings(result) : [`no scan: ${status}`]));
    console.log(`${name}: ${found.length === 0 ? 'no finding of medium or worse' : found.join('; ')}`);
    failed += found.length;
  }
} finally {
  await stand.stop();
  rmSync(folder, { recursive: true });
}
process.exitCode = failed > 0 ? 1 : 0;

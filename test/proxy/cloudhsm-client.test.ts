import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { configureClient } from '../../proxy/hsm/cloudhsm-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-cloudhsm-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What AWS's command would be told. */
function command(name: string, body: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}
const customerCa = join(folder, 'customerCA.crt');
const ca = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n';

it('writes the customer CA and hands the addresses to AWS’s own command', async () => {
  const configure = command('configure', `echo "$@" > ${join(folder, 'told')}`);
  await configureClient(['10.42.3.4', '10.42.4.4'], ca, { customerCa, configure });
  expect(readFileSync(customerCa, 'utf8')).toBe(ca);
  expect(readFileSync(join(folder, 'told'), 'utf8').trim()).toBe(
    `-a 10.42.3.4 10.42.4.4 --hsm-ca-cert ${customerCa}`,
  );
});

it('uses the keys of a single HSM, which the client refuses of itself', async () => {
  const configure = command('single', `echo "$@" > ${join(folder, 'told')}`);
  await configureClient(['10.42.3.4'], ca, { customerCa, configure });
  expect(readFileSync(join(folder, 'told'), 'utf8').trim()).toBe(
    `-a 10.42.3.4 --hsm-ca-cert ${customerCa} --disable-key-availability-check`,
  );
});

it('stops the start where the command does, or where the CA is none', async () => {
  const configure = command('failing', 'echo no such cluster >&2; exit 3');
  await expect(configureClient(['10.42.3.4'], ca, { customerCa, configure })).rejects.toThrow(
    /no such cluster/,
  );
  await expect(configureClient(['10.42.3.4'], 'x', { customerCa, configure })).rejects.toThrow(/no PEM/);
});

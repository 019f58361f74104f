// How does CloudHSM's PKCS #11 library learn where its cluster is, and which CA its HSMs stand under? By AWS's own
// command, once, before the module is loaded. What goes over the wire to the HSMs is the client's matter: mutual TLS
// under the institution's CA (B-019). From AWS's documentation of SDK 5; no cluster was at hand.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const place = '/opt/cloudhsm';

export interface ClientFiles {
  readonly customerCa: string;
  readonly configure: string;
}
const files: ClientFiles = {
  customerCa: `${place}/etc/customerCA.crt`,
  configure: `${place}/bin/configure-pkcs11`,
};

/** @throws Error with what the command says */
export async function configureClient(
  addresses: readonly string[],
  customerCaPem: string,
  { customerCa, configure }: ClientFiles = files,
): Promise<void> {
  if (!customerCaPem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('the customer CA is no PEM');
  writeFileSync(customerCa, customerCaPem, { mode: 0o644 });
  // Otherwise the client uses no key that fewer than two HSMs hold; a production edge does not start with one.
  const alone = addresses.length === 1 ? ['--disable-key-availability-check'] : [];
  await promisify(execFile)(configure, ['-a', ...addresses, '--hsm-ca-cert', customerCa, ...alone], {
    timeout: 60_000,
  });
}

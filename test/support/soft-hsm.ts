// A SoftHSM2 token of a test's own, where SoftHSM2 is installed (`npm start` installs it where it can).

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** pkcs11js, or undefined where it was not compiled. */
export const pkcs11 = await import('pkcs11js').then(
  (loaded) => loaded.default ?? loaded,
  () => undefined,
);

const places = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];
/** Path of the PKCS #11 module, or undefined on a machine that cannot use it. */
export const softHsmModule = pkcs11 && places.find(existsSync);

export const tokenLabel = 'apodera';
/** No digits alone: what is searched for it holds times and ids. */
export const tokenPin = 'pin-of-tests';

/** Makes the token under `folder`; SOFTHSM2_CONF of this process points there until the result is called. */
export function openSoftHsm(folder: string): () => void {
  const before = process.env.SOFTHSM2_CONF;
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens);
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(configuration, `directories.tokendir = ${tokens}\n`);
  process.env.SOFTHSM2_CONF = configuration;
  const args = ['--init-token', '--free', '--label', tokenLabel, '--pin', tokenPin, '--so-pin', '654321'];
  execFileSync('softhsm2-util', args, { stdio: 'ignore', timeout: 60_000 });
  return () => {
    if (before === undefined) delete process.env.SOFTHSM2_CONF;
    else process.env.SOFTHSM2_CONF = before;
  };
}

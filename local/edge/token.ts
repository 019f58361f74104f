// The HSM of the laptop: a SoftHSM2 token in the data folder, made once, with a PIN of its own.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export interface SoftToken {
  readonly module: string;
  readonly label: string;
  readonly pin: string;
  /** SOFTHSM2_CONF. */
  readonly configuration: string;
}

const places = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];

/** @throws Error where SoftHSM is not installed */
export async function softToken(folder: string): Promise<SoftToken> {
  const module = places.find((place) => existsSync(place));
  if (!module) throw new Error('softhsm2 is not installed');
  const tokens = resolve(folder, 'tokens');
  const configuration = resolve(folder, 'softhsm2.conf');
  const pinFile = resolve(folder, 'token-pin');
  if (!existsSync(configuration))
    writeFileSync(pinFile, randomBytes(15).toString('base64url'), { mode: 0o600 });
  const token = { module, label: 'apodera-edge', pin: readFileSync(pinFile, 'utf8'), configuration };
  if (existsSync(configuration)) return token;
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  const settings = `directories.tokendir = ${tokens}\nlog.level = ERROR\n`;
  writeFileSync(join(folder, 'softhsm2.making.conf'), settings);
  const args = [
    '--init-token',
    '--free',
    '--label',
    token.label,
    '--pin',
    token.pin,
    '--so-pin',
    randomBytes(15).toString('base64url'),
  ];
  await promisify(execFile)('softhsm2-util', args, {
    env: { ...process.env, SOFTHSM2_CONF: join(folder, 'softhsm2.making.conf') },
  });
  // Written last: a start that was cut off makes the token again.
  writeFileSync(configuration, settings);
  return token;
}

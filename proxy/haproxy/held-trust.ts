// Does HAProxy hold the pair of CAs and lists that it was given? Its own word is asked, for a change that silently does
// not take effect would leave who is revoked inside. Whether it acts by what it holds, ../canary.ts shows.

import { X509Certificate } from 'node:crypto';
import type { CheckedTrust } from '../trust.ts';
import type { RuntimeSocket } from './runtime-socket.ts';

type Asked = Pick<RuntimeSocket, 'ask'>;

/** @throws Error naming what is there instead */
export async function requireHeld(
  runtime: Asked,
  files: { readonly authorities: string; readonly lists: string },
  trust: Pick<CheckedTrust, 'authoritiesPem' | 'listsPublished'>,
): Promise<void> {
  const certificates = await runtime.ask(`show ssl ca-file ${files.authorities}`);
  const authorities = matches(certificates, /SHA1 FingerPrint: ([0-9A-F]{40})/g);
  same('authorities', authorities, matches(trust.authoritiesPem, pemBlock).map(fingerprint));
  const shown = await runtime.ask(`show ssl crl-file ${files.lists}`);
  const lists = matches(shown, /^Last Update: (.+)$/gm).map((text) => new Date(text).toISOString());
  same(
    'lists',
    lists,
    trust.listsPublished.map((at) => at.toISOString()),
  );
}

const pemBlock = /(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----)/g;
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, one]) => one!);
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint.replaceAll(':', '');

function same(what: string, found: readonly string[], expected: readonly string[]): void {
  const text = (all: readonly string[]): string => all.toSorted().join(' ');
  if (text(found) !== text(expected))
    throw new Error(`HAProxy holds other ${what}: expected ${expected.length}, found ${found.length}`);
}

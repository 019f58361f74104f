// Does the edge complete a TLS handshake, signature of the HSM included, and does it turn away whom it should? Asked by
// the control plane of its own listener. Who signed the server's certificate is not looked at: it installed it itself.

import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { ClientCredential, HeldTrust } from './canary.ts';
import { type EdgeConfig, files } from './config.ts';

/** PROXY protocol v2, command LOCAL, no addresses: what health checks of an NLB send too. */
export const proxyLocal = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');

type Listener = Pick<EdgeConfig, 'listen' | 'proxyProtocolFrom' | 'runFolder'>;
const timeoutMilliseconds = 2_000;

/** @throws Error naming the name whose handshake failed. */
export async function shakeHands(listener: Listener, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) await once(listener, host);
}

/** The lists that hold decide at this name. @throws Error, where they do not */
export async function proveLists(
  listener: Listener,
  host: string,
  { revoked, good }: NonNullable<HeldTrust['canaries']>,
): Promise<void> {
  const told = await once(listener, host, revoked).then(
    () => 'it is let in',
    ({ message }: Error) => message,
  );
  if (!/certificate revoked/i.test(told))
    throw new Error(`a client whom the list names is not turned away as revoked: ${told}`);
  await once(listener, host, good);
}

function once(
  { listen, proxyProtocolFrom, runFolder }: Listener,
  host: string,
  credential: Partial<ClientCredential> = {},
): Promise<void> {
  const port = Number(listen.slice(listen.lastIndexOf(':') + 1));
  const speaksProxy = proxyProtocolFrom.length > 0;
  return new Promise((resolve, reject) => {
    // Behind the door: a crowd before it must not look like an HSM that does not sign.
    const tcp = speaksProxy ? connectTcp(join(runFolder, files.edgeSocket)) : connectTcp(port, '127.0.0.1');
    if (speaksProxy) tcp.write(proxyLocal);
    // TLS 1.2: the server has signed before the client's certificate is asked for, so that "required" shows too.
    const options = {
      socket: tcp,
      servername: host,
      maxVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      ...credential,
    } as const;
    const tls = connectTls(options);
    const end = (problem?: string): void => {
      clearTimeout(timer);
      tls.destroy();
      tcp.destroy();
      if (problem) reject(new Error(`no handshake as "${host}": ${problem}`));
      else resolve();
    };
    const timer = setTimeout(() => end(`none in ${timeoutMilliseconds} ms`), timeoutMilliseconds);
    tls.once('secureConnect', () => end());
    for (const emitter of [tcp, tls]) {
      // A name that requires a certificate refuses us after it has signed: that is a handshake of the HSM as well.
      emitter.once('error', (error: Error) => end(isCertificateAsked(error) ? undefined : error.message));
    }
    tls.once('close', () => end('the connection was closed'));
  });
}

const isCertificateAsked = ({ message }: Error): boolean =>
  /certificate required|alert handshake failure/i.test(message);

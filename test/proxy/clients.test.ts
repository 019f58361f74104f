import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bitString, sequence } from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { checkTrust, pem } from '../../proxy/trust.ts';
import { type Client, hosts, type Stand, startStand, strangerClient } from '../support/edge-stand.ts';
import { realClients } from '../support/real-clients.ts';

let stand: Stand;
let good: Client;
let expired: Client;
let revoked: Client;
let forServers: Client;
beforeAll(async () => {
  stand = await startStand();
  [good, expired, revoked, forServers] = await Promise.all([
    stand.client(),
    stand.client({ notBefore: new Date(Date.now() - 10 * 86_400_000), days: 5 }),
    stand.client(),
    stand.client({ purposes: ['serverAuth'] }),
  ]);
  stand.psc.revoke(revoked.issued.serialNumber);
  await stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
});
afterAll(() => stand?.stop());

const leafOf = ({ cert, key }: Client) => ({ key, cert: cert.slice(0, cert.indexOf('-----BEGIN', 1)) });

/** Well-formed DER over the same content and key, so that every client loads it and sends it. */
function withSignature(client: Client, change: (signature: Uint8Array) => Uint8Array) {
  const { tbs, signatureAlgorithm, signature } = parseCertificate(client.issued.chain[0]!);
  const der = sequence(tbs, signatureAlgorithm.der, bitString(change(signature)));
  return { key: client.key, cert: pem('CERTIFICATE', der) };
}
const cutShort = (client: Client) => withSignature(client, (bytes) => bytes.subarray(0, bytes.length - 40));
const touched = (client: Client) =>
  withSignature(client, (bytes) => bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)));
function halved({ key, issued }: Client) {
  const der = issued.chain[0]!;
  return { key, cert: pem('CERTIFICATE', der.subarray(0, der.length / 2)) };
}

describe.each(realClients)('%s', (_, client) => {
  it('with a good certificate is known by it', async () => {
    expect(await client(stand, good)).toEqual({ status: 200, client: good.issued.thumbprint });
  });

  it('with a leaf alone, whose issuer the edge knows, is known by it', async () => {
    expect(await client(stand, leafOf(good))).toEqual({ status: 200, client: good.issued.thumbprint });
  });

  it('without one is nobody, and not let in where one is required', async () => {
    expect(await client(stand, {})).toEqual({ status: 200, client: 'none' });
    expect((await client(stand, { name: hosts.required })).trouble).toMatch(/certificate required/);
  });

  it('hears by its alert why a certificate is refused', async () => {
    expect((await client(stand, expired)).trouble).toMatch(/certificate expired/);
    expect((await client(stand, revoked)).trouble).toMatch(/certificate revoked/);
    expect((await client(stand, forServers)).trouble).toMatch(/unsupported certificate/);
    expect((await client(stand, strangerClient())).trouble).toMatch(/unknown ca/);
  });

  it('is refused with a certificate whose signature was cut short or touched', async () => {
    for (const damaged of [cutShort(good), touched(good)]) {
      const before = stand.seen.length;
      const { status, trouble } = await client(stand, damaged);
      expect([status, trouble]).toEqual([
        undefined,
        expect.stringMatching(/bad certificate|decrypt error|certificate verify failed|unknown ca/),
      ]);
      expect(stand.seen).toHaveLength(before);
    }
  });

  it('gets nothing to the edge with a certificate whose bytes end early', async () => {
    const before = stand.seen.length;
    const half = await client(stand, halved(good)).catch((error: Error) => ({ trouble: error.message }));
    expect(half).not.toHaveProperty('status');
    expect(stand.seen).toHaveLength(before);
  });

  it('is refused with TLS 1.0 and 1.1, served with 1.2 and 1.3', async () => {
    for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const) {
      const { status, trouble } = await client(stand, { maxVersion });
      expect([status, trouble]).toEqual([
        undefined,
        expect.stringMatching(/protocol version|unsupported protocol|no protocols/),
      ]);
    }
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      expect((await client(stand, { ...good, maxVersion })).status).toBe(200);
  });

  it.each(['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256'])(
    'is refused where %s is all it offers',
    async (ciphers) => {
      expect((await client(stand, { ciphers })).trouble).toMatch(/handshake failure/);
    },
  );

  it('is refused under a name that is not served', async () => {
    const { status, trouble } = await client(stand, { name: 'other.edge.test' });
    expect([status, trouble]).toEqual([
      undefined,
      expect.stringMatching(/unrecognized name|handshake failure/),
    ]);
  });

  it('is misdirected where the Host is another than the SNI', async () => {
    expect((await client(stand, { name: hosts.none, host: hosts.required })).status).toBe(421);
    expect((await client(stand, { ...good, host: 'other.edge.test' })).status).toBe(421);
  });

  it.each([1, 16_384, 100_000, 2_097_152])('has %i bytes arrive as they were sent', async (size) => {
    const body = randomBytes(size);
    for (const who of [good, {}]) {
      expect((await client(stand, { ...who, body })).status).toBe(200);
      expect(stand.seen.at(-1)?.body.equals(body)).toBe(true);
    }
  });
});

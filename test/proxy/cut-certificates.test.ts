import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../support/edge-client.ts';
import { type Client, hosts, type Stand, startStand } from '../support/edge-stand.ts';

// No library sends a certificate that ends early. TLS 1.2 lets one be written by hand: the client's Certificate is the
// first thing after the server's flight, and goes in the clear (RFC 5246 §7.3).
let stand: Stand;
let good: Client;
beforeAll(async () => {
  stand = await startStand();
  good = await stand.client();
});
afterAll(() => stand?.stop());

const sized = (bytes: number, ...content: Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const length = Buffer.alloc(6);
  length.writeUIntBE(body.length, 0, 6);
  return Buffer.concat([length.subarray(6 - bytes), body]);
};
const of = (hex: string): Buffer => Buffer.from(hex, 'hex');
const record = (fragment: Uint8Array): Buffer => Buffer.concat([of('160303'), sized(2, fragment)]);
const certificates = (...ders: Uint8Array[]): Buffer => sized(3, ...ders.map((der) => sized(3, der)));
const certificateMessage = (list: Uint8Array): Buffer => Buffer.concat([of('0b'), sized(3, list)]);

function clientHello(name: string): Buffer {
  const extension = (type: string, data: Uint8Array): Buffer => Buffer.concat([of(type), sized(2, data)]);
  const extensions = [
    extension('0000', sized(2, Buffer.concat([of('00'), sized(2, Buffer.from(name))]))),
    // P-256, X25519; uncompressed points; ECDSA and RSA-PSS with SHA-256.
    extension('000a', sized(2, of('0017001d'))),
    extension('000b', of('0100')),
    extension('000d', sized(2, of('040308040401'))),
  ];
  const suites = sized(2, of('c02bc02f'));
  const body = [of('0303'), randomBytes(32), of('00'), suites, of('0100'), sized(2, ...extensions)];
  return record(Buffer.concat([of('01'), sized(3, ...body)]));
}

/** As far as the server's flight: until ServerHelloDone, which is empty. */
async function untilServerHelloDone(name: string): Promise<Socket> {
  const socket = connect(stand.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(clientHello(name));
  let heard = Buffer.alloc(0);
  while (!heard.subarray(-4).equals(of('0e000000'))) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    heard = Buffer.concat([heard, chunk]);
  }
  return socket;
}

/** What came back until the end of the connection: a fatal alert by its number, or nothing. */
async function alertTo(socket: Socket, bytes: Uint8Array, ends = false): Promise<number | undefined> {
  let heard = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    heard = Buffer.concat([heard, chunk]);
  });
  const closed = once(socket, 'close');
  socket.write(bytes);
  if (ends) socket.end();
  await closed;
  return heard.subarray(0, 6).equals(of('150303000202')) ? heard[6] : undefined;
}

const failures = () =>
  stand.lines.flatMap((line) => (line.includes('EDGE_HANDSHAKE_FAILED') ? [JSON.parse(line)] : []));
const [badCertificate, decodeError] = [42, 50];

type Cut = (leaf: Uint8Array, issuer: Uint8Array) => Uint8Array;
it.each<[string, number[], Cut]>([
  [
    'whose DER is cut in half',
    [badCertificate, decodeError],
    (leaf, issuer) => record(certificateMessage(certificates(leaf.subarray(0, leaf.length / 2), issuer))),
  ],
  [
    'whose DER lacks its last byte',
    [badCertificate, decodeError],
    (leaf, issuer) => record(certificateMessage(certificates(leaf.subarray(0, -1), issuer))),
  ],
  [
    'of one byte',
    [badCertificate, decodeError],
    (leaf) => record(certificateMessage(certificates(leaf.subarray(0, 1)))),
  ],
  ['of no bytes', [badCertificate, decodeError], () => record(certificateMessage(certificates(of(''))))],
  [
    'with a byte behind its DER',
    [badCertificate, decodeError],
    (leaf) => record(certificateMessage(certificates(Buffer.concat([leaf, of('00')])))),
  ],
  [
    'longer than its list',
    [decodeError],
    (leaf) => record(certificateMessage(sized(3, Buffer.concat([of('00ffff'), leaf])))),
  ],
  [
    'whose issuer is cut short',
    [badCertificate, decodeError],
    (leaf, issuer) => record(certificateMessage(certificates(leaf, issuer.subarray(0, 100)))),
  ],
  [
    'in a list longer than its message',
    [decodeError],
    (leaf) => record(certificateMessage(Buffer.concat([of('00ffff'), sized(3, leaf)]))),
  ],
])('refuses with an alert a certificate %s, says so, and serves others', async (_, alerts, cut) => {
  const [seen, before] = [stand.seen.length, failures().length];
  for (const name of [hosts.optional, hosts.required]) {
    const socket = await untilServerHelloDone(name);
    const [leaf, issuer] = good.issued.chain as [Uint8Array, Uint8Array];
    expect(alerts).toContain(await alertTo(socket, cut(leaf, issuer)));
  }
  expect(stand.seen).toHaveLength(seen);
  await expect.poll(failures).toHaveLength(before + 2);
  expect(failures().at(-1)).toMatchObject({ source: '127.0.0.1', tls: expect.stringMatching(/\w/) });
  expect((await ask(stand, good)).json.client).toBe(good.issued.thumbprint);
});

it.each([
  ['record', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
  ['message', (whole: Buffer) => record(whole.subarray(5, whole.length / 2))],
])(
  'ends where a client goes away within the %s of its certificate, and serves others meanwhile',
  async (_, cut) => {
    const [seen, before] = [stand.seen.length, failures().length];
    const socket = await untilServerHelloDone(hosts.optional);
    socket.write(cut(record(certificateMessage(certificates(...good.issued.chain)))));
    expect((await ask(stand, good)).json.client).toBe(good.issued.thumbprint);
    await alertTo(socket, of(''), true);
    await expect.poll(failures).toHaveLength(before + 1);
    expect(stand.seen).toHaveLength(seen + 1);
  },
);

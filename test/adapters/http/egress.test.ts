import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createEgress,
  type EgressRequest,
  type EgressSettings,
  wholeBody,
} from '../../../adapters/http/egress.ts';
import { isPublicAddress } from '../../../adapters/http/public-address.ts';
import { issueLeaf, makeAuthority } from '../../support/certificates.ts';
import { serve } from '../../support/http-server.ts';

const local = (settings: Partial<EgressSettings> = {}) =>
  createEgress({
    allowPrivate: true,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ...settings,
  });
const get = async (
  request: Partial<EgressRequest> & { url: string },
  settings: Partial<EgressSettings> = {},
) => {
  const response = await local(settings)({ maxBytes: 1000, ...request });
  return { ...response, text: Buffer.from(await wholeBody(response)).toString() };
};
const code = (code: string) => expect.objectContaining({ code });
const transient = expect.objectContaining({ name: 'TransientEgress' });

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.0.170',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    '2001:0:1::',
    '2001:db8::1',
    'fec0::1',
    '',
    'localhost',
    '1.2.3',
  ])('%s is not on the public network', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(['8.8.8.8', '172.32.0.1', '200.1.123.3', '2606:4700::1111', '2800:3f0::1'])(
    '%s is',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test('are refused when one of several is not public, however the name is written', async () => {
    const egress = (address: string) =>
      createEgress({
        allowPrivate: false,
        resolve: async () => [
          { address: '8.8.8.8', family: 4 },
          { address, family: address.includes(':') ? 6 : 4 },
        ],
      })({ url: 'http://lists.psc.example/', maxBytes: 10 });
    await expect(egress('10.0.0.1')).rejects.toThrow(code('EGRESS_ADDRESS_REFUSED'));
    await expect(egress('fd00::1')).rejects.toThrow(code('EGRESS_ADDRESS_REFUSED'));
  });

  test.each([
    'http://127.0.0.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'http://localhost/',
    'http://169.254.169.254/latest/meta-data/',
  ])('%s is refused outside the local run', async (url) => {
    await expect(createEgress({ allowPrivate: false })({ url, maxBytes: 10 })).rejects.toThrow(
      code('EGRESS_ADDRESS_REFUSED'),
    );
  });

  test('are asked for once: a name that changes its mind is not followed', async () => {
    const server = await serve((_, response) => response.end('first'));
    let asked = 0;
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.9.9.9', family: 4 }];
    const { text } = await get({ url: server.at('rebinding.example') }, { resolve });
    expect([text, asked]).toEqual(['first', 1]);
    expect(server.asked[0]!.headers.host).toBe(`rebinding.example:${server.port}`);
  });

  test('a redirect is checked as the first URL was', async () => {
    const server = await serve((_, response) => {
      response.writeHead(302, { location: 'http://inside.example/' }).end();
    });
    const egress = createEgress({
      allowPrivate: false,
      resolve: async (name) => [{ address: name === 'inside.example' ? '10.0.0.1' : '8.8.8.8', family: 4 }],
      proxy: server.at(),
    });
    await expect(egress({ url: 'http://outside.example/', maxBytes: 10, redirects: 2 })).rejects.toThrow(
      code('EGRESS_ADDRESS_REFUSED'),
    );
  });
});

describe('URLs', () => {
  test.each([
    'ftp://a.example/',
    'file:///etc/passwd',
    'ldap://a.example/',
    'gopher://a.example/',
    'http://u:p@a.example/',
    'http://u@a.example/',
    'not a url',
    '',
  ])('"%s" is refused', async (url) => {
    await expect(get({ url })).rejects.toThrow(code('EGRESS_URL_REFUSED'));
  });

  test('http is refused where only https will do', async () => {
    await expect(get({ url: 'http://a.example/', httpsOnly: true })).rejects.toThrow(
      code('EGRESS_URL_REFUSED'),
    );
  });

  test('a query with commas, blanks and equals signs arrives as it was written', async () => {
    const server = await serve((_, response) => response.end('list'));
    await get({ url: `${server.at()}/crl?CN=PSC Uno,O=Uno,C=CL&E=a@b.cl` });
    expect(server.asked[0]!.url).toBe('/crl?CN=PSC%20Uno,O=Uno,C=CL&E=a@b.cl');
  });
});

describe('redirects', () => {
  const hops = (n: number) =>
    serve((request, response) => {
      const at = Number(request.url!.slice(1));
      if (at < n) response.writeHead(302, { location: `/${at + 1}` }).end();
      else response.end('there');
    });

  test('are followed as often as asked, and not once more', async () => {
    const two = await hops(2);
    expect((await get({ url: `${two.at()}/0`, redirects: 2 })).text).toBe('there');
    const three = await hops(3);
    await expect(get({ url: `${three.at()}/0`, redirects: 2 })).rejects.toThrow(
      code('EGRESS_TOO_MANY_REDIRECTS'),
    );
    expect(three.asked).toHaveLength(3);
  });

  test('are not followed by default, nor ever by POST', async () => {
    const server = await hops(1);
    await expect(get({ url: `${server.at()}/0` })).rejects.toThrow(code('EGRESS_TOO_MANY_REDIRECTS'));
    await expect(get({ url: `${server.at()}/0`, method: 'POST', redirects: 2 })).rejects.toThrow(
      code('EGRESS_TOO_MANY_REDIRECTS'),
    );
  });

  test('lead to no other scheme', async () => {
    const server = await serve((_, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    });
    await expect(get({ url: server.at(), redirects: 2 })).rejects.toThrow(code('EGRESS_URL_REFUSED'));
  });
});

describe('size and time', () => {
  test('a body above the limit is refused, whether it says so before or not', async () => {
    const honest = await serve((_, response) => response.end(Buffer.alloc(1001)));
    await expect(get({ url: honest.at() })).rejects.toThrow(code('EGRESS_TOO_LARGE'));
    const silent = await serve((_, response) => {
      response.write(Buffer.alloc(600));
      response.end(Buffer.alloc(600));
    });
    await expect(get({ url: silent.at() })).rejects.toThrow(code('EGRESS_TOO_LARGE'));
  });

  test('a server that sends no first byte, or never ends, is left', async () => {
    const mute = await serve(() => {});
    await expect(get({ url: mute.at(), firstByteTimeout: 50 })).rejects.toThrow(transient);
    const endless = await serve((_, response) => void response.write('x'));
    await expect(get({ url: endless.at(), totalTimeout: 100 })).rejects.toThrow(transient);
  });

  test('a name that nobody resolves, or that takes too long, is transient', async () => {
    const unknown = async () => Promise.reject(new Error('ENOTFOUND'));
    await expect(get({ url: 'http://a.example/' }, { resolve: unknown })).rejects.toThrow(transient);
    const slow = () => new Promise<never>(() => {});
    await expect(get({ url: 'http://a.example/', firstByteTimeout: 20 }, { resolve: slow })).rejects.toThrow(
      transient,
    );
  });

  test('a discarded answer closes its connection', async () => {
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = await serve((request, response) => {
      request.socket.on('close', closed);
      response.write('x');
    });
    (await local()({ url: server.at(), maxBytes: 10 })).discard();
    await gone;
  });
});

describe('TLS', () => {
  const root = makeAuthority({ name: 'egress root' });
  const pem = (issued: { key: { export(o: object): unknown }; chainPem: string }) => ({
    key: issued.key.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: issued.chainPem,
  });
  const transport = (host: string) =>
    pem(
      issueLeaf(root, {
        use: 'transport',
        hosts: [host],
        extendedKeyUsage: ['serverAuth', 'clientAuth'],
        subject: [{ type: 'CN', value: host }],
        notBefore: new Date(Date.now() - 86_400_000),
        notAfter: new Date(Date.now() + 86_400_000),
      }),
    );
  const anchor = makeAuthority({
    name: 'egress root',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
  }).pem;

  test('the certificate must be of the host that was named, not of the address', async () => {
    const server = await serve((_, response) => response.end('hello'), transport('peer.example'));
    const tls = { ca: anchor };
    expect((await get({ url: server.at('peer.example'), tls, httpsOnly: true })).text).toBe('hello');
    await expect(get({ url: server.at('other.example'), tls })).rejects.toThrow(transient);
    await expect(get({ url: server.at('peer.example') })).rejects.toThrow(transient);
  });

  test('a redirect does not lead from https to http', async () => {
    const answer = (_: unknown, response: ServerResponse) => {
      response.writeHead(302, { location: 'http://peer.example/' }).end();
    };
    const server = await serve(answer, transport('peer.example'));
    await expect(get({ url: server.at('peer.example'), tls: { ca: anchor }, redirects: 2 })).rejects.toThrow(
      code('EGRESS_URL_REFUSED'),
    );
  });

  test('through a proxy: CONNECT names the host, the certificate is still checked', async () => {
    const server = await serve((_, response) => response.end('hello'), transport('peer.example'));
    const { createServer } = await import('node:http');
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, client) => {
      asked.push(request.url!);
      const upstream = connect(server.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const settings = { proxy: `http://127.0.0.1:${(proxy.address() as { port: number }).port}` };
    const tls = { ca: anchor };
    expect((await get({ url: server.at('peer.example'), tls }, settings)).text).toBe('hello');
    await expect(get({ url: server.at('other.example'), tls }, settings)).rejects.toThrow(transient);
    expect(asked).toEqual([`peer.example:${server.port}`, `other.example:${server.port}`]);
  });
});

test('through a proxy, http goes in absolute form', async () => {
  const proxy = await serve((_, response) => response.end('by proxy'));
  const { text } = await get({ url: 'http://lists.example/a?b,c' }, { proxy: proxy.at() });
  expect([text, proxy.asked[0]!.url, proxy.asked[0]!.headers.host]).toEqual([
    'by proxy',
    'http://lists.example/a?b,c',
    'lists.example',
  ]);
});

test('no IPv4 address is public when mapped into IPv6', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
    }),
  );
});

import { describe, expect, test } from 'vitest';
import { createEgress, type Egress } from '../../../adapters/http/egress.ts';
import { fetchCrl, fetchOcsp } from '../../../adapters/http/revocation-fetch.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { scanCrlStream } from '../../../core/certificate/revocation/crl-scan.ts';
import { ocspRequest } from '../../../core/certificate/revocation/ocsp-request.ts';
import { WantedSerials } from '../../../core/certificate/revocation/wanted-serials.ts';
import { Transient } from '../../../core/errors.ts';
import { issueLeaf, makeAuthority } from '../../support/certificates.ts';
import { serve } from '../../support/http-server.ts';
import { ocspAnswer, refusedAnswer } from '../../support/ocsp-answers.ts';
import { revocationList } from '../../support/revocation-lists.ts';

const egress = createEgress({ allowPrivate: true });
const psc = makeAuthority({ name: 'fetch psc' });
const leaf = issueLeaf(psc);
const thisUpdate = new Date('2026-06-01T00:00:00Z');
const nextUpdate = new Date('2026-06-02T00:00:00Z');
const list = revocationList({
  issuer: parseCertificate(psc.der).subject.der,
  thisUpdate,
  nextUpdate,
  key: psc.key,
  entries: Array.from({ length: 5000 }, (_, i) => ({ serial: Uint8Array.of(1, i >> 8, i & 255) })),
});
const wanted = new WantedSerials(['010007']);
const transient = expect.objectContaining({ name: 'TransientRevocationSource' });

describe('a list', () => {
  test('streams into the scanner and is asked for again by what the server said of it', async () => {
    const server = await serve((request, response) => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else
        response
          .setHeader('etag', '"v1"')
          .setHeader('last-modified', 'Mon, 01 Jun 2026 00:00:00 GMT')
          .end(list);
    });
    const first = await fetchCrl(egress, `${server.at()}/list.crl`);
    if (first.outcome !== 'FETCHED') throw new Error('expected a body');
    const scanned = await scanCrlStream(first.body, wanted);
    expect([scanned.entries.size, scanned.entryCount]).toEqual([1, 5000]);
    expect(first.validators).toEqual({ etag: '"v1"', lastModified: 'Mon, 01 Jun 2026 00:00:00 GMT' });
    expect(await fetchCrl(egress, `${server.at()}/list.crl`, { known: first.validators })).toEqual({
      outcome: 'NOT_MODIFIED',
    });
    expect(server.asked[1]!.headers['if-modified-since']).toBe('Mon, 01 Jun 2026 00:00:00 GMT');
  });

  test('that is an HTML page with status 200 and the right content type is malformed', async () => {
    const server = await serve((_, response) => {
      response
        .setHeader('content-type', 'application/pkix-crl')
        .end('<!DOCTYPE html><title>Mantención</title>');
    });
    const fetched = await fetchCrl(egress, server.at());
    if (fetched.outcome !== 'FETCHED') throw new Error('expected a body');
    await expect(scanCrlStream(fetched.body, wanted)).rejects.toThrow(
      expect.objectContaining({ code: 'CRL_MALFORMED' }),
    );
  });

  test('under any other status is transient, 304 to an unconditional request too', async () => {
    for (const status of [204, 304, 403, 404, 500, 503]) {
      const server = await serve((_, response) => response.writeHead(status).end());
      await expect(fetchCrl(egress, server.at())).rejects.toThrow(transient);
    }
  });

  test('is found behind two redirects', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/c') response.end(list);
      else response.writeHead(301, { location: request.url === '/a' ? '/b' : '/c' }).end();
    });
    expect(await fetchCrl(egress, `${server.at()}/a`)).toMatchObject({ outcome: 'FETCHED' });
  });

  test('above the limit of its profile is refused', async () => {
    const server = await serve((_, response) => response.end(list));
    await expect(fetchCrl(egress, server.at(), { maxBytes: 1000 })).rejects.toThrow(
      expect.objectContaining({ code: 'EGRESS_TOO_LARGE' }),
    );
  });
});

describe('an OCSP answer', () => {
  const request = ocspRequest({ certificate: parseCertificate(leaf.der), issuer: parseCertificate(psc.der) });
  const answer = ocspAnswer({
    singles: [{ certificate: leaf.der, issuer: psc.der, thisUpdate, nextUpdate }],
    responder: psc.der,
    key: psc.key,
  });

  test('comes by POST', async () => {
    const server = await serve((_, response) => response.end(answer));
    expect(
      Buffer.from(await fetchOcsp(egress, `${server.at()}/ocsp`, request)).equals(Buffer.from(answer)),
    ).toBe(true);
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatchObject({ method: 'POST', url: '/ocsp' });
    expect(server.asked[0]!.body.equals(Buffer.from(request))).toBe(true);
    expect(server.asked[0]!.headers['content-type']).toBe('application/ocsp-request');
  });

  test.each([
    ['405', 405, ''],
    ['a page with status 200', 200, '<html>'],
    ['a redirect', 302, ''],
  ])('comes by GET where POST brings %s', async (_, status, body) => {
    const server = await serve((asked, response) => {
      if (asked.method === 'GET') response.end(answer);
      else response.writeHead(status, { location: '/elsewhere' }).end(body);
    });
    expect((await fetchOcsp(egress, server.at(), request)).length).toBe(answer.length);
    const sent = Buffer.from(decodeURIComponent(server.asked[1]!.url.slice(1)), 'base64');
    expect(sent.equals(Buffer.from(request))).toBe(true);
  });

  test('that says tryLater has been given: it is not asked for again by GET', async () => {
    const server = await serve((_, response) => response.end(refusedAnswer(3)));
    expect(Buffer.from(await fetchOcsp(egress, server.at(), request)).toString('hex')).toBe('30030a0103');
    expect(server.asked).toHaveLength(1);
  });

  test('is waited for by either way ten seconds at most, so that one that drips holds up no sweep', async () => {
    const limits: unknown[] = [];
    const dripping: Egress = async ({ totalTimeout }) => {
      limits.push(totalTimeout);
      throw new Transient('TransientEgressTimeout', 'dripping');
    };
    await expect(fetchOcsp(dripping, 'http://psc.example/ocsp', request)).rejects.toThrow('dripping');
    expect(limits).toEqual([10_000, 10_000]);
  });

  test('that comes by neither is transient', async () => {
    const server = await serve((_, response) => response.writeHead(500).end());
    await expect(fetchOcsp(egress, server.at(), request)).rejects.toThrow(transient);
    expect(server.asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });
});

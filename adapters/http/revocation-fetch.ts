// How do a revocation list and an OCSP answer come over the wire? Conditional GET for lists, POST and then GET for
// OCSP (RFC 6960 A.1). The bytes are claims: core/certificate/revocation reads and judges them, whatever content
// type or status page a server wraps around something else.

import { ocspGetUrl } from '../../core/certificate/revocation/ocsp-request.ts';
import { parseOcspResponse } from '../../core/certificate/revocation/ocsp-response.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { egressPolicy, revocationPolicy } from '../../core/policy.ts';
import { type Egress, type EgressRequest, type EgressResponse, wholeBody } from './egress.ts';

/** What a server said of its list, to be sent back with the next request; opaque. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type FetchedList =
  | { readonly outcome: 'NOT_MODIFIED' }
  | {
      readonly outcome: 'FETCHED';
      /** To be read once, by scanCrlStream; `CRL_MALFORMED` from there is how an error page shows itself. */
      readonly body: AsyncIterable<Uint8Array>;
      readonly validators: Validators;
      discard(): void;
    };

/** Throws what Egress throws, and Transient `TransientRevocationSource` for any status but 200 and 304. */
export async function fetchCrl(
  egress: Egress,
  url: string,
  options: { readonly known?: Validators | undefined; readonly maxBytes?: number } = {},
): Promise<FetchedList> {
  const { etag, lastModified } = options.known ?? {};
  const response = await egress({
    url,
    maxBytes: options.maxBytes ?? revocationPolicy.crlMaxBytes,
    redirects: egressPolicy.redirects,
    headers: {
      accept: 'application/pkix-crl, application/octet-stream, */*',
      ...(etag !== undefined && { 'if-none-match': etag }),
      ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
    },
  });
  if (response.status === 304 && (etag ?? lastModified) !== undefined) {
    response.discard();
    return { outcome: 'NOT_MODIFIED' };
  }
  if (response.status !== 200) {
    response.discard();
    throw unexpected(url, response);
  }
  return {
    outcome: 'FETCHED',
    body: response.body,
    validators: validatorsOf(response),
    discard: () => response.discard(),
  };
}

function validatorsOf({ headers }: EgressResponse): Validators {
  const lastModified = headers['last-modified'];
  return {
    ...(headers.etag !== undefined && { etag: headers.etag }),
    ...(lastModified !== undefined && { lastModified }),
  };
}

/**
 * DER of an OCSPResponse that at least reads as one (`tryLater` included). `request` is DER of an OCSPRequest. POST
 * first; GET where POST brings anything else. Throws what Egress throws, and Transient `TransientRevocationSource`.
 */
export async function fetchOcsp(egress: Egress, responder: string, request: Uint8Array): Promise<Uint8Array> {
  const limits = { maxBytes: revocationPolicy.ocspMaxBytes, totalTimeout: egressPolicy.ocspTotal };
  const accept = 'application/ocsp-response';
  const post: EgressRequest = {
    ...limits,
    url: responder,
    method: 'POST',
    headers: { accept, 'content-type': 'application/ocsp-request' },
    body: request,
  };
  const get: EgressRequest = {
    ...limits,
    url: ocspGetUrl(responder, request),
    headers: { accept },
    redirects: egressPolicy.redirects,
  };
  try {
    return await ocspBytes(egress, post);
  } catch (error) {
    // What the guard refuses, it refuses for GET too; all but a redirect, which only GET may follow.
    if (error instanceof Refusal && error.code !== 'EGRESS_TOO_MANY_REDIRECTS') throw error;
    if (!(error instanceof Refusal) && !(error instanceof Transient)) throw error;
    return await ocspBytes(egress, get);
  }
}

async function ocspBytes(egress: Egress, request: EgressRequest): Promise<Uint8Array> {
  const response = await egress(request);
  if (response.status !== 200) {
    response.discard();
    throw unexpected(request.url, response);
  }
  const bytes = await wholeBody(response);
  try {
    parseOcspResponse(bytes);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A page with status 200 is no answer; a responder that says `tryLater` has answered.
    if (error.code === 'OCSP_MALFORMED') throw unexpected(request.url, response, error);
  }
  return bytes;
}

function unexpected(url: string, { status }: EgressResponse, cause?: Error): Transient {
  const what = cause ? 'something that is no OCSP answer' : `status ${status}`;
  return new Transient('TransientRevocationSource', `${new URL(url).host} answered with ${what}`, { cause });
}

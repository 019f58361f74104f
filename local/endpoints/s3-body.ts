// Which bytes did the client mean? SDK v3 wraps streamed uploads in `aws-chunked` with a checksum trailer and puts a
// checksum on the others; both are taken apart and checked here. What the bytes are for is not.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError, type WireRequest } from './wire.ts';

export interface UploadedBody {
  readonly body: Buffer;
  /** `x-amz-checksum-*` as it came, to be sent back on reading. */
  readonly checksum: Readonly<Record<string, string>>;
}

export function uploadedBody(request: WireRequest): UploadedBody {
  const chunked = String(request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const { body, trailers } = chunked ? unchunk(request.body) : { body: request.body, trailers: {} };
  const checksum: Record<string, string> = {};
  for (const [name, value] of [...Object.entries(request.headers), ...Object.entries(trailers)]) {
    if (!name.startsWith('x-amz-checksum-') || name.endsWith('-algorithm')) continue;
    if (digestOf(name, body) !== value)
      throw new AwsError('BadDigest', `"${name}" does not match the body.`, 400);
    checksum[name] = String(value);
  }
  const md5 = request.headers['content-md5'];
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) {
    throw new AwsError('BadDigest', '"content-md5" does not match the body.', 400);
  }
  return { body, checksum };
}

function digestOf(name: string, body: Buffer): string {
  if (name === 'x-amz-checksum-sha256') return createHash('sha256').update(body).digest('base64');
  if (name === 'x-amz-checksum-sha1') return createHash('sha1').update(body).digest('base64');
  if (name === 'x-amz-checksum-crc32') {
    const four = Buffer.alloc(4);
    four.writeUInt32BE(crc32(body));
    return four.toString('base64');
  }
  throw new AwsError('NotImplemented', `"${name}" is not supported by the local endpoint.`, 501);
}

/** `<hex size>[;extension]\r\n<bytes>\r\n` ... `0\r\n<trailer>: <value>\r\n\r\n`. */
function unchunk(raw: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    const size = end < 0 ? Number.NaN : Number.parseInt(raw.toString('latin1', at, end), 16);
    if (Number.isNaN(size)) throw new AwsError('IncompleteBody', 'The aws-chunked body is cut short.', 400);
    at = end + 2;
    if (size === 0) break;
    chunks.push(raw.subarray(at, at + size));
    at += size + 2;
  }
  const trailers: Record<string, string> = {};
  for (const line of raw.toString('latin1', at).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(chunks), trailers };
}

// Which S3 calls does the laptop answer? Put, get, head, delete (by version), both listings, retention; path-style
// only. Versions and Object Lock hold as in S3: what is retained cannot be deleted, whoever asks. Multipart, ranges,
// delimiters, ACLs and policies are answered NotImplemented or unknown.

import { uploadedBody } from './s3-body.ts';
import { type Bucket, Objects, type Retention, type Version } from './s3-objects.ts';
import type { LocalClock } from './timer.ts';
import {
  AwsError,
  asAwsError,
  type ServiceHandler,
  unknownOperation,
  type WireRequest,
  type WireResponse,
} from './wire.ts';

export interface S3 {
  readonly handler: ServiceHandler;
  /** Idempotent: an existing bucket keeps its objects and takes the settings. Object Lock implies versions. */
  seedBucket(bucket: Partial<Bucket> & { name: string }): void;
  close(): void;
}

export function openS3(options: { dataFolder: string; clock: LocalClock }): S3 {
  const objects = new Objects(options.dataFolder, options.clock);
  return {
    async handler(request) {
      try {
        return route(objects, options.clock, request);
      } catch (error) {
        return xmlError(asAwsError(error), request.method);
      }
    },
    seedBucket(bucket) {
      const objectLock = bucket.objectLock ?? false;
      objects.createBucket({ ...bucket, objectLock, versioned: objectLock || (bucket.versioned ?? false) });
    },
    close: () => objects.close(),
  };
}

/** Sub-resources that S3 knows and this endpoint does not: answering them as a plain object call would be a lie. */
const subResources = [
  'uploads',
  'uploadId',
  'partNumber',
  'acl',
  'tagging',
  'policy',
  'versioning',
  'object-lock',
  'legal-hold',
  'lifecycle',
  'delete',
  'cors',
  'select',
  'attributes',
  'encryption',
  'location',
  'delimiter',
];

function route(objects: Objects, clock: LocalClock, request: WireRequest): WireResponse {
  const [, bucket = '', ...rest] = request.path.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const { method, query } = request;
  const strange = subResources.find((name) => query.has(name));
  if (strange)
    throw new AwsError('NotImplemented', `"?${strange}" is not supported by the local endpoint.`, 501);
  if (key === '') {
    if (method === 'GET' && query.has('versions')) return listVersions(objects, bucket, query);
    if (method === 'GET' && query.get('list-type') === '2') return listObjects(objects, bucket, query);
    if (method === 'HEAD') return { status: objects.bucket(bucket) ? 200 : 404 };
  } else if (query.has('retention')) {
    if (method === 'PUT') return putRetention(objects, clock, bucket, key, request);
    if (method === 'GET') return getRetention(version(objects, bucket, key, query));
  } else {
    if (method === 'PUT' && !request.headers['x-amz-copy-source'])
      return put(objects, clock, bucket, key, request);
    if (method === 'GET' || method === 'HEAD') return read(objects, bucket, key, request);
    if (method === 'DELETE') return remove(objects, bucket, key, query);
  }
  throw unknownOperation(`s3 ${method} ${request.path}?${query}`);
}

function put(
  objects: Objects,
  clock: LocalClock,
  bucket: string,
  key: string,
  request: WireRequest,
): WireResponse {
  const known = objects.find(bucket, key);
  const current = known && !known.deleteMarker ? known : undefined;
  const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = request.headers;
  if ((ifNoneMatch === '*' && current) || (ifMatch !== undefined && ifMatch !== current?.etag)) {
    throw new AwsError(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      412,
    );
  }
  const { body, checksum } = uploadedBody(request);
  const retention = askedRetention(objects, clock, bucket, request, Object.keys(checksum).length > 0);
  const said: Record<string, string> = { 'content-type': 'application/octet-stream' };
  for (const [name, value] of Object.entries(request.headers)) {
    if (/^(content-type|cache-control|content-disposition|x-amz-meta-.*)$/.test(name))
      said[name] = String(value);
  }
  const added = objects.put(bucket, key, body, { ...said, ...checksum }, retention);
  return { status: 200, headers: { etag: added.etag, ...versionHeader(added), ...checksum } };
}

function askedRetention(
  objects: Objects,
  clock: LocalClock,
  bucket: string,
  { headers }: WireRequest,
  hasChecksum: boolean,
): Retention | undefined {
  const [mode, until] = [headers['x-amz-object-lock-mode'], headers['x-amz-object-lock-retain-until-date']];
  if (mode === undefined && until === undefined) return undefined;
  if (!hasChecksum && headers['content-md5'] === undefined) {
    throw new AwsError(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  }
  return checkedRetention(objects.bucket(bucket), clock, String(mode), String(until));
}

function checkedRetention(bucket: Bucket, clock: LocalClock, mode: string, until: string): Retention {
  if (!bucket.objectLock) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const at = new Date(until);
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || !(at.getTime() > clock.now().getTime())) {
    throw new AwsError('InvalidArgument', 'The retention needs a mode and a date in the future.');
  }
  return { mode, until: at.toISOString() };
}

function version(objects: Objects, bucket: string, key: string, query: URLSearchParams): Version {
  const versionId = query.get('versionId') ?? undefined;
  const found = objects.find(bucket, key, versionId);
  const marker = found?.deleteMarker ? { 'x-amz-delete-marker': 'true', ...versionHeader(found) } : {};
  if (found?.deleteMarker && versionId !== undefined) {
    throw new AwsError(
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      405,
      marker,
    );
  }
  if (!found || found.deleteMarker) {
    throw new AwsError(versionId ? 'NoSuchVersion' : 'NoSuchKey', `"${key}" does not exist.`, 404, marker);
  }
  return found;
}

function read(objects: Objects, bucket: string, key: string, request: WireRequest): WireResponse {
  if (request.headers.range)
    throw new AwsError('NotImplemented', '"range" is not supported by the local endpoint.', 501);
  const found = version(objects, bucket, key, request.query);
  if (request.headers['if-none-match'] === found.etag) return { status: 304, headers: { etag: found.etag } };
  const headers: Record<string, string> = {
    ...found.headers,
    ...versionHeader(found),
    etag: found.etag,
    'last-modified': new Date(found.modifiedAt).toUTCString(),
    'content-length': String(found.size),
  };
  if (found.retention) {
    headers['x-amz-object-lock-mode'] = found.retention.mode;
    headers['x-amz-object-lock-retain-until-date'] = found.retention.until;
  }
  return { status: 200, headers, body: request.method === 'HEAD' ? '' : objects.read(found) };
}

function remove(objects: Objects, bucket: string, key: string, query: URLSearchParams): WireResponse {
  const versionId = query.get('versionId');
  if (versionId === null) {
    const marker = objects.deleteLatest(bucket, key);
    return {
      status: 204,
      headers: marker ? { 'x-amz-delete-marker': 'true', ...versionHeader(marker) } : {},
    };
  }
  const found = objects.find(bucket, key, versionId);
  if (found) objects.deleteVersion(found);
  const headers: Record<string, string> = { 'x-amz-version-id': versionId };
  if (found?.deleteMarker) headers['x-amz-delete-marker'] = 'true';
  return { status: 204, headers };
}

function putRetention(
  objects: Objects,
  clock: LocalClock,
  bucket: string,
  key: string,
  request: WireRequest,
): WireResponse {
  const found = version(objects, bucket, key, request.query);
  const xml = request.body.toString('utf8');
  const [mode = '', until = ''] = [
    /<Mode>(.*?)<\/Mode>/.exec(xml)?.[1],
    /<RetainUntilDate>(.*?)<\/RetainUntilDate>/.exec(xml)?.[1],
  ];
  const asked = checkedRetention(objects.bucket(bucket), clock, mode, until);
  const held =
    found.retention && Date.parse(found.retention.until) > clock.now().getTime()
      ? found.retention
      : undefined;
  // Compliance may only be prolonged.
  if (held && (asked.until < held.until || asked.mode !== held.mode)) {
    throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
  }
  objects.retain(found, asked);
  return { status: 200 };
}

function getRetention({ retention }: Version): WireResponse {
  if (!retention) throw new AwsError('NoSuchObjectLockConfiguration', 'The version has no retention.', 404);
  return xml(
    'Retention',
    `<Mode>${retention.mode}</Mode><RetainUntilDate>${retention.until}</RetainUntilDate>`,
  );
}

function listVersions(objects: Objects, bucket: string, query: URLSearchParams): WireResponse {
  const prefix = query.get('prefix') ?? '';
  const all = objects.list(bucket, prefix);
  const marker = query.get('key-marker');
  const from = marker === null ? 0 : all.findIndex(isAfter(marker, query.get('version-id-marker'), all));
  const { page, last, truncated } = pageOf(from < 0 ? [] : all.slice(from), query);
  const entries = page.map((each) => {
    const tag = each.deleteMarker ? 'DeleteMarker' : 'Version';
    const content = each.deleteMarker
      ? ''
      : `<ETag>${escapeXml(each.etag)}</ETag><Size>${each.size}</Size><StorageClass>STANDARD</StorageClass>`;
    const said = `<Key>${escapeXml(each.key)}</Key><VersionId>${each.versionId}</VersionId><IsLatest>${objects.isLatest(each)}</IsLatest>`;
    return `<${tag}>${said}<LastModified>${each.modifiedAt}</LastModified>${content}</${tag}>`;
  });
  const next =
    truncated && last
      ? `<NextKeyMarker>${escapeXml(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.versionId}</NextVersionIdMarker>`
      : '';
  return xml('ListVersionsResult', `${listHead(bucket, prefix, truncated)}${next}${entries.join('')}`);
}

function isAfter(key: string, versionId: string | null, all: Version[]): (version: Version) => boolean {
  const at =
    versionId === null ? undefined : all.find((each) => each.key === key && each.versionId === versionId);
  return (each) => each.key > key || (at !== undefined && each.key === key && each.sequence < at.sequence);
}

function listObjects(objects: Objects, bucket: string, query: URLSearchParams): WireResponse {
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after =
    token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString('utf8');
  const present = objects
    .list(bucket, prefix)
    .filter((each) => objects.isLatest(each) && !each.deleteMarker && each.key > after);
  const { page, last, truncated } = pageOf(present, query);
  const entries = page.map(
    (each) =>
      `<Contents><Key>${escapeXml(each.key)}</Key><LastModified>${each.modifiedAt}</LastModified><ETag>${escapeXml(each.etag)}</ETag><Size>${each.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const next =
    truncated && last
      ? `<NextContinuationToken>${Buffer.from(last.key).toString('base64url')}</NextContinuationToken>`
      : '';
  return xml(
    'ListBucketResult',
    `${listHead(bucket, prefix, truncated)}<KeyCount>${page.length}</KeyCount>${next}${entries.join('')}`,
  );
}

function pageOf(
  all: Version[],
  query: URLSearchParams,
): { page: Version[]; last: Version | undefined; truncated: boolean } {
  const size = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  const page = all.slice(0, size);
  return { page, last: page.at(-1), truncated: all.length > size };
}

const listHead = (bucket: string, prefix: string, truncated: boolean): string =>
  `<Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><IsTruncated>${truncated}</IsTruncated>`;

const versionHeader = ({ versionId }: Version): Record<string, string> =>
  versionId === 'null' ? {} : { 'x-amz-version-id': versionId };

function xml(root: string, inner: string, status = 200, headers: Record<string, string> = {}): WireResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

function xmlError(error: AwsError, method: string): WireResponse {
  if (method === 'HEAD') return { status: error.status, headers: error.headers };
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error>`;
  return { status: error.status, headers: { 'content-type': 'application/xml', ...error.headers }, body };
}

const escapeXml = (value: string): string =>
  value.replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c] ?? c);

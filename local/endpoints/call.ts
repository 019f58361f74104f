// How does the laptop itself call an AWS JSON endpoint, without loading an SDK client? One POST with a dummy signature.

import { AwsError, type Json } from './wire.ts';

/** `service` is the signing name. Rejects with an AwsError that carries the service's own code. */
export async function callJson(url: string, service: string, target: string, input: Json): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': '20000101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=local/20000101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  const output = (await response.json()) as Json;
  if (response.ok) return output;
  const code = String(output.__type ?? response.status)
    .split('#')
    .at(-1)!;
  throw new AwsError(code, String(output.message ?? output.Message ?? ''), response.status);
}

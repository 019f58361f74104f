import { createServer, type IncomingMessage } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closeServer, listen } from '../../../local/loopback.ts';
import { invokeByHttp } from '../../../local/stepfunctions/lambda.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** A Lambda API that gives one answer, and remembers what it was asked. */
async function lambda(answer: Answer) {
  const asked: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ request, body });
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
  onTestFinished(() => closeServer(server));
  return { asked, invoke: invokeByHttp(await listen(server)) };
}

describe('a function behind the Lambda API', () => {
  test('is called by name, with its qualifier, and answers what AWS gives', async () => {
    const headers = { 'x-amz-executed-version': '3', 'x-amzn-requestid': 'id' };
    const { asked, invoke } = await lambda({ headers, body: '{"a":1}' });
    const functionName = 'arn:aws:lambda:us-east-1:000000000000:function:Ask';
    const answer = await invoke({ functionName, payload: { p: 'ñ' }, qualifier: 'live' });
    expect(asked[0]).toMatchObject({
      request: { method: 'POST', url: '/2015-03-31/functions/Ask/invocations?Qualifier=live' },
      body: '{"p":"ñ"}',
    });
    expect(answer).toEqual({
      ok: true,
      output: {
        ExecutedVersion: '3',
        Payload: { a: 1 },
        SdkHttpMetadata: { HttpStatusCode: 200 },
        SdkResponseMetadata: { RequestId: 'id' },
        StatusCode: 200,
      },
    });
  });

  const failed = { 'x-amz-function-error': 'Unhandled' };
  // [what happens, the answer, the error name, what the cause holds]
  const rows: readonly [string, Answer, string, string][] = [
    [
      'throws',
      { headers: failed, body: '{"errorType":"TransientBusy","errorMessage":"m"}' },
      'TransientBusy',
      '"m"',
    ],
    ['fails without a type', { headers: failed, body: '{"errorMessage":"m"}' }, 'Lambda.Unknown', '"m"'],
    ['fails without JSON', { headers: failed, body: 'x' }, 'Lambda.Unknown', 'x'],
    [
      'does not exist',
      {
        status: 404,
        headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://x' },
        body: '{"Message":"no"}',
      },
      'Lambda.ResourceNotFoundException',
      'no',
    ],
    ['is throttled', { status: 429, body: '{"message":"slow"}' }, 'Lambda.TooManyRequestsException', 'slow'],
    ['is broken', { status: 500, body: '' }, 'Lambda.ServiceException', '500'],
  ];
  test.each(rows)('that %s fails with its name', async (_, answer, error, cause) => {
    const { invoke } = await lambda(answer);
    expect(await invoke({ functionName: 'f', payload: {} })).toEqual({
      ok: false,
      error,
      cause: expect.stringContaining(cause),
    });
  });

  test('that nobody serves fails as the SDK client does', async () => {
    const answer = await invokeByHttp('http://127.0.0.1:1')({ functionName: 'f', payload: {} });
    expect(answer).toMatchObject({ ok: false, error: 'Lambda.SdkClientException' });
  });
});

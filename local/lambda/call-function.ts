// How does the laptop itself invoke a function and read its answer? As the SDK would, without loading it.

/** Rejects when there is no such function, or when it threw. */
export async function callFunction<T>(awsUrl: string, functionName: string, event: object): Promise<T> {
  const response = await fetch(`${awsUrl}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    body: JSON.stringify(event),
  });
  const text = await response.text();
  if (!response.ok || response.headers.has('x-amz-function-error'))
    throw new Error(`${functionName}: ${text}`);
  return JSON.parse(text) as T;
}

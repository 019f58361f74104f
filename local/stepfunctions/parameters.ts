// Does a call carry the parameters it needs? Reads them from the JSON body, with AWS's words where one is wrong.

import type { Engine } from './engine.ts';
import { ApiError } from './errors.ts';

export type Body = Readonly<Record<string, unknown>>;
/** One call of the API. */
export type Operation = (engine: Engine, body: Body) => Promise<object> | object;

export function required(body: Body, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(name, value ?? null, 'Member must not be null');
}

export function optional(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalid(name, value, 'Member must be a string');
}

/** One page by `maxResults` (at most 1000; 0 is the default) and `nextToken`, which says where the page starts. */
export function page<T>(
  all: readonly T[],
  body: Body,
  usual: number,
): { items: readonly T[]; nextToken?: string } {
  const most = body.maxResults ?? 0;
  if (!Number.isInteger(most) || (most as number) < 0 || (most as number) > 1000) {
    throw invalid('maxResults', most, 'Member must have value less than or equal to 1000');
  }
  const token = optional(body, 'nextToken');
  const start =
    token === undefined ? 0 : Number(/^from-(\d+)$/.exec(Buffer.from(token, 'base64').toString())?.[1]);
  if (!Number.isInteger(start)) throw new ApiError('InvalidToken', `Invalid Token: '${token}'`);
  const end = start + ((most as number) || usual);
  const items = all.slice(start, end);
  return end < all.length ? { items, nextToken: Buffer.from(`from-${end}`).toString('base64') } : { items };
}

function invalid(name: string, value: unknown, constraint: string): ApiError {
  return new ApiError(
    'ValidationException',
    `1 validation error detected: Value '${String(value)}' at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}

// Does a parsed message have the shape that openapi.yaml documents? The compiled validators say it; this turns
// their first complaint into a Refusal that names the place.

import type { Json } from '../../core/canonical-json.ts';
import { Refusal } from '../../core/errors.ts';

export interface Validator<T> {
  (value: unknown): value is T;
  errors?:
    | null
    | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
}

/** @throws Refusal BODY_SCHEMA naming the first place that is wrong */
export function requireShape<T>(validate: Validator<T>, value: Json): T {
  if (validate(value)) return value;
  const [error] = validate.errors ?? [];
  const place = (error?.instancePath ?? '').split('/').filter(Boolean).join('.');
  const member = error?.params.missingProperty ?? error?.params.additionalProperty;
  const parameter = [place, member].filter((part) => typeof part === 'string' && part).join('.');
  throw new Refusal('BODY_SCHEMA', { parameter: parameter || 'body', expected: error?.message });
}

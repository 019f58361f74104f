// From openapi.yaml by `npm run generate`.
import type { DisableMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is DisableMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
